"""A lock of the system: who waits hears for whom; a suspended holder holds nobody up."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from providers.host.file_lock import LockHeld, locked
from tests.no_locks import is_possible
from tests.programs import started

HOLD = """
import sys
from pathlib import Path
from providers.host.file_lock import locked
with locked(Path(sys.argv[1]), 5, "asking for limits"):
    print("holds", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP")
def test_a_suspended_process_holds_nobody_up(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with started(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holds\n"
        holder.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(LockHeld) as raised, locked(tmp_path / "lock", 60, "asking for limits"):
            pass
        assert time.monotonic() - began < 30
        assert raised.value.is_suspended
        assert raised.value.message.endswith(" is asking for limits, but it is suspended.")
        assert raised.value.remedy == f"Run `kill -CONT {holder.pid}` to resume it."
        holder.send_signal(signal.SIGCONT)


def test_who_waits_long_hears_once_for_whom(tmp_path: Path) -> None:
    heard: list[str] = []
    with (
        locked(tmp_path / "lock", 1, "asking for limits"),
        pytest.raises(LockHeld, match="is still asking for limits"),
        locked(tmp_path / "lock", 4.5, "asking for limits", heard.append),
    ):
        pass
    (sentence,) = heard
    assert f"(process {os.getpid()}, since " in sentence
    assert sentence.endswith("), which is asking for limits.")


def test_who_gets_it_soon_hears_nothing(tmp_path: Path) -> None:
    heard: list[str] = []
    for _ in range(2):
        with locked(tmp_path / "lock", 1, "asking for limits", heard.append):
            pass
    assert heard == []


@pytest.mark.skipif(not is_possible(), reason="needs a filter of the Linux kernel")
@pytest.mark.parametrize("error", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_missing_locks_are_told_at_once_and_leave_no_file_lock(tmp_path: Path, error: str) -> None:
    script = """
import sys
from pathlib import Path
from providers.host.file_lock import locked
try:
    with locked(Path(sys.argv[1]), 5, "asking for limits"):
        print("holds")
except OSError as error:
    print(type(error) is not TimeoutError, error.errno)
"""
    done = subprocess.run(
        [sys.executable, "-m", "tests.no_locks", error, sys.executable, "-c", script, str(tmp_path / "lock")],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == (f"True {getattr(errno, error)}\n", "")
