from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tray.desktop.single import SingleInstance, StateFolderUnusable

HOLD = """
import sys
from pathlib import Path
from tray.desktop.single import SingleInstance
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


def test_any_thread_may_let_go(tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.acquire()
    thread = threading.Thread(target=first.release)
    thread.start()
    thread.join(5)
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
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not single.acquire()
        holder.kill()
        holder.wait(10)
        assert single.acquire()
    single.release()


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateFolderUnusable) as told:
        SingleInstance(tmp_path / "file" / "state").acquire()
    assert str(tmp_path / "file" / "state") in str(told.value)
    assert "cannot be written" in str(told.value)
    (tmp_path / "state" / "tray.lock").mkdir(parents=True)
    with pytest.raises(StateFolderUnusable, match="directory"):
        SingleInstance(tmp_path / "state").acquire()
