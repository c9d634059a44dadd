"""Sums of days and providers."""

from __future__ import annotations

from datetime import date

from providers.domain.cost import Tally, TokenUsage
from tray.view.usage.daily import Daily
from tray.view.usage.days import Days, Logged

FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 2)


def tally(tokens: int, usd: float | None, unpriced: int = 0) -> Tally:
    return Tally(responses=1, usage=TokenUsage(output_tokens=tokens), usd=usd, unpriced=unpriced)


DAILY = Daily(
    {(FIRST, "codex"): tally(1, 0.5), (FIRST, "claude"): tally(2, None, 1), (SECOND, "codex"): tally(4, 2.0)},
    {(SECOND, "claude"): tally(8, 3.0)},
)


def test_what_is_shown_includes_what_is_not_on_lines() -> None:
    assert DAILY.total == Tally(responses=4, usage=TokenUsage(output_tokens=15), usd=5.5, unpriced=1)
    assert {day: each.usage.total_tokens for day, each in DAILY.by_day.items()} == {FIRST: 3, SECOND: 12}
    assert DAILY.shown[SECOND, "claude"] == tally(8, 3.0)
    assert DAILY.by_day[FIRST].usd == 0.5
    assert DAILY.by_day[FIRST].unpriced == 1


def test_of_some_days_and_of_a_provider() -> None:
    assert DAILY.of(Days(SECOND, SECOND)).total.usage.total_tokens == 12
    assert DAILY.within(None, FIRST).total.usage.total_tokens == 3
    assert DAILY.by("claude").total.usage.total_tokens == 10
    assert DAILY.by("claude").active_days == (FIRST, SECOND)
    assert DAILY.by("claude").within(FIRST, FIRST).total.usd is None
    assert DAILY.providers == ("claude", "codex")
    assert DAILY.logged == Logged(FIRST, SECOND)


def test_of_nothing() -> None:
    nothing = Daily({})
    assert nothing.total == Tally(usd=0.0)
    assert (nothing.logged, nothing.active_days, nothing.providers, nothing.by_day) == (Logged(), (), (), {})
