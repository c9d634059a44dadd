"""When a session that has used much of its week has a notice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.tray.engine.notices.sessions.life import Life
from tests.tray.engine.notices.states import HOUR, NOW
from tools.example_states import CLAUDE
from tray.engine.notices.stored import Stored, load, save

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("setting", "percent", "is_shown"),
    [
        ("20", 19.9, False),
        ("20", 20.0, True),
        ("10", 10.5, True),
        ("30", 29.0, False),
        ("off", 99.0, False),
        ("20", None, False),
    ],
)
def test_from_that_share_on(setting: str, percent: float | None, is_shown: bool) -> None:
    life = Life()
    life.settings["notify.session_share"] = setting
    life.set("a", "working", week_percent=percent)
    assert life.shown() == ([["session_share a"]] if is_shown else [])
    assert life.shown() == []


def test_once_for_each_week_and_over_restarts(tmp_path: Path) -> None:
    life = Life()
    life.set("a", "working", week_percent=25.0)
    assert life.shown() == [["session_share a"]]
    life.set("a", "working", week_percent=45.0)
    life.settings["notify.session_share"] = "30"
    assert life.shown() == []
    save(tmp_path, Stored(seen=life.seen))
    life.restart()
    life.seen = load(tmp_path, life.now).seen
    assert life.shown() == []
    later = replace(
        CLAUDE,
        windows=tuple(
            replace(lane, value=replace(lane.value, resets_at=NOW + 9 * DAY)) for lane in CLAUDE.windows
        ),
    )
    life.snapshot = replace(life.snapshot, accounts=(later,))
    life.set("a", "working", week_percent=45.0)
    assert life.shown(3 * 86400) == [["session_share a"]], "the next week"


def test_without_a_known_reset_once_in_seven_days() -> None:
    life = Life()
    life.set("a", "working", week_percent=25.0, account=None)
    assert life.shown() == [["session_share a"]]
    assert life.shown(6 * 86400) == []
    assert life.shown(2 * 86400) == [["session_share a"]]


def test_none_of_a_session_that_has_ended() -> None:
    life = Life()
    life.set("a", "done", week_percent=60.0)
    assert life.shown() == []


def test_several_are_one_notice_the_largest_first() -> None:
    life = Life()
    life.set("a", "working", week_percent=25.0)
    life.set("b", "idle", week_percent=35.0)
    assert life.shown() == [["session_share b", "session_share a"]]


def test_after_a_mute_and_not_in_an_open_menu() -> None:
    life = Life()
    life.set("a", "working", week_percent=25.0)
    life.muted_until = NOW + HOUR
    assert life.shown() == []
    life.muted_until = None
    assert life.shown() == [["session_share a"]]
    life.set("b", "working", week_percent=25.0)
    life.watched = True
    assert life.shown() == []
    life.watched = False
    assert life.shown() == []


def test_none_before_the_week_is_counted() -> None:
    life = Life()
    life.set("a", "working", week_percent=90.0)
    life.counted_at = None
    assert life.shown() == []
    life.counted_at, life.counting = life.now, True
    assert life.shown() == []
    life.set("a", "working", week_percent=2.0)
    life.counting = False
    assert life.shown() == []
    life.set("a", "working", week_percent=25.0)
    assert life.shown() == [["session_share a"]]


def test_quiet_while_the_person_looks_at_its_terminal() -> None:
    life = Life()
    life.set("a", "working", week_percent=25.0)
    life.set("b", "working", week_percent=35.0)
    life.focused = {"a"}
    assert life.shown() == [["session_share b"]]
    assert life.shown() == []
    life.focused = {"b"}
    assert life.shown() == [["session_share a"]]
    asked = len(life.asked_for_focus)
    assert life.shown() == []
    assert len(life.asked_for_focus) == asked, "nor afterwards"
