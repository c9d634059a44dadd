"""What the tray prints to the terminal it was started from."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.programs import started
from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_watcher import DEADLINE, Panel
from tests.tray.faces.published import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives the tray of Linux")
COMMAND = [sys.executable, "-m", "tray.cli"]
SENTENCE = "tankful: running in the tray. Quit it from its menu, or press Ctrl-C here."


@pytest.fixture
def environ(tmp_path: Path, panel: Panel, bus: Bus) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TANKFUL_HOME": str(tmp_path / "own"),
        **bus.environ,
    }


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Its two ends: ours, and that of a program in it."""
    ours, theirs = os.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def read_line(terminal: int) -> str:
    text = ""
    while not text.endswith("\n"):
        ready, _, _ = select.select([terminal], [], [], 2 * DEADLINE)
        assert ready, f"nothing came after {text!r}"
        text += os.read(terminal, 1024).decode()
    return text.rstrip("\r\n")


def test_it_prints_where_it_runs_and_how_to_quit(
    environ: Mapping[str, str], panel: Panel, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    with started(COMMAND, env=environ, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        panel.wait_for_item()
        assert read_line(ours) == SENTENCE
        process.send_signal(signal.SIGINT)  # as Ctrl-C does
        assert process.wait(2 * DEADLINE) == 0
    assert not select.select([ours], [], [], 0)[0], "it printed more than that"


@pytest.mark.parametrize("arguments", [[], ["--tray"]])
def test_a_login_hears_nothing(environ: Mapping[str, str], panel: Panel, arguments: list[str]) -> None:
    with started(
        [*COMMAND, *arguments],
        env=environ,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        panel.wait_for_item()
        panel.call("/MenuBar", "com.canonical.dbusmenu", "GetLayout", "iias", 0, -1, [])
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=2 * DEADLINE) == ("", "")
        assert process.returncode == 0
