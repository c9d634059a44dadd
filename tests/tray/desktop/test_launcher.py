"""Programs of the desktop outlive us, hold nothing of ours, and keep nobody waiting."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tray.desktop.launcher import Launcher

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts")
DEADLINE = 10.0


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """A program with this text."""

    def make(text: str) -> str:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\ncd {tmp_path}\n{text}\n")
        path.chmod(0o755)
        return str(path)

    return make


def launcher(seconds: float = DEADLINE, **environ: str) -> Launcher:
    return Launcher({"PATH": os.environ["PATH"], **environ}, open_seconds=seconds, feed_seconds=seconds)


def pid_in(path: Path) -> int:
    """The number that the program writes there."""
    end = time.monotonic() + DEADLINE
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return int(path.read_text())


def runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_its_exit_code(program: Callable[[str], str]) -> None:
    assert launcher().open([program("exit 3"), "https://a.example"]) == 3
    assert launcher().open([program("exit 0")]) == 0
    with pytest.raises(OSError, match="No such file"):
        launcher().open(["/nowhere/xdg-open"])


def test_it_is_not_taken_for_us_and_leads_a_session_of_its_own(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    found = program("env > environ; ps -o sid= -p $$ > session; echo $$ > pid")
    launcher(HOME="/home/dev", DESKTOP_STARTUP_ID="x", XDG_ACTIVATION_TOKEN="y").open([found])
    environ = (tmp_path / "environ").read_text()
    assert "HOME=/home/dev" in environ
    assert "STARTUP" not in environ
    assert "ACTIVATION" not in environ
    assert int((tmp_path / "session").read_text()) == pid_in(tmp_path / "pid")


def test_a_browser_that_stays_is_neither_waited_for_nor_ended_nor_left_as_a_zombie(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    desktop = launcher(0.05)
    assert desktop.open([program("echo $$ > pid; exec sleep 60")]) is None
    pid = pid_in(tmp_path / "pid")
    try:
        assert runs(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + DEADLINE
    while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert desktop.open(["true"]) == 0
    assert not psutil.pid_exists(pid)


def test_a_tool_that_stays_in_the_background_is_not_waited_for(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    began = time.monotonic()
    found = program("cat > text; sleep 60 & echo $! > pid")
    assert launcher().feed([found], "größe\n".encode()) == 0
    assert time.monotonic() - began < DEADLINE / 2
    assert (tmp_path / "text").read_text() == "größe\n"
    pid = pid_in(tmp_path / "pid")
    try:
        assert runs(pid)
        assert os.getsid(pid) != os.getsid(0)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_tool_that_hangs_is_ended_with_what_it_started(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    assert launcher(0.3).feed([program("sleep 60 & echo $! > pid; wait")], b"x" * (1 << 20)) is None
    pid = pid_in(tmp_path / "pid")
    end = time.monotonic() + DEADLINE
    while runs(pid):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_tool_that_does_not_read_fails_quietly(program: Callable[[str], str]) -> None:
    assert launcher().feed([program("exec <&-; exit 1")], b"x" * (1 << 20)) == 1
