from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.programs import started
from tray.engine.single_instance import OWNER_PATIENCE_SECONDS, SingleInstance, StateFolderUnusable

HOLD = """
import sys
from pathlib import Path
from tray.engine.single_instance import SingleInstance
single = SingleInstance(Path(sys.argv[1]))
print(single.acquire(), flush=True)
sys.stdin.read()
"""


def test_one_holds_it_until_it_lets_go(tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path / "state"), SingleInstance(tmp_path / "state")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    assert not first.acquire()
    second.release()


def test_an_owner_waits_for_a_command_that_publishes(tmp_path: Path) -> None:
    command, owner = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert command.acquire()
    assert not owner.acquire()
    threading.Timer(0.3, command.release).start()
    assert owner.acquire(OWNER_PATIENCE_SECONDS)
    owner.release()


def test_any_thread_may_let_go(tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.acquire()
    thread = threading.Thread(target=first.release)
    thread.start()
    thread.join(10)
    assert second.acquire()
    second.release()


def test_letting_go_of_nothing_is_no_fault(tmp_path: Path) -> None:
    single = SingleInstance(tmp_path)
    single.release()
    assert single.acquire()
    single.release()
    single.release()


def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    single = SingleInstance(tmp_path)
    with started(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not single.acquire()
        holder.kill()
        holder.wait(10)
        assert single.acquire()
    single.release()


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "state", tmp_path / "file"):
        with pytest.raises(StateFolderUnusable) as raised:
            SingleInstance(folder).acquire()
        assert str(raised.value) == f"Cannot create {folder}: {tmp_path / 'file'} is a file. Move it away."


def test_other_obstacles_are_reported(tmp_path: Path) -> None:
    (tmp_path / "state" / "engine.lock").mkdir(parents=True)
    with pytest.raises(StateFolderUnusable, match="directory"):
        SingleInstance(tmp_path / "state").acquire()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks of folders")
def test_without_a_file_the_folder_is_locked(tmp_path: Path) -> None:
    one, other = (SingleInstance(tmp_path / "none" / "state") for _ in range(2))
    assert one.acquire_without_file()
    assert not other.acquire_without_file()
    one.release()
    assert other.acquire_without_file()
    other.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs another user, so root")
def test_the_folder_of_another_user_is_not_locked(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    one, other = (SingleInstance(tmp_path / "none") for _ in range(2))
    assert one.acquire_without_file()
    assert other.acquire_without_file()


def test_who_runs_keeps_its_lock_when_the_folder_is_removed(tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path / "state"), SingleInstance(tmp_path / "state")
    assert first.acquire()
    assert first.keep()
    shutil.rmtree(tmp_path / "state")
    assert first.keep()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_who_came_later_to_a_removed_folder_but_was_faster_is_the_owner(tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path / "state"), SingleInstance(tmp_path / "state")
    assert first.acquire()
    shutil.rmtree(tmp_path / "state")
    assert second.acquire()
    assert not first.keep()
    assert first.is_lost
    assert second.keep()
    second.release()
    assert first.keep(), "it is gone"
    assert not first.is_lost
    assert not second.acquire()
    first.release()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks of folders")
@pytest.mark.parametrize("has_looked", [False, True])
def test_a_folder_that_can_be_used_later_has_its_owner(tmp_path: Path, has_looked: bool) -> None:
    (tmp_path / "state").write_text("")
    first, second = SingleInstance(tmp_path / "state"), SingleInstance(tmp_path / "state")
    with pytest.raises(StateFolderUnusable):
        first.acquire()
    assert first.acquire_without_file()
    assert first.keep(), "as before"
    (tmp_path / "state").unlink()
    if has_looked:
        assert first.keep()
        assert (tmp_path / "state/engine.lock").exists()
    assert not second.acquire()
    assert first.keep()
    first.release()
    assert second.acquire()
    second.release()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks of folders")
def test_other_locks_are_those_of_their_file_alone(tmp_path: Path) -> None:
    """A round in the background may begin while an engine runs without a file."""
    engine, other = SingleInstance(tmp_path), SingleInstance(tmp_path, "round.lock")
    assert engine.acquire_without_file()
    assert other.acquire()
    other.release()
    engine.release()
