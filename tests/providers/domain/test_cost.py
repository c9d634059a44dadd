from __future__ import annotations

from providers.domain.cost import Tally, TokenUsage, tallied


def test_a_sum_leaves_out_what_has_no_price_and_is_never_0_for_that() -> None:
    used = TokenUsage(input_tokens=5)
    free, priced = Tally(responses=1, usage=used), Tally(responses=2, usage=used, usd=0.5)
    assert tallied([]) == Tally(usd=0.0)
    assert tallied([free, free]).usd is None
    assert tallied([free, priced, priced]) == Tally(responses=5, usage=used + used + used, usd=1.0)
    assert tallied([Tally(usd=0.0), free]).usd is None
