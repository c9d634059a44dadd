from __future__ import annotations

from datetime import date
from decimal import Decimal

from providers.ledger.prices.applied import applied
from providers.ledger.prices.pricing import Rates
from tools.make_rates import RATES

LIBRARY = RATES.read_bytes()


def entry(model: str, rate: int, *more: str) -> str:
    return "\n".join(("[[price]]", f'model = "{model}"', f"input = {rate}", "output = 0", *more, ""))


def test_days_with_other_rates_are_spans_of_their_own() -> None:
    own = entry("acme", 1, "until = 2026-11-10") + entry(
        "acme", 2, "from = 2026-11-12", "tier.fast.times = 3"
    )
    own += entry("other", 1, "from = 2026-11-05")  # which changes nothing of acme
    spans = applied(Rates(LIBRARY, "", own), "acme", date(2026, 11, 1), date(2026, 11, 20))
    assert [(each.since.day, each.until.day) for each in spans] == [(1, 9), (10, 11), (12, 20)]
    assert [each.used and each.used.rates["input"] for each in spans] == [1, None, 2]
    assert {tier: used.rates["input"] for tier, used in spans[2].tiers.items()} == {"fast": Decimal(6)}
    assert applied(Rates(LIBRARY), "nobody", date(2026, 11, 1), date(2026, 11, 1))[0].used is None


def test_a_list_that_changed_its_price_is_seen() -> None:
    ours = entry("x", 1, "until = 2026-07-09", "checked = 2026-11-20")
    ours += entry("x", 1, "from = 2026-07-09", "checked = 2026-11-20")
    (first, second) = applied(Rates(LIBRARY, ours), "x", date(2026, 7, 8), date(2026, 7, 9))
    assert first.used is not None
    assert second.used is not None
    assert (first.used.since, second.used.since) == (None, date(2026, 7, 9))


def test_what_a_pattern_means_and_other_own_prices() -> None:
    rates = Rates(LIBRARY, "", entry("acme", 1))
    logged = ("gpt-5.5", "GPT-5.5-codex", "openai/gpt-5.5", "acme", "claude-opus-4-8[1m]")
    assert rates.meant(" GPT-5.5 ", logged) == ("gpt-5.5", "openai/gpt-5.5")
    assert rates.meant("gpt-5.5*", logged) == logged[:3]
    assert rates.meant("claude-opus-4-8", logged) == logged[4:]
    assert rates.meant("x", logged) == ()
    assert [each.model for each in rates.own] == ["acme"]
    other = rates.with_own(entry("b", 1))
    assert [each.model for each in other.own] == ["b"]
    assert other.fingerprint == Rates(LIBRARY, "", entry("b", 1)).fingerprint
    assert rates.with_own("").fingerprint == Rates(LIBRARY).fingerprint
