"""`tankful --headless`, as a process of its own: the engine with the snapshot file alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fake_chatgpt import fake_chatgpt, says, usage_now
from tests.homes import make_home
from tests.programs import started
from tests.tray.faces.published import ROOT, Folder, until

COMMAND = [sys.executable, "-m", "tray.cli", "--headless"]


def published(folder: Folder) -> dict[str, Any]:
    try:
        return dict(json.loads((folder.state / "snapshot.json").read_bytes()))
    except FileNotFoundError:
        return {"providers": []}


def used(folder: Folder) -> list[float]:
    return [each["windows"][0]["used_percent"] for each in published(folder)["providers"] if each["windows"]]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_publishes_until_it_is_told_to_end(tmp_path: Path, ending: signal.Signals) -> None:
    folder = Folder(tmp_path)
    with fake_chatgpt() as server:
        server.answer = says(usage_now())
        make_home(folder.folder / "codex", base=server.base)
        with started(COMMAND, env=folder.environ, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            until(lambda: used(folder) == [37], "nothing was published")
            owner = published(folder)["owner"]
            assert owner == {"pid": process.pid, "kind": "headless"}
            second = folder.start("--headless")
            assert (second.returncode, "already running" in second.stderr) == (0, True)
            changed = usage_now()
            changed["rate_limit"]["primary_window"]["used_percent"] = 50.0
            server.answer = says(changed)
            began = time.monotonic()
            folder.run("usage", "--refresh", "--json")
            answered = time.monotonic()
            until(lambda: used(folder) == [50], "another process's reading was not published")
            assert time.monotonic() - answered < 3, f"after {answered - began:.1f} s of asking"
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
