"""`tankful --headless`, as a process of its own: the engine with the snapshot file alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tests.programs import started
from tests.tray.faces.published import ROOT, Folder, until
from tray.engine.schedule import Periods
from tray.engine.single_instance import SingleInstance

COMMAND = [sys.executable, "-m", "tray.cli", "--headless"]
ON_CHANGES = """
from tray.engine.publish import SnapshotFile
SnapshotFile._check = lambda self: None
from tray.cli import __main__
"""
"""Publishes what changes, and nothing later."""


def published(folder: Folder) -> dict[str, Any]:
    try:
        return dict(json.loads((folder.state / "snapshot.json").read_bytes()))
    except FileNotFoundError:
        return {"providers": []}


def used(folder: Folder) -> list[float]:
    return [each["windows"][0]["used_percent"] for each in published(folder)["providers"] if each["windows"]]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_publishes_until_a_signal_ends_it(tmp_path: Path, ending: signal.Signals) -> None:
    folder = Folder(tmp_path)
    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        make_home(folder.folder / "codex", base=server.base)
        command = [sys.executable, "-c", ON_CHANGES, "--headless"]
        with started(command, env=folder.environ, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            until(lambda: used(folder) == [37], "nothing was published")
            owner = published(folder)["owner"]
            assert owner == {"pid": process.pid, "kind": "headless"}
            second = folder.start("--headless")
            assert second.returncode == 0
            assert second.stderr == (
                f"tankful: already running without a tray (process {process.pid}). "
                "Stop it first to get the icon.\n"
            )
            changed = usage_now()
            changed["rate_limit"]["primary_window"]["used_percent"] = 50.0
            server.answer = says(changed)
            folder.run("usage", "--refresh", "--json")
            assert Periods().look <= timedelta(seconds=2), "by a look at the disk, long before the next poll"
            until(lambda: used(folder) == [50], "another process's reading was not published")
            assert published(folder)["owner"] == owner
            process.send_signal(ending)
            assert process.wait(10) == 0
            assert process.stderr is not None
            assert "Traceback" not in process.stderr.read()
    assert used(folder) == [50], "what was published stays"


@pytest.mark.skipif(sys.platform == "win32", reason="a signal is sent")
def test_one_that_is_killed_leaves_a_whole_snapshot_and_no_owner(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        make_home(folder.folder / "codex", base=server.base)
        for _ in range(3):
            with started(COMMAND, env=folder.environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
                until(lambda: published(folder).get("owner", {}).get("pid") == process.pid, "not published")
                until(lambda: used(folder) == [37], "what was known is not there")
                process.kill()
                process.wait(10)
        assert used(folder) == [37]
        assert folder.run("statusline", "--format", "text").startswith("Codex 5h 63 %")


def test_it_starts_while_a_command_is_publishing(tmp_path: Path) -> None:
    """As a status bar's round may, at the very moment of the login."""
    folder = Folder(tmp_path)
    command = SingleInstance(folder.state)
    assert command.acquire()
    with started(COMMAND, env=folder.environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        time.sleep(0.9)  # of which the program's own start takes a part
        command.release()
        until(lambda: published(folder).get("owner", {}).get("pid") == process.pid, "it did not start")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no such signal")
def test_one_that_shall_outlive_its_terminal_does(tmp_path: Path) -> None:
    """As `nohup` starts it: with that signal ignored."""
    folder = Folder(tmp_path)
    ignoring = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    program = f"{ignoring}; os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", program, *COMMAND]
    with started(command, env=folder.environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        until(lambda: published(folder).get("owner"), "nothing was published")
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_what_is_ours_is_the_owners_alone_whoever_makes_it_first(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with started(COMMAND, env=folder.environ, cwd=ROOT, stderr=subprocess.DEVNULL, umask=0o022):
        until(lambda: published(folder).get("owner"), "nothing was published")
    assert folder.state.stat().st_mode & 0o777 == 0o700
