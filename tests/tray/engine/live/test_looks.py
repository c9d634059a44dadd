"""An engine that looks at live sessions, with a clock of the test's own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import inf
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from providers.domain.live import SessionsLook
from providers.host.files import own_folders
from providers.source import Provider
from tests.fake_provider import fake_provider, make_fake_home
from tests.tray.engine.live.looks import NOW, Clock, Looker, session
from tests.tray.engine.test_engine import FAST, Seen, scope_of, until
from tray.engine import inbox
from tray.engine.engine import Engine
from tray.engine.jobs import Jobs
from tray.engine.live.feed import SessionFeed
from tray.engine.live.looks import EngineLooks
from tray.engine.live.settings import WATCH
from tray.engine.live.shared import FILE, SharedLook
from tray.engine.scope import Scope
from tray.engine.settings_writer import set_text
from tray.engine.transitions import SessionsLooked


class Running:
    def __init__(
        self, folder: Path, *, watches: bool, look: Callable[[], SessionsLook] | None = None
    ) -> None:
        self.clock = Clock()
        self.home = make_fake_home(folder / "home")
        self.looker = Looker(self.clock)
        environ = {"TANKFUL_HOME": str(folder / "own")}
        self.provider: Provider = fake_provider([self.home])
        self.scope = Scope(
            environ, own_folders(environ), ZoneInfo("UTC"), providers=[self.provider], clock=self.clock
        )
        self.state_folder = self.scope.folders.state
        if not watches:
            self.set_watch(on=False)
        feed = SessionFeed(self.state_folder, look or self.looker, self.clock)
        self.seen = Seen()
        self.engine = Engine(self.scope, periods=FAST, sessions=feed)
        self.engine.subscribe(self.seen)

    def set_watch(self, *, on: bool) -> None:
        assert (
            set_text(self.scope.settings_file, self.scope.table, WATCH.key, "true" if on else "false") is None
        )

    def looked(self, times: int) -> bool:
        """Whether the newest look is the one of that number."""
        sessions = self.engine.snapshot.sessions
        return sessions is not None and len(sessions.sessions) == times == self.looker.looks

    def settled(self) -> None:
        """The engine has taken what there is to take: the settings, all of the first look at the disk."""
        self.seen.wait_for(lambda state: state.snapshot is not None)
        until(lambda: not self.engine.snapshot.counting)


@contextmanager
def running(
    folder: Path, *, watches: bool, look: Callable[[], SessionsLook] | None = None
) -> Iterator[Running]:
    one = Running(folder, watches=watches, look=look)
    one.engine.start()
    try:
        yield one
    finally:
        one.engine.close()


def test_while_a_face_shows_them_the_state_has_the_newest_look(tmp_path: Path) -> None:
    with running(tmp_path, watches=False) as one:
        one.settled()
        undo = one.engine.show_sessions()
        until(lambda: one.looked(1))
        assert (one.state_folder / FILE).exists()
        one.clock.pass_seconds(2)
        until(lambda: one.looked(2))
        undo()
        until(lambda: one.engine.snapshot.sessions is None)
        until(lambda: not (one.state_folder / FILE).exists())
        one.clock.pass_seconds(60)
        undo()
        one.engine.show_sessions()()
        until(lambda: one.engine.snapshot.sessions is None)


def test_what_a_killed_process_left_is_removed_at_the_start(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    one = Running(tmp_path, watches=False)
    SharedLook(one.state_folder, process.pid).write(SessionsLook(at=NOW))
    assert (one.state_folder / FILE).exists()
    one.engine.start()
    try:
        until(lambda: not (one.state_folder / FILE).exists())
    finally:
        one.engine.close()


def test_with_the_setting_off_nobody_looks(tmp_path: Path) -> None:
    with running(tmp_path, watches=False) as one:
        one.settled()
        records = one.state_folder / "live"
        records.mkdir(parents=True)
        one.clock.pass_seconds(60)
        threading.Event().wait(0.3)  # some ticks
        assert (one.looker.looks, one.engine.snapshot.sessions) == (0, None)


def test_in_the_background_a_record_of_a_hook_makes_it_look(tmp_path: Path) -> None:
    with running(tmp_path, watches=True) as one:
        until(lambda: one.looked(1))
        one.settled()
        assert not (one.state_folder / FILE).exists(), "nobody shows them"
        one.clock.pass_seconds(60)
        looks = one.looker.looks
        (one.state_folder / "live").mkdir(parents=True)
        until(lambda: one.looked(looks + 1))


def test_the_setting_applies_at_once(tmp_path: Path) -> None:
    with running(tmp_path, watches=True) as one:
        until(lambda: one.looked(1))
        one.set_watch(on=False)
        until(lambda: one.engine.snapshot.sessions is None)
        one.clock.pass_seconds(60)
        one.set_watch(on=True)
        until(lambda: one.engine.snapshot.sessions is not None)


def test_at_the_end_nothing_is_left_for_others(tmp_path: Path) -> None:
    with running(tmp_path, watches=False) as one:
        one.engine.show_sessions()
        until(lambda: one.looked(1))
        assert (one.state_folder / FILE).exists()
    assert not (one.state_folder / FILE).exists()


def test_without_a_feed_there_are_no_sessions(tmp_path: Path) -> None:
    scope = scope_of(tmp_path, fake_provider([make_fake_home(tmp_path / "home")]))
    engine = Engine(scope, periods=FAST)
    engine.start()
    try:
        engine.show_sessions()
        threading.Event().wait(0.2)
        assert engine.snapshot.sessions is None
    finally:
        engine.close()


class Direct(Jobs):
    """Runs each job at once."""

    def start(self, _name: str, work: Callable[[], None]) -> None:
        work()


def test_a_look_that_hangs_is_given_up_and_what_was_known_is_no_longer_shown(tmp_path: Path) -> None:
    clock, ended = Clock(), threading.Event()

    def hang() -> SessionsLook:
        ended.wait(10)
        return SessionsLook(at=clock())

    put: list[object] = []
    feed = SessionFeed(tmp_path, hang, clock)
    looks = EngineLooks(feed, Direct(), put.append, lambda: False, look_seconds=0.05)
    looks.show()
    looks.shown(1)
    looks.look_if_due(clock.now)
    assert put == [inbox.FacesShow(1), inbox.Looked(None)]
    assert looks.looked(None, clock.now) == SessionsLooked(None)
    assert looks.pause(clock.now) == 2
    clock.pass_seconds(2)
    looks.look_if_due(clock.now)
    assert put[2:] == [inbox.Looked(None)], "the one that hangs is not joined by another"
    ended.set()


def test_where_there_is_no_further_thread_it_is_tried_again(tmp_path: Path) -> None:
    class Full(Jobs):
        def start(self, _name: str, _work: Callable[[], None]) -> None:
            raise RuntimeError("can't start new thread")

    clock = Clock()
    looks = EngineLooks(
        SessionFeed(tmp_path, Looker(clock), clock), Full(), list[object]().append, lambda: False
    )
    looks.shown(1)
    try:
        looks.look_if_due(NOW)
    except RuntimeError:
        assert looks.pause(NOW) == 2
    else:
        raise AssertionError


def test_a_look_after_the_setting_was_switched_off_is_dropped(tmp_path: Path) -> None:
    clock, watches = Clock(), True
    put: list[object] = []
    looks = EngineLooks(SessionFeed(tmp_path, Looker(clock), clock), Direct(), put.append, lambda: watches)
    looks.changed(NOW)
    looks.look_if_due(NOW)
    (looked,) = put
    watches = False
    looks.look_if_due(NOW)
    assert isinstance(looked, inbox.Looked)
    assert looks.looked(looked.look, NOW) == SessionsLooked(None)
    assert put[1:] == [SessionsLooked(None)]


def test_a_status_that_may_soon_be_another_is_looked_at_once_more(tmp_path: Path) -> None:
    clock = Clock()
    put: list[object] = []
    looks = EngineLooks(SessionFeed(tmp_path, Looker(clock), clock), Direct(), put.append, lambda: True)
    looks.changed(NOW)
    looks.look_if_due(NOW)
    looks.looked(SessionsLook(at=NOW, sessions=(session(),), next_look=timedelta(seconds=2)), NOW)
    assert looks.pause(NOW) == 5


@pytest.mark.parametrize(("pid", "again"), [(4711, inf), (None, 20.0)])
def test_a_session_that_waits_is_looked_at_again_where_its_end_would_not_be_noticed(
    tmp_path: Path, pid: int | None, again: float
) -> None:
    clock = Clock()
    put: list[object] = []
    looks = EngineLooks(SessionFeed(tmp_path, Looker(clock), clock), Direct(), put.append, lambda: True)
    looks.changed(NOW)
    looks.look_if_due(NOW)
    looks.looked(SessionsLook(at=NOW, sessions=(session(status="approval", pid=pid),)), NOW)
    assert looks.pause(NOW) == again
