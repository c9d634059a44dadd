"""Commands of a call: bounded, and ended when nobody waits."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from providers.version import VERSION
from tray.faces.mcp.children import Cancelled, Commands

SLEEPS = """
import os, signal, sys, time
{more}
with open(sys.argv[1] + ".part", "w") as file:
    file.write(str(os.getpid()))
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(60)
"""


def commands(code: str, *arguments: str) -> Commands:
    return Commands(lambda *_: [sys.executable, "-c", code, *arguments])


def test_what_it_printed() -> None:
    found = commands("import sys; print('ä'); sys.exit('why')").run([], 30)
    assert (found.code, found.text.strip(), found.messages.strip()) == (1, "ä", "why")


def test_much_is_read_from_both_pipes() -> None:
    code = "import sys; sys.stderr.write('e' * 10**6); sys.stdout.write('o' * 10**6)"
    found = commands(code).run([], 30)
    assert (len(found.text), len(found.messages)) == (10**6, 10**6)


def pid_in(file: Path) -> int:
    ends = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < ends
        time.sleep(0.02)
    return int(file.read_text())


@pytest.mark.parametrize("more", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_one_that_takes_too_long_is_ended(tmp_path: Path, more: str) -> None:
    file, began = tmp_path / "pid", time.monotonic()
    assert commands(SLEEPS.format(more=more), str(file)).run([], 3.0).code is None
    assert time.monotonic() - began < 30, "it would have slept for a minute"
    assert not psutil.pid_exists(pid_in(file))


def test_one_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    file, ended = tmp_path / "pid", threading.Event()
    running = commands(SLEEPS.format(more=""), str(file))

    def run() -> None:
        with pytest.raises(Cancelled):
            running.run([], 60)
        ended.set()

    threading.Thread(target=run).start()
    pid = pid_in(file)
    running.cancel()
    assert ended.wait(20)
    assert not psutil.pid_exists(pid)
    with pytest.raises(Cancelled):
        running.run([], 60)


def test_a_program_that_cannot_be_started() -> None:
    with pytest.raises(FileNotFoundError):
        Commands(lambda *_: ["/nowhere/at/all"]).run([], 5)


def test_it_is_this_very_tankful() -> None:
    assert Commands().run(["--version"], 30).text.strip() == f"tankful {VERSION}"
