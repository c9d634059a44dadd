"""One count at a time: who waits hears for whom, and gives up on a process that does nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from providers.ledger.database import LedgerBusy, LedgerError
from providers.ledger.scan_lock import Patience, alone
from tests.no_locks import is_possible
from tests.programs import started
from tests.providers.ledger.test_refresh import Ledger

HOLD = """
import sys
from pathlib import Path
from providers.ledger.scan_lock import alone
sys.argv[1:] = ["--headless", *sys.argv[1:]]
with alone(Path(sys.argv[2])):
    print("holds", flush=True)
    sys.stdin.readline()
"""
BRIEF = Patience(longest=20.0, without_progress=0.3, long_wait=0.1)


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """By another process."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with started(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holds\n"
        yield holder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


def test_nobody_waits_in_vain_for_another_count(path: Path) -> None:
    with alone(path), pytest.raises(LedgerBusy, match="is still counting the logs"), alone(path, BRIEF):
        pass
    with alone(path):
        pass


def test_who_waits_hears_once_for_whom_and_since_when(path: Path) -> None:
    heard: list[str] = []
    patience = Patience(
        longest=20.0, without_progress=3.0, long_wait=0.1
    )  # so that even a busy machine hears
    with held(path) as holder, pytest.raises(LedgerBusy) as raised, alone(path, patience, heard.append):
        pass
    (sentence,) = heard
    assert sentence.startswith(f"waiting for `tankful --headless` (process {holder.pid}, since ")
    assert sentence.endswith("), which is counting the logs.")
    assert str(raised.value).startswith(f"`tankful --headless` (process {holder.pid}, since ")


def test_a_count_that_goes_on_is_waited_for(path: Path) -> None:
    """Each step that it writes counts as a sign of life; the wait is longer than what a silent one gets."""
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.wait(0.1):
            number += 1
            path.write_bytes(bytes(number))

    writer = threading.Thread(target=write)
    patience = Patience(longest=1.2, without_progress=0.6, long_wait=0.1)
    writer.start()
    try:
        with alone(path):
            began = os.times().elapsed
            with pytest.raises(LedgerBusy), alone(path, patience):
                pass
            assert os.times().elapsed - began >= 1.0
    finally:
        ended.set()
        writer.join()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP")
def test_a_suspended_process_holds_nobody_up(path: Path) -> None:
    patience = Patience(long_wait=0.1)
    with held(path) as holder:
        holder.send_signal(signal.SIGSTOP)
        with pytest.raises(LedgerBusy, match="suspended") as raised, alone(path, patience):
            pass
        assert f"Run `kill -CONT {holder.pid}` to resume it." in str(raised.value)
        holder.send_signal(signal.SIGCONT)


def test_the_dead_hold_nothing_and_are_not_named(path: Path) -> None:
    with held(path) as holder:
        holder.kill()
        holder.wait(10)
    heard: list[str] = []
    with alone(path, BRIEF, heard.append):
        assert heard == []


@pytest.mark.skipif(not is_possible(), reason="needs a filter of the Linux kernel")
@pytest.mark.parametrize("error", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_missing_locks_are_no_rival(path: Path, error: str) -> None:
    script = """
import sys, time
from pathlib import Path
from providers.ledger.database import LedgerUnwritable
from providers.ledger.scan_lock import alone
began = time.monotonic()
try:
    with alone(Path(sys.argv[1])):
        print("counts")
except LedgerUnwritable as error:
    print(error, time.monotonic() - began < 2)
"""
    path.parent.joinpath("ledger.lock").touch()
    done = subprocess.run(
        [sys.executable, "-m", "tests.no_locks", error, sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == (
        f"Cannot write to {path.parent}: its file system has no file locks."
        " Set TANKFUL_HOME to a folder on a local disk. True\n"
    )


def test_who_waits_for_another_count_may_be_interrupted(tmp_path: Path) -> None:
    with alone(tmp_path / "ledger.sqlite3"):
        script = (
            "import sys; from pathlib import Path; from providers.ledger.scan_lock import alone\n"
            "print('waits', flush=True)\nwith alone(Path(sys.argv[1])): pass"
        )
        command = [sys.executable, "-c", script, str(tmp_path / "ledger.sqlite3")]
        with started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as waiting:
            assert waiting.stdout is not None
            waiting.stdout.readline()
            waiting.send_signal(signal.SIGINT)
            waiting.communicate(timeout=10)


def test_a_lock_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.lock").write_text("12345\n" * 200)
    with pytest.raises(LedgerError, match=r"ledger\.lock is not a tankful lock file"):
        Ledger(tmp_path, tmp_path).refresh()
