"""Who starts the engine of those who watch, and when."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import started
from tests.tray.faces.published import until
from tray.engine import published, takeover
from tray.engine.detached import is_owned
from tray.engine.single_instance import SingleInstance
from tray.faces.bars import keeper
from tray.faces.bars.keeper import Keeper

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks cannot be seen there")

HOLD = "import sys; open(sys.argv[1], 'w').close(); sys.stdin.read()"


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "began"


@pytest.fixture
def watching(tmp_path: Path, marker: Path) -> Iterator[Keeper]:
    with Keeper(str(tmp_path), [sys.executable, "-c", HOLD, str(marker)]) as made:
        yield made


def test_one_is_started_and_ends_with_its_keeper(tmp_path: Path, marker: Path) -> None:
    with Keeper(str(tmp_path), [sys.executable, "-c", HOLD, str(marker)]) as made:
        made.look(None)
        until(marker.exists, "none was started")
        child = made._child
        assert child is not None
        made.look(None)
        assert made._child is child
        assert is_owned(str(tmp_path), takeover.WATCH_LOCK)
    assert child.wait(10) == 0
    assert not is_owned(str(tmp_path), takeover.WATCH_LOCK)


def test_of_many_who_watch_one_starts_it(tmp_path: Path, marker: Path, watching: Keeper) -> None:
    watching.look(None)
    until(marker.exists, "none was started")
    with Keeper(str(tmp_path), ["/no/such/program"]) as another:
        another.look(None)
        assert another._child is None
        assert 0 < another.due <= keeper.LONG_SECONDS


def test_none_is_started_where_somebody_owns_the_engine(
    tmp_path: Path, marker: Path, watching: Keeper
) -> None:
    owner = SingleInstance(tmp_path)
    assert owner.acquire()
    watching.look(None)
    assert watching._child is None
    assert not is_owned(str(tmp_path), takeover.WATCH_LOCK)
    owner.release()
    watching.look(None)
    until(marker.exists, "none was started")


def test_none_is_started_while_a_tray_is_about_to_take_over(
    tmp_path: Path, marker: Path, watching: Keeper
) -> None:
    takeover._ask(str(tmp_path))
    watching.look(None)
    assert (watching._child, watching.due) == (None, keeper.SHORT_SECONDS)
    long_ago = time.time() - 60
    os.utime(tmp_path / takeover.WANTED, (long_ago, long_ago))
    watching.look(None)
    until(marker.exists, "none was started")


def test_an_owner_whose_folder_was_removed_makes_it_anew_before_another_is_started(
    tmp_path: Path, marker: Path
) -> None:
    folder = tmp_path / "state"
    owner = SingleInstance(folder)
    assert owner.acquire()
    with Keeper(str(folder), [sys.executable, "-c", HOLD, str(marker)]) as made:
        made.look(None)
        shutil.rmtree(folder)
        made.look(None)
        assert made._child is None
        assert 0 < made.due <= keeper.RETURN_SECONDS
        assert owner.keep()
        made._not_before = 0
        made.look(None)
        assert made._child is None
    owner.release()


def test_one_that_ends_at_once_is_not_started_again_and_again(tmp_path: Path) -> None:
    with Keeper(str(tmp_path), [sys.executable, "-c", "pass"]) as made:
        made.look(None)
        first = made._child
        assert first is not None
        first.wait(10)
        made.look(None)
        assert made._child is None
        assert 0 < made.due <= keeper.FIRST_BACKOFF_SECONDS
        made._not_before = 0
        made.look(None)
        assert made._child is not None
        assert made._not_before > time.monotonic() + keeper.FIRST_BACKOFF_SECONDS, "the pauses grow"


def test_a_program_that_cannot_be_started_is_no_fault(tmp_path: Path) -> None:
    with Keeper(str(tmp_path), ["/no/such/program"]) as made:
        made.look(None)
        assert made._child is None


class TestTakeover:
    def test_a_free_lock_is_taken_without_a_word(self, tmp_path: Path) -> None:
        single = SingleInstance(tmp_path)
        assert takeover.acquire(single, tmp_path, 0.1)
        assert not (tmp_path / takeover.WANTED).exists()
        single.release()

    def test_an_engine_of_those_who_watch_is_asked_and_waited_for(self, tmp_path: Path) -> None:
        program = f"""
import fcntl, os, sys, time
from pathlib import Path
from tray.engine import takeover
from tray.engine.single_instance import SingleInstance
folder = Path({str(tmp_path)!r})
watch = os.open(folder / takeover.WATCH_LOCK, os.O_RDONLY | os.O_CREAT)
fcntl.flock(watch, fcntl.LOCK_EX)
single = SingleInstance(folder)
assert single.acquire()
print("holds", flush=True)
while not takeover.is_wanted(str(folder), time.time()):
    time.sleep(0.02)
time.sleep(1.5)  # it takes its time to close
"""
        with started([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "holds\n"
            single = SingleInstance(tmp_path)
            assert takeover.acquire(single, tmp_path, 0.1)
            assert not takeover.is_wanted(str(tmp_path), time.time()), "it is no longer about to take over"
            single.release()

    def test_one_whose_keeper_was_killed_is_waited_for(self, tmp_path: Path) -> None:
        (tmp_path / published.FILE).write_text(
            json.dumps({"schema": published.SCHEMA, "providers": [], "owner": {"pid": 1, "kind": "watch"}})
        )
        owner, single = SingleInstance(tmp_path), SingleInstance(tmp_path)
        assert owner.acquire()
        threading.Timer(1, owner.release).start()
        assert takeover.acquire(single, tmp_path, 0.1)
        single.release()

    def test_a_tray_does_not_give_way(self, tmp_path: Path) -> None:
        owner, single = SingleInstance(tmp_path), SingleInstance(tmp_path)
        assert owner.acquire()
        assert not takeover.acquire(single, tmp_path, 0.1)
        owner.release()

    @pytest.mark.parametrize("content", ["folder", "link"])
    def test_what_is_in_the_place_of_the_question_is_no_fault(self, tmp_path: Path, content: str) -> None:
        if content == "folder":
            (tmp_path / takeover.WANTED).mkdir()
        else:
            (tmp_path / takeover.WANTED).symlink_to(tmp_path / "elsewhere")
        owner, single = SingleInstance(tmp_path), SingleInstance(tmp_path)
        assert owner.acquire()
        threading.Timer(0.3, owner.release).start()
        assert takeover.acquire(single, tmp_path, 10)
        assert not (tmp_path / "elsewhere").exists()
        single.release()
