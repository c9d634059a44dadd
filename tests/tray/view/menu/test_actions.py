"""What can be done, and what is left out where it cannot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from providers.domain.limits import AccountUsage
from tests.tray.view.test_menu import (
    COST,
    NOW,
    PRO,
    SESSION,
    ZONE,
    state_of,
    top,
)
from tray.engine.state import LastRefresh
from tray.view import menu
from tray.view.available import Available
from tray.view.rows import Action, walk


def test_a_refresh_changes_a_text_and_no_row() -> None:
    before, during = state_of(PRO), state_of(PRO, asking=frozenset({"someone"}))
    assert [row.key for row in walk(menu.rows(before, NOW, ZONE))] == [
        row.key for row in walk(menu.rows(during, NOW, ZONE))
    ]
    assert top(during)[-5] == "Refreshing…"
    fresh = replace(PRO, windows=(replace(SESSION, fetched_at=NOW),))
    assert top(state_of(fresh))[-5] == "Refresh now  ·  updated just now"


def test_a_refresh_that_found_nothing_newer_is_seen_too() -> None:
    def refresh(ago: float, **more: Any) -> str:
        last = LastRefresh(at=NOW - timedelta(seconds=ago))
        return top(state_of(PRO, refreshed=last, **more))[-5]

    assert refresh(5) == "Refresh now  ·  updated 2 min ago, checked just now"
    assert refresh(100) == refresh(600) == refresh(-60) == "Refresh now  ·  updated 2 min ago"
    assert refresh(5, asking=frozenset({"someone"})) == "Refreshing…"


def test_mute_and_pause_say_until_when_and_are_undone_by_a_click() -> None:
    state = state_of(PRO, muted_until=NOW + timedelta(minutes=29), paused_until=NOW + timedelta(hours=30))
    muted, paused = menu.rows(state, NOW, ZONE)[-5:-3]
    assert muted.text == "Notices muted until 13:29  ·  29 m left"
    assert paused.text == "Paused until Sat 19:00  ·  1 d 6 h left"
    assert (muted.action, paused.action) == (Action("mute"), Action("pause"))
    assert (muted.checked, paused.checked) == (True, True)
    assert top(state_of(PRO, muted_until=NOW, paused_until=NOW)) == top(state_of(PRO)), "it is over"
    ahead = NOW + timedelta(days=365)
    assert top(state_of(PRO, muted_until=ahead)) == top(state_of(PRO)), "the clock was set back"


def test_an_action_that_is_not_possible_has_no_row() -> None:
    def names(**possible: bool) -> set[tuple[str, str]]:
        rows = walk(menu.rows(state_of(PRO), NOW, ZONE, available=Available(**possible)))
        actions = (row.action for row in rows if row.action is not None)
        return {(action.name, action.argument) for action in actions if action.name != "set"}

    mute = {("mute", "30"), ("mute", "60"), ("mute", "reset"), ("pause", "60")}
    copy = {("copy", "summary")}
    pages = ("usage:codex", "purchase:codex", "status:codex", "logs:codex", "settings", "report", "dashboard")
    always = {("refresh", ""), ("quit", ""), *mute}
    assert names(copy=False, open=False, page=False) == always
    assert names(copy=True, open=False, page=False) == always | copy
    assert names() == always | copy | {("open", page) for page in pages}


def test_the_folder_of_logs_has_a_row_once_there_are_some() -> None:
    def offers_logs(usage: AccountUsage) -> bool:
        rows = walk(menu.rows(state_of(usage), NOW, ZONE))
        return any(row.action == Action("open", "logs:codex") for row in rows)

    assert offers_logs(PRO)
    assert offers_logs(replace(PRO, cost=None)), "not counted yet"
    assert not offers_logs(replace(PRO, cost=replace(COST, has_logs=False)))
