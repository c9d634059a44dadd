"""Days of which the use is known."""

from __future__ import annotations

from datetime import date

import pytest

from tray.view.usage.days import Days, Logged, known_days

TODAY = date(2026, 11, 20)
LOGGED = Logged(date(2026, 11, 1), date(2026, 11, 19))


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


def test_the_part_from_a_day_on() -> None:
    assert of(1, 20).within(date(2026, 11, 5)) == of(5, 20)
    assert of(1, 20).within(date(2026, 10, 5)) == of(1, 20)
    assert of(1, 20).within(date(2026, 12, 5)) is None
