"""What responses cost to the last digit: long prompts, other services, other places."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from providers.domain.cost import TokenUsage
from providers.ledger.prices.load import load_rates
from providers.ledger.prices.pricing import Rates
from tests.providers.ledger.prices.sample import pico
from tools.make_rates import RATES

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SHORT = TokenUsage(
    input_tokens=1_234,
    cache_read_tokens=56_000,
    cache_write_tokens=7_890,
    output_tokens=1_500,
    reasoning_tokens=900,
)
EDGE = TokenUsage(input_tokens=72_000, cache_read_tokens=200_000, output_tokens=1_000)
LONG = TokenUsage(
    input_tokens=2_000, cache_read_tokens=265_001, cache_write_tokens=5_000, output_tokens=1_000
)
CLAUDE = TokenUsage(
    input_tokens=10,
    cache_read_tokens=40_000,
    cache_write_tokens=6_000,
    cache_write_1h_tokens=2_000,
    output_tokens=500,
)
MILLIONTH = 10**6  # pico-USD in one millionth of a dollar, which one token costs at $1 per million


def usd_millionths(model: str, usage: TokenUsage, tier: str | None, at: datetime = NOW) -> float | None:
    """In 1e-6 USD: tokens times the rate per million."""
    cost = pico(load_rates(), model, usage, at, tier=tier)
    return None if cost is None else cost / MILLIONTH


SOL = 1_234 * 2 + 56_000 * 0.1 + 7_890 * 2.5 + 1_500 * 10
ASTRA = 1_234 * 8 + 56_000 * 0.4 + 7_890 * 10 + 1_500 * 40
LONG_SOL = 2_000 * 4 + 265_001 * 0.2 + 5_000 * 5 + 1_000 * 15
LONG_ASTRA = 2_000 * 16 + 265_001 * 0.8 + 5_000 * 20 + 1_000 * 60


@pytest.mark.parametrize(
    ("tier", "times"),
    [(None, 1), ("default", 1), ("batch", 0.5), ("priority", 2), ("fast", 2), ("ultrafast", 3), ("Fast", 2)],
)
@pytest.mark.parametrize(
    ("model", "usage", "standard"),
    [
        ("gpt-6.2-sol", SHORT, SOL),
        ("gpt-6.2-sol", EDGE, 72_000 * 2 + 200_000 * 0.1 + 1_000 * 10),
        ("gpt-6.2-sol", LONG, LONG_SOL),
        ("gpt-6.2-astra", SHORT, ASTRA),
        ("gpt-6.2-astra", EDGE, 72_000 * 8 + 200_000 * 0.4 + 1_000 * 40),
        ("gpt-6.2-astra", LONG, LONG_ASTRA),
        ("openai/gpt-6.2-sol-2026-11-17", SHORT, SOL),
        ("GPT-6.2-Astra-20261117", LONG, LONG_ASTRA),
    ],
)
def test_the_6_2_models(
    model: str, usage: TokenUsage, standard: float, tier: str | None, times: float
) -> None:
    assert usd_millionths(model, usage, tier) == pytest.approx(standard * times, rel=1e-12)


@pytest.mark.parametrize("model", ["gpt-6.2-sol", "gpt-6.2-astra"])
def test_ultrafast_doubles_in_march_2027(model: str) -> None:
    last, first = datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
    standard = usd_millionths(model, SHORT, None, first)
    assert standard is not None
    assert usd_millionths(model, SHORT, None, last) == standard
    assert usd_millionths(model, SHORT, "ultrafast", last) == pytest.approx(3 * standard)
    assert usd_millionths(model, SHORT, "ultrafast", first) == pytest.approx(6 * standard)
    assert usd_millionths(model, SHORT, "fast", first) == pytest.approx(2 * standard)


@pytest.mark.parametrize(
    ("usage", "rates"),
    [(EDGE, (12.5, 1.25, 75)), (LONG, (12.5, 1.25, 75))],
    ids=["272,000", "272,001"],
)
@pytest.mark.parametrize("tier", ["priority", "fast"])
def test_a_fast_gpt_5_5_pays_nothing_on_top_for_a_long_prompt(
    usage: TokenUsage, rates: tuple[float, float, float], tier: str
) -> None:
    """The vendor's table of fast mode has one price for it and no price for long prompts ("excludes long context",
    openai.com/api-fast-mode, read on 2026-11-28).
    """
    fresh, read, output = rates
    expected = (
        (usage.input_tokens + usage.cache_write_tokens) * fresh
        + usage.cache_read_tokens * read
        + usage.output_tokens * output
    )
    assert usd_millionths("gpt-5.5", usage, tier) == pytest.approx(expected, rel=1e-12)


def claude(fresh: float, read: float, write: float, write_1h: float, output: float) -> float:
    return 10 * fresh + 40_000 * read + 4_000 * write + 2_000 * write_1h + 500 * output


OPUS = claude(5, 0.5, 6.25, 10, 25)
FAST_OPUS = claude(30, 3, 37.5, 60, 150)


@pytest.mark.parametrize(
    "model", ["claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-7-20260416", "claude-opus-4.7"]
)
@pytest.mark.parametrize(
    ("tier", "cost"),
    [
        (None, OPUS),
        ("standard", OPUS),
        ("fast", FAST_OPUS),
        ("us", OPUS * 1.1),
        ("fast+us", FAST_OPUS * 1.1),
        ("us+fast", FAST_OPUS * 1.1),
        ("FAST+US", FAST_OPUS * 1.1),
        ("standard+us", OPUS * 1.1),
        ("fast+global", FAST_OPUS),
        ("standard+not_available", OPUS),
        ("+", OPUS),
        ("global", OPUS),
        ("not_available", OPUS),
    ],
)
def test_a_claude_in_haste_or_in_one_country(model: str, tier: str | None, cost: float) -> None:
    assert usd_millionths(model, CLAUDE, tier) == pytest.approx(cost, rel=1e-12)


@pytest.mark.parametrize(
    ("model", "times"),
    [
        ("claude-opus-4-6", 1.1),
        ("claude-sonnet-4-6", 1.1),
        ("claude-opus-4-8[1m]", 1.1),
        ("claude-opus-5", 1.1),
        ("claude-opus-5-5", 1.1),
        ("claude-sonnet-5-5", 1.1),
        ("claude-haiku-5-5", 1.1),
        ("claude-fable-5-2", 1.1),
        ("anthropic/claude-fable-5-20260101", 1.1),
        ("claude-opus-4-5", 1),
        ("claude-opus-4-5-20251101", 1),
        ("claude-4.5-opus", 1),
        ("claude-opus-4-1", 1),
        ("claude-opus-4-20250514", 1),
        ("claude-sonnet-4-5", 1),
        ("claude-sonnet-4-20250514", 1),
        ("claude-haiku-4-5", 1),
        ("claude-3-7-sonnet-latest", 1),
        ("gpt-5.5", 1),
    ],
)
def test_a_place_costs_more_from_opus_4_6_on(model: str, times: float) -> None:
    standard = usd_millionths(model, CLAUDE, None)
    assert standard is not None
    assert usd_millionths(model, CLAUDE, "us") == pytest.approx(standard * times, rel=1e-12)
    used = load_rates().used(model, NOW, tier="us")
    assert used is not None
    assert (used.tier, used.approximate) == (("us", False) if times > 1 else (None, True))


def test_a_place_makes_no_web_search_dearer() -> None:
    rates = load_rates()
    assert pico(rates, "claude-opus-5", TokenUsage(), NOW, tier="us", web_searches=3) == 30 * 10**9


def test_what_is_known_of_a_service_is_used_and_the_rest_is_approximate() -> None:
    used = load_rates().used("claude-opus-4-7", NOW, tier="fast+mars")
    assert used is not None
    assert (used.tier, used.approximate, float(used.rates["output"])) == ("fast", True, 150)
    assert used.layer == "tankful"


def test_an_own_price_may_be_dearer_in_a_place() -> None:
    own = '[[price]]\nmodel = "acme"\ninput = 4\noutput = 0\n'
    own += '[[region]]\nname = "eu"\nmodels = ["acme"]\ntimes = 1.5\n'
    rates = Rates(RATES.read_bytes(), own=own)
    assert rates.problem is None
    assert pico(rates, "acme", TokenUsage(input_tokens=1), NOW, tier="eu") == 6 * MILLIONTH
    assert pico(rates, "acme", TokenUsage(input_tokens=1), NOW, tier="us") == 4 * MILLIONTH
