from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from itertools import product

import pytest
from genai_prices import data, types
from genai_prices.types import ModelInfo, Provider, Usage

from providers.ledger.pricing import load_rates
from providers.models import TokenUsage
from tools.make_rates import RATES, VENDORS, render

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
        ours = rates.price(f"{vendor.id}/{name}", usage, at)
        billed = {"input_mtok": usage.total_tokens - usage.output_tokens, "output_mtok": usage.output_tokens}
        if any(tokens and getattr(prices, key) is None for key, tokens in billed.items()):
            assert ours is None
        else:
            expected = found.calc_price(theirs(usage), vendor, genai_request_timestamp=at).total_price
            assert ours == pytest.approx(float(expected), rel=1e-12, abs=0)


@same_library
def test_making_the_rates_again_gives_the_same_file() -> None:
    day = RATES_FILE.partition('"made_on": "')[2][:10]
    assert render(day) == RATES_FILE


def test_the_contract_example() -> None:
    usage = TokenUsage(input_tokens=26282, cache_read_tokens=37760, output_tokens=2926, reasoning_tokens=748)
    assert load_rates().price("gpt-5.5", usage, NOW) == 0.23807


def test_a_long_prompt_costs_more_for_the_whole_request() -> None:
    rates = load_rates()
    short = TokenUsage(input_tokens=272_000, output_tokens=1_000_000)
    long = TokenUsage(input_tokens=2_000, cache_read_tokens=270_001, output_tokens=1_000_000)
    assert rates.price("gpt-5.5", short, NOW) == pytest.approx(272_000 * 5e-6 + 30)
    assert rates.price("gpt-5.5", long, NOW) == pytest.approx(2_000 * 10e-6 + 270_001 * 1e-6 + 45)


def test_a_price_holds_from_its_day_on() -> None:
    rates = load_rates()
    usage = TokenUsage(input_tokens=1_000_000)
    assert rates.price("o3", usage, datetime(2025, 6, 9, 23, 59, tzinfo=UTC)) == 10
    assert rates.price("o3", usage, datetime(2025, 6, 10, tzinfo=UTC)) == 2


def test_caches_without_a_rate_are_plain_input() -> None:
    rates = load_rates()
    assert rates.price("gpt-5.5", TokenUsage(cache_write_tokens=1_000), NOW) == pytest.approx(0.005)
    assert rates.price("gpt-5-pro", TokenUsage(cache_read_tokens=1_000), NOW) == pytest.approx(0.015)


def test_an_hours_cache_write_has_its_own_rate() -> None:
    usage = TokenUsage(cache_write_tokens=3_000, cache_write_1h_tokens=1_000)
    price = load_rates().price("claude-sonnet-4-5", usage, NOW)
    assert price == pytest.approx(2_000 * 3.75e-6 + 1_000 * 6e-6)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-5.5-2026-04-23",
        "gpt-5.5-20260423",
        "GPT-5.5",
        " gpt-5.5",
        "openai/gpt-5.5",
        "openrouter/openai/gpt-5.5",
    ],
)
def test_other_names_of_a_model(name: str) -> None:
    assert load_rates().price(name, TokenUsage(input_tokens=1_000_000), NOW) == 10


@pytest.mark.parametrize(
    "name", ["", "llama-4", "gpt-99", "somebody/gpt-5.5", "anthropic/gpt-5.5", "/", "openai/"]
)
def test_an_unknown_model_has_no_price(name: str) -> None:
    assert load_rates().price(name, TokenUsage(input_tokens=1), NOW) is None


def test_the_rates_say_where_they_are_from() -> None:
    assert load_rates().origin.startswith("genai-prices ")
