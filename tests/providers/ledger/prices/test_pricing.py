from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib.metadata import version
from itertools import product

import pytest
from genai_prices import data, types
from genai_prices.types import ModelInfo, PriceVariant, Provider, Usage

from providers.domain.cost import TokenUsage
from providers.ledger.prices.card import PICO
from providers.ledger.prices.load import load_rates
from providers.ledger.prices.pricing import Rates
from providers.ledger.prices.published import VENDORS
from tests.providers.ledger.prices.sample import pico, price
from tools.make_rates import RATES, render

RATES_FILE = RATES.read_text(encoding="utf-8")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = [
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2025, 6, 9, 23, 59, 59, tzinfo=UTC),
    datetime(2025, 6, 10, tzinfo=UTC),
    datetime(2026, 3, 12, 23, 59, tzinfo=UTC),
    datetime(2026, 7, 30, tzinfo=UTC),
    datetime(2026, 8, 21, tzinfo=UTC),
    NOW,
]
USAGES = [
    TokenUsage(input_tokens=1),
    TokenUsage(output_tokens=1_000, reasoning_tokens=900),
    TokenUsage(input_tokens=26282, cache_read_tokens=37760, output_tokens=2926, reasoning_tokens=748),
    TokenUsage(input_tokens=7, cache_write_tokens=12_500, output_tokens=3),
    TokenUsage(input_tokens=7, cache_write_tokens=12_500, cache_write_1h_tokens=2_500, output_tokens=3),
    TokenUsage(input_tokens=100_000, output_tokens=10),
    TokenUsage(input_tokens=272_000, output_tokens=10),
    TokenUsage(input_tokens=1, cache_read_tokens=200_000, cache_write_tokens=72_000, output_tokens=10),
    TokenUsage(
        input_tokens=1_000_000, cache_read_tokens=5_000, cache_write_tokens=5_000, output_tokens=9_999
    ),
]
MODELS = [
    pytest.param(vendor, model, id=f"{vendor.id}/{model.id}")
    for vendor in data.providers
    if vendor.id in VENDORS
    for model in vendor.models
]
same_library = pytest.mark.skipif(
    f'"genai-prices {version("genai-prices")}"' not in RATES_FILE,
    reason="the rates are from another version of the library",
)


def theirs(usage: TokenUsage) -> Usage:
    return Usage(
        input_tokens=usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_tokens=usage.output_tokens,
    )


def a_name_of(model: ModelInfo) -> str:
    """A name that the model's own clause matches, and no earlier one's."""
    clause = model.match
    while isinstance(clause, (types.ClauseOr, types.ClauseAnd)):
        clause = (clause.or_ if isinstance(clause, types.ClauseOr) else clause.and_)[0]
    match clause:
        case types.ClauseEquals(equals=name) | types.ClauseStartsWith(starts_with=name):
            return name
        case types.ClauseContains(contains=name) | types.ClauseEndsWith(ends_with=name):
            return name
        case _:
            return model.id


@same_library
@pytest.mark.parametrize(("vendor", "model"), MODELS)
def test_every_model_costs_what_the_library_says(vendor: Provider, model: ModelInfo) -> None:
    rates = load_rates()
    name = a_name_of(model)
    for usage, at in product(USAGES, DAYS):
        found = vendor.find_model(name)
        assert found is not None
        prices = found.get_prices(at)
        ours = price(rates, f"{vendor.id}/{name}", usage, at)
        billed = {"input_mtok": usage.total_tokens - usage.output_tokens, "output_mtok": usage.output_tokens}
        if any(tokens and getattr(prices, key) is None for key, tokens in billed.items()):
            assert ours is None
        else:
            expected = found.calc_price(theirs(usage), vendor, genai_request_timestamp=at).total_price
            assert ours == pytest.approx(float(expected), rel=1e-12, abs=0)


VARIANTS = [
    pytest.param(vendor, model, variant, id=f"{vendor.id}/{model.id}/{'-'.join(variant.when.values())}")
    for vendor in data.providers
    if vendor.id in VENDORS
    for model in vendor.models
    for variant in model.price_variants or ()
]


