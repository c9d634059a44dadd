"""Days of which the use is known, and ranges to compare them with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.view.usage.days import Days, Logged, before, known_days

TODAY = date(2026, 11, 20)
LOGGED = Logged(date(2026, 11, 1), date(2026, 11, 19))
DATES = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def of(first: int, last: int, month: int = 11) -> Days:
    return Days(date(2026, month, first), date(2026, month, last))


@pytest.mark.parametrize(
    ("since", "until", "known"),
    [
        (date(2026, 10, 22), TODAY, of(1, 20)),
        (date(2026, 11, 14), TODAY, of(14, 20)),
        (None, TODAY, of(1, 20)),
        (None, None, of(1, 20)),
        (date(2026, 11, 19), date(2026, 12, 31), of(19, 20)),
        (date(2026, 10, 1), date(2026, 10, 31), None),
        (date(2026, 11, 21), date(2026, 11, 30), None),
    ],
)
def test_days_before_the_first_log_and_days_to_come_are_not_known(
    since: date | None, until: date | None, known: Days | None
) -> None:
    assert known_days(since, until, LOGGED, TODAY) == known


def test_without_logs_no_day_is_known() -> None:
    assert known_days(None, TODAY, Logged(), TODAY) is None


def test_a_day_ahead_counts_when_something_was_logged_in_it() -> None:
    ahead = Logged(date(2026, 11, 1), date(2026, 11, 22))
    assert known_days(date(2026, 11, 20), None, ahead, TODAY) == of(20, 22)


@pytest.mark.parametrize(
    ("name", "since", "until", "earlier"),
    [
        ("today", TODAY, TODAY, of(19, 19)),
        ("7d", date(2026, 11, 14), TODAY, of(7, 13)),
        ("week", date(2026, 11, 16), TODAY, of(9, 13)),
        ("month", date(2026, 11, 1), TODAY, of(1, 20, month=10)),
        ("month", date(2026, 3, 1), date(2026, 3, 31), of(1, 28, month=2)),
        ("ytd", date(2026, 1, 1), TODAY, Days(date(2025, 1, 1), date(2025, 11, 20))),
        ("ytd", date(2028, 1, 1), date(2028, 2, 29), Days(date(2027, 1, 1), date(2027, 2, 28))),
        ("custom", date(2026, 11, 5), date(2026, 11, 6), of(3, 4)),
        ("custom", date(1, 1, 1), date(1, 1, 2), None),
        ("ytd", date(1, 1, 1), date(1, 1, 2), None),
        ("month", date(1, 1, 1), date(1, 1, 2), None),
    ],
)
def test_what_a_range_is_compared_with(name: str, since: date, until: date, earlier: Days | None) -> None:
    assert before(name, since, until) == earlier


@given(DATES, st.integers(0, 400), st.sampled_from(["7d", "custom", "week"]))
def test_it_ends_before_the_range_and_is_as_long(since: date, length: int, name: str) -> None:
    until = since + timedelta(days=min(length, 6) if name == "week" else length)
    earlier = before(name, since, until)
    assert earlier is not None
    assert earlier.last < since
    assert earlier.count == (until - since).days + 1
    assert [*earlier][:: earlier.count - 1 or 1] == sorted({earlier.first, earlier.last})


def test_the_part_from_a_day_on() -> None:
    assert of(1, 20).within(date(2026, 11, 5)) == of(5, 20)
    assert of(1, 20).within(date(2026, 10, 5)) == of(1, 20)
    assert of(1, 20).within(date(2026, 12, 5)) is None
