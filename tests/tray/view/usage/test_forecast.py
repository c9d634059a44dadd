"""What a month comes to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.view.usage.forecast import Forecast, forecast

TODAY = date(2026, 11, 20)  # a Friday; ten days are ahead, of them three on a weekend
LONG_AGO = date(2026, 1, 1)


def days(*values: float, today: date = TODAY) -> dict[date, float]:
    """The days before today, yesterday first."""
    return {today - timedelta(days=ago): value for ago, value in enumerate(values, 1) if value}


def test_weekends_stay_weekends() -> None:
    used = {
        day: 0.0 if day.weekday() >= 5 else 10.0
        for ago in range(1, 29)
        for day in [TODAY - timedelta(days=ago)]
    }
    found = forecast(100.0, used, LONG_AGO, TODAY)
    # today comes to 10, then Monday to Friday and the next Monday
    assert found == Forecast(value=170.0, low=170.0, high=170.0, method="weeks", days=28)


def test_what_today_came_to_already_counts_once() -> None:
    used = {TODAY - timedelta(days=ago): 10.0 for ago in range(29)}
    assert forecast(100.0, used, LONG_AGO, TODAY) == Forecast(
        value=200.0, low=200.0, high=200.0, method="weeks", days=28
    )
    used[TODAY] = 25.0
    found = forecast(100.0, used, LONG_AGO, TODAY)
    assert found is not None
    assert found.value == 200.0


def test_the_range_is_from_the_quietest_to_the_busiest_week() -> None:
    used = days(*[4.0] * 7, *[8.0] * 7, *[0.0] * 7, *[8.0] * 7)
    found = forecast(50.0, used, LONG_AGO, TODAY)
    assert found == Forecast(value=50 + 11 * 5.0, low=50.0, high=50 + 11 * 8.0, method="weeks", days=28)


def test_with_fewer_days_it_is_their_average_and_has_no_range() -> None:
    found = forecast(12.0, days(6.0, 0.0, 6.0), TODAY - timedelta(days=3), TODAY)
    assert found == Forecast(value=12 + 11 * 4.0, low=None, high=None, method="days", days=3)


@pytest.mark.parametrize(
    ("first_log", "today"),
    [
        (TODAY - timedelta(days=2), TODAY),
        (TODAY, TODAY),
        (None, TODAY),
        (LONG_AGO, date(2026, 11, 1)),
        (TODAY + timedelta(days=3), TODAY),
    ],
)
def test_none_with_too_little_and_on_the_first_day(first_log: date | None, today: date) -> None:
    assert forecast(5.0, days(1.0, 2.0, today=today), first_log, today) is None


def test_on_the_last_day_only_today_is_open() -> None:
    today = date(2026, 11, 30)
    found = forecast(50.0, days(*[2.0] * 28, today=today), LONG_AGO, today)
    assert found is not None
    assert found.value == 52.0
    last = date(9999, 12, 31)
    found = forecast(50.0, days(*[2.0] * 28, today=last), LONG_AGO, last)
    assert found is not None
    assert found.value == 52.0


@given(
    st.lists(st.floats(0, 1e6), min_size=28, max_size=28),
    st.floats(0, 1e6),
    st.dates(date(2024, 1, 2), date(2030, 12, 31)).filter(lambda day: day.day > 1),
    st.floats(0, 1e6),
)
def test_it_is_never_less_than_what_was_used_and_lies_within_its_range(
    past: list[float], now: float, today: date, so_far: float
) -> None:
    found = forecast(so_far, {**days(*past, today=today), today: now}, date(2020, 1, 1), today)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert so_far <= found.low <= found.value <= found.high
