"""The listener that shows notices: with an engine's states, a clock of its own, and a port that notes them."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from msgspec.structs import replace

from providers.domain.live import SessionsLook
from providers.host.files import Folders
from tests.tray.engine.notices.states import HOUR, MINUTE, NOW, ZONE, Life, window
from tools.example_sessions import APPROVAL, WORKING, look
from tray.engine.notices.command import CommandRunner
from tray.engine.notices.notice import Notice
from tray.engine.notices.notifier import MENU_SECONDS, Notifier
from tray.engine.notices.sessions.kinds import SETTLES
from tray.engine.notices.stored import FILE
from tray.engine.scope import Scope
from tray.engine.state import State
from tray.view import notices
from tray.view.sessions import notices as session_notices

DEADLINE = 20.0


class Port:
    def __init__(self) -> None:
        self.shown: Queue[Notice] = Queue()
        self.withdrawn: Queue[str] = Queue()

    def notify(self, notice: Notice) -> None:
        self.shown.put(notice)

    def withdraw(self, key: str) -> None:
        self.withdrawn.put(key)


class Desk:
    """A notifier whose looks are taken by the test, one after the other."""

    def __init__(
        self,
        folder: Path,
        *,
        tick: timedelta = HOUR,
        gather: timedelta = timedelta(0),
        port: bool = True,
        hurries: bool = False,
    ) -> None:
        self.life = Life(is_known=False)
        self.monotonic = 0.0
        self.sessions: SessionsLook | None = None
        self.is_focused = False
        self.muted: list[datetime | None] = []
        self.ran: Queue[tuple[str, Notice]] = Queue()
        self.port = Port()
        folders = Folders(settings=folder, state=folder, cache=folder)
        scope = Scope({}, folders, ZONE, clock=self._hurried if hurries else lambda: self.life.now)
        commands = CommandRunner({}, run=lambda command, notice, *_, **__: self.ran.put((command, notice)))
        self.notifier = Notifier(
            scope,
            notices.notice,
            self.muted.append,
            compose_sessions=session_notices.notice,
            is_focused=lambda _session: self.is_focused,
            commands=commands,
            tick=tick,
            gather=gather,
            monotonic=lambda: self.monotonic,
        )
        if port:
            self.notifier.connect(self.port)

    def _hurried(self) -> datetime:
        """Each time that anybody asks it is some seconds later."""
        self.life.now += SETTLES
        return self.life.now

    def look(self, after: timedelta = MINUTE, **values: Any) -> list[str]:
        self.life.now += after
        self.life.change(**values)
        self.notifier(State(), replace(self.life.state, sessions=self.sessions))
        self.notifier.look()
        return [self.port.shown.get_nowait().title for _ in range(self.port.shown.qsize())]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.notifier.close()
    assert "notices" not in {thread.name for thread in threading.enumerate()}


def test_notices_are_shown_and_withdrawn_and_the_command_runs(desk: Desk) -> None:
    desk.life.settings["notify.command"] = " ntfy send "
    assert desk.look() == []
    assert desk.look(session=95) == ["Codex: 5 % of the 5h limit left"]
    command, notice = desk.ran.get(timeout=DEADLINE)
    assert (command, notice.kind) == ("ntfy send", "at_10")
    assert desk.look(session=10) == []
    assert desk.port.withdrawn.get_nowait() == "a1b2c3d4"
    assert desk.ran.empty()


def test_without_a_desktop_the_command_gets_them(tmp_path: Path) -> None:
    desk = Desk(tmp_path, port=False)
    desk.life.settings["notify.command"] = "notify"
    desk.look()
    assert desk.look(session=100) == []
    assert desk.ran.get(timeout=DEADLINE)[1].kind == "spent"
    desk.look(session=5)
    desk.notifier.close()


def test_what_was_shown_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    first.look()
    assert first.look(session=95) == ["Codex: 5 % of the 5h limit left"]
    first.notifier.close()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    second = Desk(tmp_path)
    second.life.now += HOUR
    assert second.look(session=50) == []
    assert second.look(session=95) == []
    assert second.look(session=100) == ["Codex: the 5h limit is used up"]
    second.notifier.close()


def test_a_mute_survives_a_restart(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    until = NOW + HOUR
    first.look(muted_until=until)
    first.notifier.close()
    second = Desk(tmp_path)
    assert second.muted == [until]
    second.look(muted_until=None)
    second.notifier.close()
    third = Desk(tmp_path)
    assert third.muted == []
    third.notifier.close()


def test_an_open_menu_is_looked_at_and_one_that_is_left_open_is_not_for_ever(desk: Desk) -> None:
    desk.look()
    desk.notifier.menu(True)
    assert desk.look(session=95) == []
    desk.notifier.menu(False)
    assert desk.look() == [], "it was seen"
    desk.notifier.menu(True)
    desk.monotonic += MENU_SECONDS
    assert desk.look(session=100) == ["Codex: the 5h limit is used up"]


def test_where_nothing_can_be_remembered_it_is_logged_once_and_still_shown_once(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk.look()
    os.rmdir(tmp_path / FILE) if (tmp_path / FILE).is_dir() else (tmp_path / FILE).unlink(missing_ok=True)
    (tmp_path / FILE).mkdir()
    (tmp_path / FILE / "in the way").touch()
    assert desk.look(session=95) == ["Codex: 5 % of the 5h limit left"]
    assert desk.look() == []
    assert [record.getMessage()[:30] for record in caplog.records] == ["notices cannot be remembered: "]


def test_a_clock_that_is_set_back_repeats_nothing_in_the_next_process_either(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    first.look()
    assert first.look(session=95)
    assert first.look(-3 * HOUR) == []
    assert first.look() == []
    first.notifier.close()
    second = Desk(tmp_path)
    second.life.now -= 3 * HOUR
    assert second.look() == []
    assert second.look(session=97) == []
    second.notifier.close()


def test_time_alone_makes_one_due(tmp_path: Path) -> None:
    desk = Desk(tmp_path, tick=timedelta(milliseconds=10))
    desk.life.settings["notify.quiet_hours"] = "13:00-14:00"
    desk.look()
    assert desk.look(session=95) == []
    state = desk.life.state
    desk.life.now += HOUR
    desk.life.fetched = desk.life.now
    desk.notifier(state, desk.life.state)
    desk.life.fetched = None
    assert desk.port.shown.get(timeout=DEADLINE).kind == "at_10"
    desk.notifier.close()


def test_what_follows_within_a_moment_is_the_same_notice(tmp_path: Path) -> None:
    desk = Desk(tmp_path, gather=timedelta(seconds=0.5))
    desk.look()
    before, desk.life.now = desk.life.state, desk.life.now + MINUTE
    for changes in ({"session": 95}, {"weekly": 95}):  # one account's answer after the other's
        desk.life.change(**changes)
        desk.notifier(before, desk.life.state)
    notice = desk.port.shown.get(timeout=DEADLINE)
    assert "5 % of the weekly limit left" in notice.body
    desk.notifier.close()
    assert desk.port.shown.empty()


def test_an_odd_state_is_not_the_end_of_notices(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(tmp_path)
    desk.look()
    desk.notifier._memory = None  # type: ignore[assignment]
    desk.notifier(State(), desk.life.state)
    ends = threading.Event()
    while not caplog.records:
        assert not ends.wait(0.01)
    assert "could not look for notices" in caplog.records[0].getMessage()
    desk.notifier.close()


def test_a_next_window_is_said_again_by_the_next_process(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    first.look()
    assert first.look(session=95)
    first.notifier.close()
    second = Desk(tmp_path)
    second.life.now = NOW + 3 * HOUR
    second.life.session = window("session", 20, NOW + 7 * HOUR)
    assert second.look() == []
    assert second.look(session=92) == ["Codex: 8 % of the 5h limit left"]
    second.notifier.close()


def test_a_session_that_waits_is_shown_and_withdrawn_and_the_command_gets_it(desk: Desk) -> None:
    desk.life.settings["notify.command"] = "notify"
    desk.look()
    waits = replace(APPROVAL, status=replace(APPROVAL.status, since=desk.life.now))
    desk.sessions = look(waits)
    assert desk.look(0 * MINUTE) == []
    assert desk.look(MINUTE) == ["cleaning waits for approval: Bash"]
    command, notice = desk.ran.get(timeout=DEADLINE)
    assert (command, notice.kind, notice.session) == ("notify", "approval", APPROVAL.id)
    assert desk.look() == []
    desk.sessions = look(WORKING)
    assert desk.look() == []
    assert desk.port.withdrawn.get_nowait() == f"session:{APPROVAL.key}"


def test_a_session_that_is_looked_at_has_its_notice_later(desk: Desk) -> None:
    desk.look()
    desk.sessions = look(replace(APPROVAL, status=replace(APPROVAL.status, since=desk.life.now)))
    desk.is_focused = True
    assert [desk.look(MINUTE) for _ in range(3)] == [[], [], []]
    desk.is_focused = False
    assert desk.look(MINUTE) == ["cleaning waits for approval: Bash"]
    assert desk.look(MINUTE) == []


def test_it_is_looked_for_again_once_a_wait_has_held(tmp_path: Path) -> None:
    """Nothing changes meanwhile, and the next tick is an hour away."""
    desk = Desk(tmp_path, hurries=True)
    waits = replace(APPROVAL, status=replace(APPROVAL.status, since=desk.life.now))
    desk.notifier(State(), replace(desk.life.state, sessions=look(waits)))
    assert desk.port.shown.get(timeout=DEADLINE).kind == "approval"
    desk.notifier.close()
