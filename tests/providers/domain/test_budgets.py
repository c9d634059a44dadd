"""What a period comes to, and what that says of its budget."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.budgets import days_of, forecast, verdict
from providers.domain.work_days import work_spans

HOUR, DAY = 3600.0, 86_400.0


@pytest.mark.parametrize(
    ("period", "day", "first", "after"),
    [
        ("day", "2026-12-31", "2026-12-31", "2027-01-01"),
        ("week", "2026-11-23", "2026-11-23", "2026-11-30"),  # a Monday
        ("week", "2026-11-29", "2026-11-23", "2026-11-30"),
        ("month", "2026-11-29", "2026-11-01", "2026-12-01"),
        ("month", "2024-02-29", "2024-02-01", "2024-03-01"),
        ("month", "2026-12-31", "2026-12-01", "2027-01-01"),
    ],
)
def test_the_days_of_a_period(period: str, day: str, first: str, after: str) -> None:
    assert days_of(period, date.fromisoformat(day)) == (date.fromisoformat(first), date.fromisoformat(after))


@given(period=st.sampled_from(["day", "week", "month"]), day=st.dates(date(2, 1, 1), date(9990, 1, 1)))
def test_periods_follow_each_other_without_a_gap(period: str, day: date) -> None:
    first, after = days_of(period, day)
    assert first <= day < after
    assert days_of(period, after - timedelta(days=1)) == (first, after)
    assert days_of(period, after)[0] == after


def test_the_forecast_is_the_mean_so_far() -> None:
    assert forecast(10.0, 12 * HOUR, 12 * HOUR) == 20.0
    assert forecast(0.0, 12 * HOUR, 12 * HOUR) == 0.0
    assert forecast(10.0, DAY, 0.0) == 10.0


def test_the_first_tenth_of_a_period_says_nothing() -> None:
    assert forecast(10.0, 2.3 * HOUR, 21.7 * HOUR) is None
    assert forecast(10.0, 2.4 * HOUR, 21.6 * HOUR) == pytest.approx(100.0)


def test_days_off_do_not_count() -> None:
    week = work_spans(0.0, -5 * DAY, 2 * DAY, "mon-fri", None)  # 1 January 1970 was a Thursday
    assert week is not None
    over = sum(min(last, 0) - min(first, 0) for first, last in week) / DAY
    assert forecast(over, 5 * DAY, 2 * DAY, week) == pytest.approx(
        sum(last - first for first, last in week) / DAY
    )


def test_a_rate_of_the_last_hours_is_taken_where_there_is_one() -> None:
    assert forecast(10.0, HOUR, 10 * HOUR, per_hour=2.0) == 30.0
    assert forecast(10.0, HOUR, 10 * HOUR, per_hour=-2.0) == 10.0, "what was used stays used"


@pytest.mark.parametrize(("elapsed", "left"), [(-1.0, 5.0), (5.0, -1.0), (0.0, 0.0), (float("nan"), 1.0)])
def test_no_forecast_of_what_makes_no_sense(elapsed: float, left: float) -> None:
    assert forecast(1.0, elapsed, left) is None


@given(
    used=st.floats(0, 1e6),
    elapsed=st.floats(0, 40 * DAY),
    left=st.floats(0, 40 * DAY),
    per_hour=st.none() | st.floats(-1e3, 1e3),
)
def test_a_forecast_is_never_less_than_what_was_used(
    used: float, elapsed: float, left: float, per_hour: float | None
) -> None:
    found = forecast(used, elapsed, left, None, per_hour)
    assert found is None or found >= used * (1 - 1e-9)


@pytest.mark.parametrize(
    ("used", "expected", "result"),
    [
        (None, None, "unknown"),
        (20.0, 20.0, "spent"),
        (21.0, None, "spent"),
        (16.0, 40.0, "nearly_spent"),
        (15.9, 20.1, "will_exceed"),
        (15.9, 20.0, "ok"),
        (15.9, None, "ok"),
        (0.0, 0.0, "ok"),
    ],
)
def test_the_verdict(used: float | None, expected: float | None, result: str) -> None:
    assert verdict(used, 20.0, expected) == result
