"""What is left of each window, as a bar, and how it will end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from providers.domain.errors import Offline
from providers.domain.limits import AccountUsage
from providers.domain.usage_rate import UsageRate
from tests.tray.view.test_menu import (
    BARE,
    NOW,
    PRO,
    SESSION,
    WEEKLY,
    ZONE,
    below,
    failing,
    lane,
    state_of,
    top,
    with_settings,
)
from tray.view import menu
from tray.view.row_icon import Ring, RowIcon
from tray.view.rows import walk


def test_what_is_used_by_setting() -> None:
    texts = top(state_of(PRO, settings=with_settings(display__used=True)))
    assert texts[1:3] == [
        "━━━━━───────── _37 %  5h  ·  1 h 29 m",
        "━━━━━━━━━───── _62 %  Weekly  ·  2 d 6 h",
    ]


@pytest.mark.parametrize(
    ("style", "bar"), [("lines", "━━━━━━━━━─────"), ("blocks", "█████████░░░░░"), ("ascii", "=========~~~~~")]
)
def test_bars_of_other_characters(style: str, bar: str) -> None:
    assert top(state_of(PRO, settings=with_settings(display__bars=style)))[1].startswith(f"{bar} _63 %")


def test_a_spent_window_says_so_and_is_red() -> None:
    usage = replace(PRO, windows=(lane("session", "5h", 100, 5, NOW + timedelta(minutes=40)), WEEKLY))
    row = next(row for row in menu.rows(state_of(usage), NOW, ZONE) if row.key.endswith(":window:session"))
    assert row.text.replace("\u2007", "_") == "────────────── __0 %  5h  ·  spent  ·  40 m"
    assert row.tone == "alert"
    reds = [row.key for row in walk(menu.rows(state_of(PRO), NOW, ZONE)) if row.tone != "normal"]
    assert reds == []


def test_a_window_that_reset_since_shows_no_share() -> None:
    past = lane("session", "5h", 100, 5, NOW - timedelta(minutes=5), read=7)
    yesterday = lane("weekly", "Weekly", 100, 168, NOW - timedelta(days=1), read=3000)
    assert top(state_of(replace(PRO, windows=(past, yesterday))))[1:3] == [
        "────────────── __‒ %  5h  ·  reset at 12:55, not updated since",
        "────────────── __‒ %  Weekly  ·  reset on 19 Nov 13:00, not updated since",
    ]


def test_a_window_without_a_reset() -> None:
    assert top(state_of(replace(PRO, windows=(lane("session", "5h", 37, 5, None),))))[1] == (
        "━━━━━━━━━───── _63 %  5h"
    )


def test_limits_of_a_model_are_in_the_submenu() -> None:
    spark = lane("model:spark:weekly", "Spark Weekly", 100, 168, NOW + timedelta(hours=30))
    state = state_of(replace(PRO, windows=(SESSION, WEEKLY, spark)))
    assert len(top(state)) == len(top(state_of(PRO)))
    assert "────────────── __0 %  Spark Weekly  ·  spent  ·  1 d 6 h" in below(state)


def test_what_runs_out_before_its_reset() -> None:
    fast = lane("weekly", "Weekly", 62, 168, NOW + timedelta(days=5))
    assert below(state_of(replace(PRO, windows=(SESSION, fast))))[1] == (
        "Weekly: runs out Sat 18:25, 3 d before its reset"
    )


def test_the_projection_of_the_last_hours_is_shown_with_its_spread() -> None:
    rate = UsageRate(
        window="weekly",
        percent_per_hour=2.0,
        slowest=1.0,
        fastest=4.0,
        over=timedelta(hours=4),
        at=NOW - timedelta(minutes=5),
    )
    week = lane("weekly", "Weekly", 62, 168, NOW + timedelta(days=5))
    usage = replace(PRO, windows=(SESSION, week), rates=(rate,))
    assert below(state_of(usage))[1:3] == [
        "Weekly: runs out Sat 08:00, 4 d before its reset",
        "Weekly: between 22:30 and Sun 03:00, by the use of the last hours",
    ]
    slow = replace(usage, rates=(replace(rate, percent_per_hour=0.4, slowest=0.1, fastest=1.0),))
    assert below(state_of(slow))[2] == "Weekly: at the earliest Sun 03:00, by the use of the last hours"


def test_the_ring_is_the_tightest_window_in_the_colour_of_its_end() -> None:
    def ring(usage: AccountUsage, **settings: object) -> RowIcon | None:
        return menu.rows(state_of(usage, settings=with_settings(**settings)), NOW, ZONE)[0].icon

    assert ring(PRO) == Ring(share=0.38, level="plenty")
    assert ring(PRO, display__used=True) == Ring(share=0.62, level="plenty")
    fast = lane("weekly", "Weekly", 62, 168, NOW + timedelta(days=5))
    assert ring(replace(PRO, windows=(SESSION, fast))) == Ring(share=0.38, level="low")
    spent = lane("weekly", "Weekly", 100, 168, NOW + timedelta(days=5))
    assert ring(replace(PRO, windows=(SESSION, spent))) == Ring(share=0, level="spent")
    old = replace(SESSION, fetched_at=NOW - timedelta(hours=3))
    offline = failing(replace(PRO, windows=(old,)), Offline("No connection."))
    assert ring(offline) == Ring(share=0.63, level="plenty", faint=True, problem=True)
    assert ring(BARE) == Ring(share=None)