def begins(variant: PriceVariant) -> datetime | None:
    match variant.constraint:
        case types.StartDateConstraint(start_date=day):
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        case _:
            return None


@same_library
@pytest.mark.parametrize(("vendor", "model", "variant"), VARIANTS)
def test_every_service_of_a_model_costs_what_the_library_says(
    vendor: Provider, model: ModelInfo, variant: PriceVariant
) -> None:
    rates = load_rates()
    name = a_name_of(model)
    found = vendor.find_model(name)
    assert found is not None
    (tier,) = variant.when.values()
    start = begins(variant)
    for usage, at in product(USAGES, (NOW, start) if start else DAYS):
        ours = price(rates, f"{vendor.id}/{name}", usage, at, tier=tier)
        prices = found.get_prices(at, variant.when)
        billed = {"input_mtok": usage.total_tokens - usage.output_tokens, "output_mtok": usage.output_tokens}
        if any(tokens and getattr(prices, key) is None for key, tokens in billed.items()):
            assert ours is None
            continue
        expected = found.calc_price(
            theirs(usage), vendor, genai_request_timestamp=at, price_context=variant.when
        ).total_price
        assert ours == pytest.approx(float(expected), rel=1e-12, abs=0)


@same_library
@pytest.mark.parametrize(("vendor", "model", "variant"), VARIANTS)
def test_before_a_service_was_looked_up_it_was_as_many_times_dearer(
    vendor: Provider, model: ModelInfo, variant: PriceVariant
) -> None:
    rates = load_rates()
    name = f"{vendor.id}/{a_name_of(model)}"
    (tier,) = variant.when.values()
    start = begins(variant)
    for field in ("input_tokens", "output_tokens") if start else ():
        usage = TokenUsage(**{field: 1_000})
        ratios = [
            (price(rates, name, usage, at, tier=tier) or 0) / (price(rates, name, usage, at) or 1)
            for at in (*DAYS[:-1], NOW)
        ]
        assert ratios == pytest.approx([ratios[-1]] * len(ratios))


@same_library
def test_making_the_rates_again_gives_the_same_file() -> None:
    day = RATES_FILE.partition('"made_on": "')[2][:10]
    assert render(day) == RATES_FILE


def test_the_contract_example() -> None:
    usage = TokenUsage(input_tokens=26282, cache_read_tokens=37760, output_tokens=2926, reasoning_tokens=748)
    assert price(load_rates(), "gpt-5.5", usage, NOW) == 0.23807


def test_a_long_prompt_costs_more_for_the_whole_request() -> None:
    rates = load_rates()
    short = TokenUsage(input_tokens=272_000, output_tokens=1_000_000)
    long = TokenUsage(input_tokens=2_000, cache_read_tokens=270_001, output_tokens=1_000_000)
    assert price(rates, "gpt-5.5", short, NOW) == pytest.approx(272_000 * 5e-6 + 30)
    assert price(rates, "gpt-5.5", long, NOW) == pytest.approx(2_000 * 10e-6 + 270_001 * 1e-6 + 45)


def test_a_price_holds_from_its_day_on() -> None:
    rates = load_rates()
    usage = TokenUsage(input_tokens=1_000_000)
    assert price(rates, "o3", usage, datetime(2025, 6, 9, 23, 59, tzinfo=UTC)) == 10
    assert price(rates, "o3", usage, datetime(2025, 6, 10, tzinfo=UTC)) == 2


def test_caches_without_a_rate_are_plain_input() -> None:
    rates = load_rates()
    assert price(rates, "gpt-5.5", TokenUsage(cache_write_tokens=1_000), NOW) == pytest.approx(0.005)
    assert price(rates, "gpt-5-pro", TokenUsage(cache_read_tokens=1_000), NOW) == pytest.approx(0.015)


