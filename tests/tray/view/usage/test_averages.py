"""Averages a day, week and month."""

from __future__ import annotations

import pytest

from providers.domain.cost import Tally, TokenUsage
from tray.view.usage.averages import Average, averages


def tally(tokens: int, usd: float | None, unpriced: int = 0) -> Tally:
    return Tally(responses=2, usage=TokenUsage(output_tokens=tokens), usd=usd, unpriced=unpriced)


def test_over_the_calendar_days_of_the_range_and_over_those_with_use() -> None:
    day, week, month, active = averages(tally(700, 14.0), days=14, active_days=7)
    assert day == Average(period="day", tokens=50, usd=1.0, at_least=False)
    assert week == Average(period="week", tokens=350, usd=7.0, at_least=False)
    assert month.tokens == pytest.approx(50 * 365.2425 / 12)
    assert month.usd == pytest.approx(365.2425 / 12)
    assert active == Average(period="active day", tokens=100, usd=2.0, at_least=False)


def test_a_part_without_a_price_makes_lower_bounds() -> None:
    assert all(each.at_least for each in averages(tally(7, 1.0, unpriced=1), days=7, active_days=1))


def test_without_any_price_there_are_no_dollars() -> None:
    assert [each.usd for each in averages(tally(7, None, unpriced=2), days=7, active_days=1)] == [None] * 4


def test_nothing_used_has_no_averages() -> None:
    assert averages(Tally(usd=0.0), days=7, active_days=0) == ()
    assert averages(Tally(usd=0.0), days=0, active_days=0) == ()
