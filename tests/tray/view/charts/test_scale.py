from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.view.charts.scale import Step, begin_of, date_labels, level_of, quantiles, step_for, steps, ticks

DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
STEPS: tuple[Step, ...] = ("day", "week", "month")


@given(st.floats(1e-9, 1e18))
def test_an_axis_has_few_and_round_marks_up_to_the_top(top: float) -> None:
    marks = ticks(top)
    assert 2 <= len(marks) <= 6
    assert marks[0] == 0
    assert marks[-1] >= top * (1 - 1e-6)
    assert marks[-2] < top
    assert f"{marks[1]:.0e}"[0] in "125"


@pytest.mark.parametrize(
    ("top", "marks"),
    [(8.7, (0, 5, 10)), (3, (0, 1, 2, 3)), (47, (0, 20, 40, 60)), (0, (0, 1)), (float("nan"), (0, 1))],
)
def test_marks(top: float, marks: tuple[float, ...]) -> None:
    assert ticks(top) == marks


def test_there_is_nothing_between_two_whole_numbers() -> None:
    assert ticks(1, whole=True) == (0, 1)


@given(DAYS, st.integers(0, 4000), st.sampled_from(STEPS))
def test_every_day_is_in_one_step(since: date, length: int, step: Step) -> None:
    until = date.fromordinal(min(since.toordinal() + length, date.max.toordinal()))
    found = steps(since, until, step)
    assert found[0] == begin_of(since, step)
    assert found[-1] == begin_of(until, step)
    assert all(before < after for before, after in pairwise(found))
    middle = since + (until - since) // 2
    assert found.count(begin_of(middle, step)) == 1


def test_a_range_that_ends_before_it_begins_has_no_steps() -> None:
    assert steps(date(2026, 11, 2), date(2026, 11, 1), "day") == ()


@given(DAYS, st.integers(0, 4000), st.sampled_from(STEPS))
def test_labels_are_few_and_in_order(since: date, length: int, step: Step) -> None:
    until = date.fromordinal(min(since.toordinal() + length, date.max.toordinal()))
    found = date_labels(steps(since, until, step), step)
    assert len(found) <= 13
    assert list(found) == sorted(found)


def test_labels_name_a_year_where_it_begins() -> None:
    found = date_labels(steps(date(2025, 11, 1), date(2026, 3, 1), "month"), "month")
    assert list(found.values()) == ["Nov 2025", "Dec", "Jan 2026", "Feb", "Mar"]


def test_the_step_follows_the_days() -> None:
    today = date(2026, 11, 20)
    assert [step_for(today - timedelta(days=days), today) for days in (0, 90, 365, 1000)] == [
        "day",
        "day",
        "week",
        "month",
    ]


def test_levels_are_quantiles() -> None:
    """As a calendar of six levels has them: bounds at a sixth, a third, …"""
    bounds = quantiles([float(value) for value in range(1, 13)], 6)
    assert bounds == (2, 4, 6, 8, 10)
    assert [level_of(value, bounds) for value in (1, 2, 5, 10, 99)] == [0, 1, 2, 5, 5]
    assert quantiles([], 6) == ()
