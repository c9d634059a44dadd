from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tests.programs import started
from tests.tray.cli.test_headless import COMMAND, used
from tests.tray.desktop.conftest import Bus, bus
from tests.tray.faces.published import ROOT, Folder, until
from tray.cli.already_running import where_it_runs
from tray.engine.single_instance import SingleInstance

__all__ = ["bus"]  # the fixture

BUSY = "already running: another tankful is just starting, or counting. Try again in a moment."


def said(folder: Path, owner: object, status: str | None) -> str:
    document: dict[str, Any] = {"schema": "tankful.snapshot/1", "providers": [], "owner": owner}
    (folder / "snapshot.json").write_text(json.dumps(document))
    return where_it_runs(folder, lambda _pid: status)


def test_it_says_where_the_other_one_runs(tmp_path: Path) -> None:
    tray, headless = ({"pid": 7, "kind": kind} for kind in ("tray", "headless"))
    assert said(tmp_path, tray, "sleeping") == "already running: look for its icon in the tray."
    assert said(tmp_path, headless, "sleeping") == (
        "already running without a tray (process 7). Stop it first to get the icon."
    )
    assert said(tmp_path, tray, "stopped") == (
        "already running, but stopped (process 7). Run `kill -CONT 7` to resume it."
    )


@pytest.mark.parametrize(
    "owner",
    [
        None,
        [],
        {"pid": 7},
        {"pid": "7; rm", "kind": "tray"},
        {"pid": True, "kind": "tray"},
        {"pid": -1, "kind": "tray"},
        {"pid": 1 << 80, "kind": "headless"},
        {"pid": 7, "kind": "command"},
    ],
)
def test_what_was_published_by_another_one_says_nothing_of_it(tmp_path: Path, owner: object) -> None:
    assert said(tmp_path, owner, "sleeping") == BUSY


def test_an_owner_that_died_without_a_word_is_not_named(tmp_path: Path) -> None:
    assert said(tmp_path, {"pid": 7, "kind": "tray"}, None) == BUSY
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    document = {"schema": "tankful.snapshot/1", "providers": [], "owner": {"pid": ended.pid, "kind": "tray"}}
    (tmp_path / "snapshot.json").write_text(json.dumps(document))
    assert where_it_runs(tmp_path) == BUSY
    assert where_it_runs(tmp_path / "none") == BUSY


def test_a_second_start_shows_the_values_of_the_first_and_asks_nobody(tmp_path: Path, bus: Bus) -> None:
    folder = Folder(tmp_path)
    folder.environ |= {"DISPLAY": ":97", **bus.environ}
    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        make_home(folder.folder / "codex", base=server.base)
        with started(COMMAND, env=folder.environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            until(lambda: used(folder) == [37], "nothing was published")
            asked = len(server.requests)
            second = folder.start()
            assert second.returncode == 0
            assert f"already running without a tray (process {process.pid})" in second.stderr
            assert "63 %" in second.stdout
            at_login = folder.start("--tray")
            assert (at_login.returncode, at_login.stdout) == (0, ""), "a log of the session needs no values"
            os.kill(process.pid, signal.SIGSTOP)
            assert "but stopped" in folder.start("--tray").stderr
            os.kill(process.pid, signal.SIGCONT)
            assert len(server.requests) == asked


def test_a_lock_without_an_owner_is_named_as_what_it_is(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    command = SingleInstance(folder.state)
    assert command.acquire()
    try:
        assert folder.start("--headless").stderr == f"tankful: {BUSY}\n"
    finally:
        command.release()