def test_an_hours_cache_write_has_its_own_rate() -> None:
    usage = TokenUsage(cache_write_tokens=3_000, cache_write_1h_tokens=1_000)
    usd = price(load_rates(), "claude-sonnet-4-5", usage, NOW)
    assert usd == pytest.approx(2_000 * 3.75e-6 + 1_000 * 6e-6)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-5.5-2026-04-23",
        "gpt-5.5-20260423",
        "GPT-5.5",
        " gpt-5.5",
        "openai/gpt-5.5",
        "openrouter/openai/gpt-5.5",
        "azure/gpt-5.5",
    ],
)
def test_other_names_of_a_model(name: str) -> None:
    assert price(load_rates(), name, TokenUsage(input_tokens=1_000_000), NOW) == 10


@pytest.mark.parametrize(
    "name", ["", "llama-4", "gpt-99", "somebody/gpt-5.5", "anthropic/gpt-5.5", "/", "openai/"]
)
def test_an_unknown_model_has_no_price(name: str) -> None:
    assert price(load_rates(), name, TokenUsage(input_tokens=1), NOW) is None


def test_the_rates_say_where_they_are_from() -> None:
    assert load_rates().origin.startswith("genai-prices ")


CLAUDES = [
    ("claude-opus-4-8", "claude-opus-4-8"),
    ("claude-opus-4-8[1m]", "claude-opus-4-8"),
    ("claude-opus-4-8@20260101", "claude-opus-4-8"),
    ("us.anthropic.claude-opus-4-8-20260101-v1:0", "claude-opus-4-8"),
    ("claude-fable-5[1m]", "claude-fable-5"),
    ("claude-fable-5-20260101[1m]", "claude-fable-5"),
    ("claude-fable-5@20260101", "claude-fable-5"),
    ("claude-fable-5@default", "claude-fable-5"),
    ("anthropic.claude-fable-5-v1", "claude-fable-5"),
    ("eu.anthropic.claude-fable-5-20260101-v1:0:200k", "claude-fable-5"),
    ("bedrock/global.anthropic.claude-fable-5-20260101-v1:0", "claude-fable-5"),
    ("arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-fable-5-v1:0", "claude-fable-5"),
    ("vertex_ai/claude-fable-5@20260101", "claude-fable-5"),
    ("publishers/anthropic/models/claude-fable-5", "claude-fable-5"),
    ("anthropic/claude-fable-5-1", "claude-fable-5-1"),
    ("us.anthropic.claude-fable-5-1-20260101-v1:0", "claude-fable-5-1"),
]


@pytest.mark.parametrize(("name", "model"), CLAUDES)
def test_other_names_of_a_claude(name: str, model: str) -> None:
    used = load_rates().used(name, NOW)
    assert used is not None
    assert used.model == model


@pytest.mark.parametrize(
    "name",
    ["<synthetic>", "openai/claude-fable-5", "somebody.claude-fable-5", "gpt-5.3-codex-spark", "gpt-5.5-v2"],
)
def test_a_name_that_only_looks_alike_has_no_price(name: str) -> None:
    assert price(load_rates(), name, TokenUsage(input_tokens=1), NOW) is None
    assert load_rates().used(name, NOW) is None


MILLION = TokenUsage(input_tokens=100_000, cache_read_tokens=100_000, output_tokens=100_000)


@pytest.mark.parametrize("at", [datetime(2026, 5, 1, tzinfo=UTC), NOW])
@pytest.mark.parametrize("tier", ["priority", "fast", "PRIORITY"])
def test_a_gpt_5_5_in_haste_costs_two_and_a_half_times_as_much(tier: str, at: datetime) -> None:
    rates = load_rates()
    standard = price(rates, "gpt-5.5", MILLION, at)
    assert standard == 3.55
    assert price(rates, "gpt-5.5", MILLION, at, tier=tier) == pytest.approx(2.5 * 3.55)


