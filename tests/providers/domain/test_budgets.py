"""What a period comes to, and what that says of its budget."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.domain.budgets import days_of, forecast, midnight, past_periods, result, verdict
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


BERLIN, NEW_YORK, SYDNEY, KATHMANDU, HAVANA, CAIRO, APIA = (
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "Australia/Sydney",
        "Asia/Kathmandu",
        "America/Havana",
        "Africa/Cairo",
        "Pacific/Apia",
    )
)


@pytest.mark.parametrize(
    ("period", "now", "zone", "elapsed", "whole"),
    [
        ("day", "2026-03-29T12:00", BERLIN, 11, 23),  # the clock went forward at two
        ("day", "2026-10-25T12:00", BERLIN, 13, 25),
        ("day", "2026-11-01T18:00", NEW_YORK, 19, 25),
        ("day", "2026-10-04T12:00", SYDNEY, 11, 23),
        ("day", "2026-11-29T12:00", KATHMANDU, 12, 24),
        ("day", "2026-03-08T12:00", HAVANA, 11, 23),  # a day that begins at one
        ("day", "2026-11-01T12:00", HAVANA, 13, 25),  # midnight came twice
        ("day", "2026-04-24T12:00", CAIRO, 11, 23),
        ("week", "2026-10-25T00:00", BERLIN, 6 * 24, 7 * 24 + 1),
        ("week", "2026-03-30T12:00", BERLIN, 12, 7 * 24),
        ("month", "2026-02-15T00:00", BERLIN, 14 * 24, 28 * 24),
        ("month", "2028-02-15T00:00", BERLIN, 14 * 24, 29 * 24),
        ("month", "2026-03-31T12:00", BERLIN, 30 * 24 + 11, 31 * 24 - 1),
        ("month", "2026-10-31T12:00", BERLIN, 30 * 24 + 13, 31 * 24 + 1),
        ("month", "2026-12-31T23:00", UTC, 30 * 24 + 23, 31 * 24),
        ("month", "2026-04-30T12:00", KATHMANDU, 29 * 24 + 12, 30 * 24),
    ],
)
def test_the_forecast_counts_the_hours_of_the_persons_zone(
    period: str, now: str, zone: tzinfo, elapsed: float, whole: float
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=zone)
    first, after = days_of(period, at.date())
    begun, left = at.timestamp() - midnight(first, zone), midnight(after, zone) - at.timestamp()
    assert (begun / HOUR, (begun + left) / HOUR) == (elapsed, whole)
    assert forecast(elapsed, begun, left) == (None if elapsed / whole < 0.1 else pytest.approx(whole))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["day", "week", "month"]),
    st.integers(1_467_000, 2_100_000),
    st.sampled_from([BERLIN, NEW_YORK, SYDNEY, KATHMANDU, HAVANA, CAIRO, APIA, UTC]),
)
def test_the_forecast_is_that_of_a_look_at_each_quarter_of_an_hour(
    period: str, quarters: int, zone: tzinfo
) -> None:
    quarter = timedelta(minutes=15)
    at = datetime.fromtimestamp(quarters * 900, UTC)
    first, after = days_of(period, at.astimezone(zone).date())
    looks = [at + number * quarter for number in range(-33 * 96, 33 * 96)]
    own = [look for look in looks if first <= look.astimezone(zone).date() < after]
    done = sum(look < at for look in own)
    begun, left = at.timestamp() - midnight(first, zone), midnight(after, zone) - at.timestamp()
    assert (begun / 900, left / 900) == (done, len(own) - done)
    expected = forecast(float(done), begun, left)
    assert expected is None or expected == pytest.approx(len(own))


@pytest.mark.parametrize(
    ("period", "day", "found"),
    [
        ("week", "2026-11-29", ["2026-11-16", "2026-11-09"]),
        ("month", "2026-03-31", ["2026-02-01", "2026-01-01"]),
        ("month", "2024-03-01", ["2024-02-01", "2024-01-01"]),
        ("month", "2027-01-31", ["2026-12-01", "2026-11-01"]),
        ("month", "0001-02-03", ["0001-01-01"]),
        ("week", "0001-01-03", []),
    ],
)
def test_past_periods(period: str, day: str, found: list[str]) -> None:
    past = past_periods(period, date.fromisoformat(day), 2)
    assert [first.isoformat() for first, _ in past] == found
    assert all(days_of(period, first) == (first, after) for first, after in past)


@pytest.mark.parametrize(
    ("used", "at_least", "found"),
    [
        (None, False, "unknown"),
        (10.0, False, "kept"),
        (10.01, False, "exceeded"),
        (9.0, True, "unknown"),
        (11.0, True, "exceeded"),
    ],
)
def test_what_became_of_a_budget(used: float | None, found: str, *, at_least: bool) -> None:
    assert result(used, 10.0, at_least=at_least) == found
