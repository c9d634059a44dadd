"""One look is shared by all faces of a machine, and an old one is nobody's present."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from providers.domain.live import SessionsLook
from providers.host.file_lock import file_lock
from tests.no_locks import is_possible
from tests.tray.engine.live.looks import Clock, Looker
from tray.engine.live.feed import LOCK, SessionFeed
from tray.engine.live.shared import FILE, SharedLook

FRESH = timedelta(seconds=1.5)
OTHER = os.getppid()
"""A process that runs for as long as these tests."""


def feed_of(folder: Path, looker: Looker, pid: int | None = None, host: str | None = None) -> SessionFeed:
    return SessionFeed(folder, looker, looker.clock, lock_seconds=0.1, shared=SharedLook(folder, pid, host))


def test_a_look_is_taken_again_when_it_is_too_old(tmp_path: Path) -> None:
    looker = Looker(clock := Clock())
    feed = feed_of(tmp_path, looker)
    first = feed.read(FRESH)
    clock.pass_seconds(1)
    assert feed.read(FRESH) is first
    clock.pass_seconds(1)
    assert (feed.read(FRESH).at, looker.looks) == (clock.now, 2)


def test_a_clock_that_was_set_back_makes_a_look_old(tmp_path: Path) -> None:
    looker = Looker(clock := Clock())
    feed = feed_of(tmp_path, looker)
    feed.read(FRESH)
    clock.pass_seconds(-60)
    feed.read(FRESH)
    assert looker.looks == 2


def test_two_processes_share_one_look(tmp_path: Path) -> None:
    looker, idle = Looker(clock := Clock()), Looker(clock)
    tray, page = feed_of(tmp_path, looker), feed_of(tmp_path, idle, OTHER)
    for _ in range(5):
        shown = tray.read(FRESH)
        clock.pass_seconds(0.7)
        assert page.read(FRESH) == shown
        clock.pass_seconds(1.3)
    assert (looker.looks, idle.looks) == (5, 0)


def test_it_is_private_to_the_owner_and_says_who_looked(tmp_path: Path) -> None:
    feed_of(tmp_path / "state", Looker(Clock())).read(FRESH)
    file = tmp_path / "state" / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = json.loads(file.read_bytes())
    assert (content["schema"], content["owner"]["pid"]) == ("tankful.sessions/1", os.getpid())
    assert {each.name for each in file.parent.iterdir()} <= {FILE, LOCK}


def test_what_looks_once_leaves_nothing_for_others(tmp_path: Path) -> None:
    feed_of(tmp_path, Looker(Clock())).read(FRESH, share=False)
    assert not (tmp_path / FILE).exists()


def test_after_the_last_face_it_is_removed(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, Looker(Clock()))
    feed.read(FRESH)
    feed.withdraw()
    assert not (tmp_path / FILE).exists()
    feed.withdraw()


def test_who_leaves_does_not_remove_what_another_shows(tmp_path: Path) -> None:
    looker = Looker(Clock())
    feed_of(tmp_path, looker, OTHER).read(FRESH)
    feed = feed_of(tmp_path, looker)
    feed.read(FRESH)
    feed.withdraw()
    assert (tmp_path / FILE).exists()


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_look_of_a_process_that_was_killed_is_not_taken(tmp_path: Path) -> None:
    looker = Looker(Clock())
    feed_of(tmp_path, looker, ended_process()).read(FRESH)
    feed = feed_of(tmp_path, looker)
    feed.read(FRESH, share=False)
    assert looker.looks == 2
    feed.withdraw()
    assert not (tmp_path / FILE).exists(), "what the killed one left"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root makes files of others")
def test_what_another_user_put_there_is_not_taken(tmp_path: Path) -> None:
    looker = Looker(Clock())
    feed_of(tmp_path, looker, OTHER).read(FRESH)
    os.chown(tmp_path / FILE, 65534, -1)
    feed_of(tmp_path, looker).read(FRESH)
    assert looker.looks == 2


def test_a_folder_on_two_machines_has_the_sessions_of_neither_for_the_other(tmp_path: Path) -> None:
    looker = Looker(Clock())
    feed_of(tmp_path, looker, OTHER, host="build-server").read(FRESH)
    feed_of(tmp_path, looker).read(FRESH)
    assert looker.looks == 2


@pytest.mark.parametrize(
    "content", ["", "null", "[]", "{", '{"schema": "tankful.sessions/1"}', "[" * 100_000]
)
def test_a_damaged_file_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    looker = Looker(Clock())
    feed = feed_of(tmp_path, looker)
    shown = feed.read(FRESH)
    assert feed_of(tmp_path, looker, OTHER).read(FRESH) == shown
    (tmp_path / FILE).write_text(content)
    feed.withdraw()
    assert not (tmp_path / FILE).exists()


def test_threads_that_ask_at_once_get_one_look(tmp_path: Path) -> None:
    looker = Looker(Clock())
    feeds = [feed_of(tmp_path, looker), *(feed_of(tmp_path, looker, OTHER) for _ in range(3))]
    at_once, shown = Barrier(8), list[SessionsLook]()

    def read(feed: SessionFeed) -> None:
        at_once.wait()
        shown.append(feed.read(FRESH))

    threads = [Thread(target=read, args=(feed,)) for feed in feeds * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (looker.looks, len(shown)) == (1, 8)


def test_a_process_that_keeps_the_lock_holds_up_nobody_for_long(tmp_path: Path) -> None:
    looker = Looker(Clock())
    with file_lock(tmp_path / LOCK).acquire():
        assert feed_of(tmp_path, looker).read(FRESH).sessions
    assert looker.looks == 1


def test_where_nothing_can_be_written_each_looks_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file in the way")
    looker = Looker(clock := Clock())
    feed = feed_of(tmp_path / "state", looker)
    for _ in range(3):
        assert feed.read(FRESH).at == clock.now
        clock.pass_seconds(2)
    feed.withdraw()
    assert [record.levelname for record in caplog.records] == ["WARNING"], "logged once"
    assert "sessions.json is not written" in caplog.text


def test_a_look_that_fails_is_shown_as_a_problem(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> SessionsLook:
        raise RuntimeError("the text of a prompt")

    look = SessionFeed(tmp_path, fail, Clock()).read(FRESH)
    assert (look.sessions, look.problems) == (
        (),
        ("The sessions could not be looked at. See `tankful doctor`.",),
    )
    assert "prompt" not in caplog.text


_READ_TWICE = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from providers.domain.live import SessionsLook
from tray.engine.live.feed import SessionFeed

def clock():
    return datetime.now(UTC)

feed = SessionFeed(Path(sys.argv[1]), lambda: SessionsLook(at=clock()), clock)
first = feed.read(timedelta(hours=1))
print(feed.read(timedelta(hours=1)) is first)
feed.withdraw()
"""


@pytest.mark.skipif(not is_possible(), reason="needs a filter of system calls")
@pytest.mark.parametrize(("module", "error"), [("tests.no_locks", "ENOLCK"), ("tests.no_writes", "ENOSPC")])
def test_on_a_disk_without_locks_or_room_it_is_looked_all_the_same(
    tmp_path: Path, module: str, error: str
) -> None:
    assert hasattr(errno, error)
    command = [sys.executable, "-m", module, error, sys.executable, "-c", _READ_TWICE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("True\n", "", 0)
    assert not (tmp_path / FILE).exists()