def test_a_fast_claude_is_dearer_by_what_was_published_for_it() -> None:
    rates = load_rates()
    usage = TokenUsage(input_tokens=100_000, output_tokens=1_000)
    assert price(rates, "claude-opus-4-8", usage, NOW, tier="fast") == pytest.approx(1.05)
    old = datetime(2026, 3, 1, tzinfo=UTC)
    assert price(rates, "claude-opus-4-6", usage, old, tier="fast") == pytest.approx(3 + 0.15)
    long = TokenUsage(input_tokens=300_000, output_tokens=1_000)
    assert price(rates, "claude-opus-4-6-20260205", long, old, tier="fast") == pytest.approx(18 + 0.225)


@pytest.mark.parametrize("tier", [None, "", "default", "auto", "standard", "Default"])
def test_the_standard_service_has_many_words(tier: str | None) -> None:
    rates = load_rates()
    assert price(rates, "gpt-5.5", MILLION, NOW, tier=tier) == price(rates, "gpt-5.5", MILLION, NOW)
    used = rates.used("gpt-5.5", NOW, tier=tier)
    assert used is not None
    assert (used.tier, used.approximate) == (None, False)


@pytest.mark.parametrize(
    ("model", "tier"),
    [("gpt-5.5", "overnight"), ("gpt-5.1-codex-mini", "priority"), ("claude-opus-4-8", "priority")],
)
def test_a_service_without_known_rates_costs_the_standard_and_says_so(model: str, tier: str) -> None:
    rates = load_rates()
    assert price(rates, model, MILLION, NOW, tier=tier) == price(rates, model, MILLION, NOW)
    used = rates.used(model, NOW, tier=tier)
    assert used is not None
    assert (used.tier, used.approximate) == (None, True)


def test_a_web_search_costs_where_a_rate_is_known_and_nothing_elsewhere() -> None:
    rates = load_rates()
    usage = TokenUsage(input_tokens=1_000_000)
    assert price(rates, "claude-sonnet-4-5", TokenUsage(), NOW, web_searches=3) == 0.03
    assert price(rates, "claude-fable-5-2", TokenUsage(), NOW, tier="fast", web_searches=3) == 0.03
    assert price(rates, "gpt-3.5-turbo", usage, NOW, web_searches=3) == price(
        rates, "gpt-3.5-turbo", usage, NOW
    )
    assert price(rates, "gpt-99", usage, NOW, web_searches=3) is None


LABEL = "codex-auto-review"


@pytest.mark.parametrize(
    ("at", "usd", "like"),
    [
        (datetime(2026, 4, 22, 23, 59, 59, tzinfo=UTC), None, None),
        (datetime(2026, 4, 23, tzinfo=UTC), 3.55, "gpt-5.5"),
        (datetime(2026, 7, 8, 23, 59, 59, tzinfo=UTC), 3.55, "gpt-5.5"),
        (datetime(2026, 7, 9, tzinfo=UTC), 0.142, LABEL),
        (datetime(2026, 7, 29, 23, 59, 59, tzinfo=UTC), 0.142, LABEL),
        (datetime(2026, 7, 30, tzinfo=UTC), 0.142, "gpt-5.6-luna"),
        (datetime(2026, 7, 9, 1, tzinfo=timezone(timedelta(hours=2))), 3.55, "gpt-5.5"),
        (NOW, 0.142, "gpt-5.6-luna"),
    ],
)
def test_the_label_of_reviews_costs_what_stood_behind_it(
    at: datetime, usd: float | None, like: str | None
) -> None:
    rates = load_rates()
    assert price(rates, LABEL, MILLION, at) == usd
    used = rates.used(LABEL, at)
    assert (used and used.model) == like


def test_the_label_of_reviews_has_the_long_prompts_and_services_of_luna_on_either_side_of_its_price_cut() -> (
    None
):
    rates = load_rates()
    before, after = datetime(2026, 7, 29, tzinfo=UTC), datetime(2026, 7, 30, tzinfo=UTC)
    for usage, tier in product(USAGES, (None, "priority", "fast", "flex")):
        assert price(rates, LABEL, usage, before, tier=tier) == price(rates, LABEL, usage, after, tier=tier)


