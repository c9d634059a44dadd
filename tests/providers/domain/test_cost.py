from __future__ import annotations

from msgspec.structs import asdict

from providers.domain.cost import TOKEN_CLASSES, Tally, TokenUsage, tallied


def test_a_sum_leaves_out_what_has_no_price_and_is_never_0_for_that() -> None:
    used = TokenUsage(input_tokens=5)
    free, priced = Tally(responses=1, usage=used), Tally(responses=2, usage=used, usd=0.5)
    assert tallied([]) == Tally(usd=0.0)
    assert tallied([free, free]).usd is None
    assert tallied([free, priced, priced]) == Tally(responses=5, usage=used + used + used, usd=1.0)
    assert tallied([Tally(usd=0.0), free]).usd is None


def test_the_table_of_token_classes_is_what_usage_is_made_of() -> None:
    fields = tuple(f"{each.name}_tokens" for each in TOKEN_CLASSES)
    assert TokenUsage.__struct_fields__ == fields
    usage = TokenUsage(1, 2, 4, 8, 16, 32)
    disjoint = [f"{each.name}_tokens" for each in TOKEN_CLASSES if each.part_of is None]
    assert usage.total_tokens == sum(asdict(usage)[field] for field in disjoint) == 23
    assert usage + usage == TokenUsage(2, 4, 8, 16, 32, 64)
