"""`tankful mcp` with real clients: the official Python library, Codex and Claude Code."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.real.billed_claude import Model
from tests.real.billed_codex import billed_models
from tests.real.claude_sessions import Sessions
from tests.real.codex_threads import Threads
from tests.real.test_claude import NOTES
from tests.real.test_claude import PACKAGE as CLAUDE
from tests.real.tls_proxy import tls_proxy
from tests.tray.faces.published import ROOT, Folder

CODEX, CODEX_VERSION = "@openai/codex", "0.171.0"
LIBRARY = "mcp==2.3.0"
SECONDS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Somebody with 60 % left of Codex, and a tray that keeps it up to date."""
    made = Folder(tmp_path / "person")
    made.publish(made.account(made.window(40)))
    return made


def command_of(folder: Folder) -> list[str]:
    """`tankful mcp` as a client starts it: clients pass on few variables of their own."""
    given = [f"TANKFUL_HOME={folder.folder / 'own'}", f"HOME={folder.folder}", f"PYTHONPATH={ROOT}"]
    return ["env", *given, sys.executable, "-m", "tray.cli", "mcp"]


def left(found: Any) -> list[float]:
    return [window["left_percent"] for account in found["accounts"] for window in account["windows"]]


@pytest.fixture
def library(request: pytest.FixtureRequest) -> Path:
    """A Python that has the official library."""
    where = (
        Path(tempfile.gettempdir()) / f"tankful-clis-{LIBRARY.replace('==', '-')}-{sys.version_info.minor}"
    )
    python = where / "bin/python"
    with FileLock(f"{where}.lock"):
        if not (where / "whole").exists():
            for command in (
                ["uv", "venv", "-q", "--clear", "--python", sys.executable, str(where)],
                ["uv", "pip", "install", "-q", "--python", str(python), LIBRARY],
            ):
                if shutil.which("uv") is None or subprocess.run(command, check=False).returncode:
                    if request.config.getoption("--require-real"):
                        pytest.fail(f"cannot install {LIBRARY}")
                    pytest.skip(f"cannot install {LIBRARY}")
            (where / "whole").touch()
    return python


@pytest.mark.skipif(sys.platform == "win32", reason="no env")
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("mode", "protocol"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_the_official_library(folder: Folder, library: Path, mode: str, protocol: str) -> None:
    client = str(Path(__file__).with_name("mcp_client.py"))
    done = subprocess.run(
        [str(library), client, mode, *command_of(folder)],
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    found = json.loads(done.stdout)
    assert found["protocol"] == protocol
    assert found["tools"] == {"limits": True, "cost": True}
    assert left(found["limits"]) == [60.0]
    assert json.loads(found["text"]) == found["limits"]
    assert found["wrong"] == [True, "`days` must be of type integer."]
    assert done.stderr == "", "the server has nothing to say there, and ended by itself"


@pytest.mark.skipif(sys.platform == "win32", reason="no env")
def test_codex_as_the_page_sets_it_up(
    cli: Callable[[str, str], Path], folder: Folder, tmp_path: Path
) -> None:
    """Codex 0.171 does not show the model such tools at once: it searches for them."""
    search = {
        "type": "tool_search_call",
        "id": "ts_1",
        "call_id": "call_1",
        "execution": "client",
        "status": "completed",
        "arguments": {"query": "how much is left of the usage limits"},
    }
    call = {
        "type": "function_call",
        "id": "fc_2",
        "call_id": "call_2",
        "namespace": "mcp__tankful",
        "name": "limits",
        "arguments": "{}",
    }
    with billed_models([search, call]) as models:
        threads = Threads(cli(CODEX, CODEX_VERSION), tmp_path / "codex", models)
        added = [str(threads.program), "mcp", "add", "tankful", "--", *command_of(folder)]
        subprocess.run(added, env=threads.environ, check=True, timeout=SECONDS, capture_output=True)
        threads.runs("How much is left?")
    found = models.asked[1]["input"][-1]
    assert found["type"] == "tool_search_output"
    assert [tool["name"] for tool in found["tools"][0]["tools"]] == ["limits", "cost"]
    output = models.asked[2]["input"][-1]
    assert output["call_id"] == "call_2"
    assert left(json.loads(output["output"].split("Output:\n")[1])) == [60.0], "nobody had to approve it"


@pytest.mark.skipif(sys.platform == "win32", reason="no env")
def test_claude_code_as_the_page_sets_it_up(
    cli: Callable[[str, str], Path], folder: Folder, tmp_path: Path
) -> None:
    model = Model("mcp__tankful__limits")
    with tls_proxy(tmp_path, model) as proxy:
        sessions = Sessions(cli(CLAUDE, NOTES), tmp_path / "claude", model, proxy.environ)
        added = ["mcp", "add", "--scope", "user", "tankful", "--", *command_of(folder)]
        assert "Added stdio MCP server tankful" in run(sessions, *added)
        assert "Connected" in run(sessions, "mcp", "list")
        sessions.prints("How much is left?", "--allowedTools", "mcp__tankful__limits")
    (result,) = (
        block
        for asked in model.asked
        for message in asked["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "tool_result"
    )
    assert not result.get("is_error"), result
    content = result["content"]
    text = content if isinstance(content, str) else content[0]["text"]
    assert left(json.loads(text)) == [60.0]


def run(sessions: Sessions, *arguments: str) -> str:
    command = [str(sessions.program), *arguments]
    done = subprocess.run(
        command,
        env=sessions.environ,
        cwd=sessions.work,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, shlex.join(command) + done.stderr
    return done.stdout
