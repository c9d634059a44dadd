from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from providers.ledger.windows import WindowRecord
from tray.view.window_events import events, is_open, is_whole, used_text

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIVE = WindowRecord(
    account="a1",
    window="session",
    starts_at=NOW - 6 * HOUR,
    resets_at=NOW - HOUR,
    used_percent=83,
    seen_at=NOW - HOUR - 2 * MINUTE,
    ended_at=NOW - HOUR,
)


def said(**changes: Any) -> list[str]:
    return list(events(replace(FIVE, **changes), NOW, UTC))


def test_a_window_that_just_ended_has_nothing_to_tell() -> None:
    assert said() == []
    assert used_text(FIVE, NOW) == "83 %"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"reset_early": True}, "Reset early at 11:00"),
        ({"reset_early": True, "redeemed": True}, "Reset early at 11:00, by a reset in hand"),
        ({"spent_at": NOW - 2 * HOUR}, "Used up at 10:00"),
        (
            {"refused_at": NOW - timedelta(days=1)},
            "Requests refused on 19 Nov 12:00, although it was not used up",
        ),
        (
            {"moved": 1, "moved_at": NOW - 2 * HOUR, "moved_from": NOW},
            "Its reset time changed at 10:00, from 12:00",
        ),
        (
            {"moved": 2, "moved_at": NOW - 2 * HOUR, "moved_from": NOW},
            "Its reset time changed twice, last at 10:00, from 12:00",
        ),
        ({"moved": 3}, "Its reset time changed 3 times"),
        ({"credits_used": Decimal("12.5")}, "12.50 credits used"),
    ],
)
def test_each_event_is_a_sentence(changes: dict[str, Any], text: str) -> None:
    assert said(**changes) == [text]


def test_all_at_once() -> None:
    assert len(said(reset_early=True, spent_at=NOW, refused_at=NOW, moved=1, credits_used=Decimal(0))) == 5


def test_an_end_that_nobody_saw_leaves_a_lower_bound() -> None:
    unseen = replace(FIVE, seen_at=NOW - 5 * HOUR)
    assert not is_whole(unseen, NOW)
    assert used_text(unseen, NOW) == "≥ 83 %"
    assert list(events(unseen, NOW, UTC)) == ["Last seen at 07:00"]


def test_what_is_used_up_is_known() -> None:
    spent = replace(FIVE, used_percent=100, spent_at=NOW - 5 * HOUR, seen_at=NOW - 5 * HOUR)
    assert used_text(spent, NOW) == "100 %"


def test_one_that_runs_is_whole_and_one_whose_reset_passed_is_not() -> None:
    running = replace(FIVE, resets_at=NOW + HOUR, ended_at=None, seen_at=NOW - 3 * HOUR)
    assert is_open(running, NOW)
    assert used_text(running, NOW) == "83 %"
    unseen = replace(running, resets_at=NOW - HOUR, seen_at=NOW - 3 * HOUR)
    assert not is_open(unseen, NOW)
    assert used_text(unseen, NOW) == "≥ 83 %"


def test_a_week_may_be_looked_at_less_often() -> None:
    week = replace(FIVE, window="weekly", seen_at=NOW - 6 * HOUR)
    assert is_whole(week, NOW)
    assert not is_whole(replace(week, seen_at=NOW - 8 * HOUR), NOW)


def test_a_window_of_unknown_length_and_end() -> None:
    odd = replace(FIVE, window="window:unknown", resets_at=None, ended_at=None)
    assert is_open(odd, NOW)
    assert is_whole(odd, NOW)
    assert said(window="window:unknown", resets_at=None) == []
