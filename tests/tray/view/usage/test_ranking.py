"""The order of days."""

from __future__ import annotations

from datetime import date

import pytest

from providers.domain.cost import Tally, TokenUsage
from tray.view.usage.ranking import SORTS, RankedDay, Sort, ranking


def day(number: int, sessions: int = 1, usd: float | None = 1.0, **tokens: int) -> RankedDay:
    usage = TokenUsage(**{f"{name}_tokens": count for name, count in tokens.items()})
    return RankedDay(
        day=date(2026, 11, number), tally=Tally(responses=1, usage=usage, usd=usd), sessions=sessions
    )


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("total", 2),
        ("input", 1),
        ("cache_read", 2),
        ("cache_write", 3),
        ("output", 4),
        ("cost", 3),
        ("sessions", 1),
        ("date", 4),
    ],
)
def test_by_what_was_chosen(sort: Sort, first: int) -> None:
    days = [
        day(1, 9, input=10),
        day(2, cache_read=100, usd=None),
        day(3, cache_write=20, usd=5.0),
        day(4, output=30),
    ]
    assert ranking(days, sort)[0].day.day == first
    assert len(SORTS) == 8


def test_ties_by_the_total_then_sessions_then_the_newest() -> None:
    days = [day(1, 2, output=5), day(2, 1, output=5), day(3, 1, output=5), day(4, 0, output=6)]
    assert [each.day.day for each in ranking(days, "cost")] == [4, 1, 3, 2]


def test_what_has_no_price_is_the_last_by_cost() -> None:
    assert [each.day.day for each in ranking([day(1, usd=None, output=9), day(2, usd=0.0)], "cost")] == [2, 1]