@pytest.mark.parametrize(
    ("models", "rates_of"),
    [
        (("gpt-5.2", "gpt-5.2-codex"), (1.75, 0.175, 14)),
        (("gpt-5.1-codex-max",), (1.25, 0.125, 10)),
        (("gpt-5.1-codex-mini",), (0.25, 0.025, 2)),
    ],
)
def test_the_models_of_codex_that_others_carry_by_hand(
    models: tuple[str, ...], rates_of: tuple[float, float, float]
) -> None:
    for model in models:
        used = load_rates().used(model, NOW)
        assert used is not None
        assert [float(used.rates[name]) for name in ("input", "cache_read", "output")] == list(rates_of)


def test_what_was_used_names_its_rates_and_where_they_are_from() -> None:
    used = load_rates().used("gpt-5.5-2026-04-23", NOW)
    assert used is not None
    assert (used.model, used.layer, used.tier) == ("gpt-5.5", "library", None)
    assert used.origin == load_rates().origin
    assert (used.rates["input"], used.rates["cache_write"]) == (Decimal(5), Decimal(5))
    assert used.above[272_000]["output"] == Decimal(45)
    luna = load_rates().used("gpt-5.6-luna", NOW)
    assert luna is not None
    assert str(luna.since) == "2026-07-30"


def test_a_sum_is_exact_and_free_of_order() -> None:
    rates = load_rates()
    dice = random.Random(5)
    picos = []
    for _ in range(300):
        usage = TokenUsage(
            input_tokens=dice.randrange(10**6),
            cache_read_tokens=dice.randrange(10**6),
            output_tokens=dice.randrange(10**5),
        )
        cost = pico(rates, "gpt-5.4-mini", usage, NOW)
        assert cost is not None
        assert price(rates, "gpt-5.4-mini", usage, NOW) == cost / PICO
        picos.append(cost)
    assert sum(picos) == sum(sorted(picos))
    usage = TokenUsage(input_tokens=26282, cache_read_tokens=37760, output_tokens=2926)
    assert pico(rates, "gpt-5.5", usage, NOW) == 238_070_000_000


@same_library
def test_every_rate_is_a_whole_number_of_pico_dollars() -> None:
    rates = load_rates()
    for vendor, tier in product(VENDORS, (None, "priority", "fast", "flex", "batch")):
        for model in next(each for each in data.providers if each.id == vendor).models:
            for at in DAYS:
                used = rates.used(f"{vendor}/{a_name_of(model)}", at, tier=tier)
                for shown in (used.rates, *used.above.values()) if used else ():
                    assert all(rate * 10**6 == int(rate * 10**6) for rate in shown.values())


def test_a_price_that_is_remembered_is_that_of_its_day() -> None:
    own = """
[[price]]
model = "gpt-5.5*"
from = 2026-04-25
until = 2026-07-09
input = 3
output = 4
[price.tier.priority]
times = 3
[[price]]
model = "acme"
as = "gpt-5.5"
"""
    here = RATES.parent
    texts = RATES.read_bytes(), (here / "prices.toml").read_text(encoding="utf-8"), own
    remembering = Rates(*texts)
    assert remembering.problem is None
    dice = random.Random(7)
    days = [date(2024, 1, 1) + timedelta(days=7 * week) for week in range(160)]
    days += [date(2026, 4, 24), date(2026, 4, 25), date(2026, 7, 8), date(2026, 7, 9)]
    for model, tier in product(
        ("acme", "gpt-5.5", "o3", "codex-auto-review", "claude-opus-4-6"), (None, "priority")
    ):
        for day in dice.sample(days, 40):
            at = datetime.combine(day, datetime.min.time(), UTC)
            usage = TokenUsage(input_tokens=1_000_000, output_tokens=1)
            assert pico(remembering, model, usage, at, tier=tier) == pico(
                Rates(*texts), model, usage, at, tier=tier
            )
