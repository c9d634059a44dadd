"""Stacked bars of days, weeks and months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.cost import Tally, TokenUsage
from tray.view.charts.scale import Step
from tray.view.usage.days import Days
from tray.view.usage.stacks import REST, stack

FIRST, LAST = date(2026, 10, 28), date(2026, 11, 10)
ALL = Days(FIRST, LAST)


def tally(tokens: int, usd: float | None = 1.0, unpriced: int = 0) -> Tally:
    return Tally(responses=1, usage=TokenUsage(output_tokens=tokens), usd=usd, unpriced=unpriced)


def test_days_without_use_are_zero_and_days_before_the_first_log_are_not() -> None:
    sums = {(date(2026, 11, 2), "codex"): tally(5)}
    made = stack(sums, ALL, Days(date(2026, 11, 1), LAST), "day", "tokens", 8)
    assert [bar.values for bar in made.bars] == [(None,)] * 4 + [(0.0,), (5,)] + [(0.0,)] * 8
    assert made.names == ("codex",)


def test_a_week_or_month_that_logs_cover_in_part_is_a_lower_bound() -> None:
    sums = {(date(2026, 11, 2), "codex"): tally(5)}
    known = Days(date(2026, 10, 30), LAST)
    weeks = stack(sums, ALL, known, "week", "tokens", 8).bars
    assert [(bar.begin, bar.partial) for bar in weeks] == [
        (date(2026, 10, 26), True),
        (date(2026, 11, 2), False),
        (date(2026, 11, 9), False),
    ]
    months = stack(sums, ALL, known, "month", "tokens", 8).bars
    assert [(bar.begin, bar.values, bar.partial) for bar in months] == [
        (date(2026, 10, 1), (0.0,), True),
        (date(2026, 11, 1), (5,), False),
    ]


def test_what_has_no_price_is_not_zero_dollars() -> None:
    day = date(2026, 11, 2)
    sums = {(day, "a"): tally(5, None, 1), (day, "b"): tally(4, 2.0), (LAST, "b"): tally(4, 2.0, 1)}
    bars = {bar.begin: bar for bar in stack(sums, ALL, ALL, "day", "usd", 8).bars}
    assert (bars[day].values, bars[day].partial) == ((2.0, None), True)
    assert (bars[LAST].values, bars[LAST].partial) == ((2.0, 0.0), True)


def test_the_rest_is_one_series() -> None:
    sums = {(FIRST, name): tally(count) for name, count in (("a", 1), ("b", 2), ("c", 3), ("d", 4))}
    made = stack(sums, ALL, ALL, "day", "tokens", 3)
    assert made.names == ("d", "c", REST)
    assert made.bars[0].values == (4, 3, 3)


def test_each_day_has_the_one_it_is_compared_with() -> None:
    made = stack({}, ALL, ALL, "day", "usd", 8, {FIRST: tally(1, 3.0), LAST: tally(1, None)})
    assert [bar.before for bar in (made.bars[0], made.bars[1], made.bars[-1])] == [3.0, None, None]


@pytest.mark.parametrize("step", ["day", "week", "month"])
@given(
    used=st.dictionaries(
        st.tuples(st.integers(0, 400), st.sampled_from("abcdef")), st.integers(0, 10**12), max_size=30
    ),
    most=st.integers(2, 8),
)
def test_no_token_is_lost(step: Step, used: dict[tuple[int, str], int], most: int) -> None:
    first = date(2025, 12, 15)
    sums = {(first + timedelta(days=day), name): tally(count) for (day, name), count in used.items()}
    shown = Days(first, first + timedelta(days=400))
    made = stack(sums, shown, shown, step, "tokens", most)
    assert sum(value or 0 for bar in made.bars for value in bar.values) == sum(used.values())
    assert all(len(bar.values) == len(made.names) <= most for bar in made.bars)


def test_the_end_of_the_calendar() -> None:
    end = Days(date(9999, 12, 20), date(9999, 12, 31))
    for step in ("week", "month"):
        made = stack({(end.last, "a"): tally(3)}, end, end, step, "tokens", 8)
        assert made.bars[-1].values == (3,)
