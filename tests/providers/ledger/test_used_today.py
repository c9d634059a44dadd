"""How much of a week was used since midnight, from what was noted of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.limits import Account, AccountUsage
from providers.domain.usage_rate import UsedToday
from providers.ledger.history import LimitChange
from providers.ledger.ledger import Ledger
from providers.ledger.rates import used_since
from tests.providers.ledger.test_rates import DAY, HOUR, MONDAY, SESSION, WEEK, lane, moments, readings

ENDS = MONDAY + 4 * DAY  # Friday at midnight, UTC
TODAY = MONDAY + DAY

Course = list[tuple[datetime, float, datetime | None]]


def used(course: Course, at: datetime | None = None, start: datetime = TODAY) -> tuple[float, bool] | None:
    """Of readings that each differ from the one before; the last of them `at` that time, too."""
    changes = [LimitChange(moment, "weekly", percent, ends, "oauth") for moment, percent, ends in course]
    last = changes[-1]
    return used_since(changes, lane(at or last.at, last.used_percent, last.resets_at, WEEK), start)


def test_what_was_used_before_midnight_is_yesterday_s() -> None:
    course: Course = [(TODAY - 5 * HOUR, 30, ENDS), (TODAY - HOUR, 40, ENDS), (TODAY, 40, ENDS)]
    assert used([*course, (TODAY + 9 * HOUR, 52, ENDS)]) == (12.0, True)
    assert used(course) == (0.0, True)
    assert used(course, at=TODAY + 9 * HOUR) == (0.0, True), "the server says the same all day"


def test_a_day_on_which_nothing_was_read_is_not_known() -> None:
    assert used([(TODAY - HOUR, 40, ENDS)]) is None
    assert used([(TODAY - HOUR, 40, ENDS)], at=TODAY - timedelta(minutes=1)) is None


def test_a_reset_within_the_day() -> None:
    reset = TODAY + 6 * HOUR
    course: Course = [
        (TODAY - HOUR, 80, reset),
        (TODAY, 80, reset),
        (TODAY + 5.5 * HOUR, 90, reset),
        (reset, 0, reset + WEEK),
        (TODAY + 9 * HOUR, 7, reset + WEEK),
    ]
    assert used(course) == (17.0, True)


def test_a_history_that_begins_today() -> None:
    course: Course = [(TODAY + 8 * HOUR, 30, ENDS), (TODAY + 9 * HOUR, 35, ENDS)]
    assert used(course) == (5.0, False), "nobody knows what was used before"
    ends = TODAY + 2 * HOUR + WEEK
    new: Course = [(TODAY + 8 * HOUR, 30, ends), (TODAY + 9 * HOUR, 35, ends)]
    assert used(new) == (35.0, True), "all of this week is of today"


def test_a_machine_that_was_off_over_the_reset() -> None:
    reset = TODAY + 6 * HOUR
    course: Course = [(TODAY - 9 * HOUR, 80, reset), (TODAY + 9 * HOUR, 7, reset + WEEK)]
    found = used(course)
    assert found is not None
    assert found[1] is False


@pytest.mark.parametrize(
    ("zone", "day", "percent"),
    [(UTC, "2026-11-17", 5 * 2 / 3), (ZoneInfo("America/Los_Angeles"), "2026-11-16", 10 * 15 / 23 + 5)],
)
def test_midnight_is_that_of_the_person(tmp_path: Path, zone: tzinfo, day: str, percent: float) -> None:
    """Between two readings it was used evenly."""
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    now = TODAY + 2 * HOUR
    for at, read in ((TODAY - DAY, 10), (TODAY - HOUR, 20), (now, 25)):
        usage = AccountUsage(
            provider="codex",
            title="Codex",
            homes=(),
            account=Account(id="a1"),
            windows=(lane(at, read, ENDS, WEEK), lane(at, read, at + HOUR, SESSION)),
        )
        ledger.limits.note(usage, at, zone=zone)
    (found,) = ledger.limits.news(usage, now, now - DAY, zone).used_today
    assert (found.window, found.day.isoformat()) == ("weekly", day)
    assert isinstance(found, UsedToday)
    assert found.percent == pytest.approx(percent)
    assert not found.at_least


@given(st.lists(readings, min_size=1, max_size=30), moments)
def test_no_history_makes_nonsense(course: Course, start: datetime) -> None:
    found = used(sorted(course, key=lambda reading: reading[0]), start=start)
    assert found is None or found[0] >= 0
