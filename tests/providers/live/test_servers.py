from __future__ import annotations

from pathlib import Path

import pytest

from providers.domain.live import ChildProcess, McpServer
from providers.domain.processes import Process
from providers.domain.session_figures import SessionKey
from providers.live.children import SessionChildren, SessionProgram
from providers.live.servers import mcp_servers, server_name
from providers.sessions import FoundServer
from tests.providers.live.fakes import FakeTable

KEY = SessionKey("fake", Path("/home"), "a")
PROGRAM = SessionProgram(key=KEY, pid=10, ids=frozenset(["a"]))


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("npx", "-y", "@modelcontextprotocol/server-filesystem", "/tmp"), "server-filesystem"),
        (("node", "/x/@modelcontextprotocol/server-github/dist/index.js"), "server-github"),
        (("npm", "exec", "@playwright/mcp@latest"), "@playwright/mcp"),
        (("uvx", "mcp-server-git"), "mcp-server-git"),
        (("python3", "-m", "mcp_server_fetch"), "mcp_server_fetch"),
        (("docker", "run", "-i", "--rm", "ghcr.io/github/github-mcp-server"), "github-mcp-server"),
        (("C:\\tools\\mcp-things.exe",), "mcp-things"),
        (("bash", "-c", "cat /etc/mcp.json | head"), None),
        (("node", "server.js", "--mcp"), None),
        ((), None),
    ],
)
def test_a_server_is_known_by_its_name(command: tuple[str, ...], name: str | None) -> None:
    assert server_name(command) == name


def test_a_tool_is_no_server() -> None:
    """It has a shell above it; a server was started by the program itself."""
    table = FakeTable(
        Process(pid=10, parent=1, started=0, name="claude"),
        Process(pid=11, parent=10, started=1, name="uvx"),
        Process(pid=12, parent=11, started=2, name="python"),
        Process(pid=13, parent=10, started=3, name="bash"),
        Process(pid=14, parent=13, started=4, name="pytest"),
        commands={
            11: ("uvx", "mcp-server-git"),
            12: ("python", "/x/mcp-server-git"),
            13: ("bash", "-c", "pytest tests/test_mcp.py"),
            14: ("pytest", "tests/test_mcp.py"),
        },
    )
    children = SessionChildren(tuple(ChildProcess(pid=pid, command="") for pid in (11, 12, 13, 14)))
    assert mcp_servers([], [PROGRAM], {KEY: children}, table) == (
        McpServer(pid=11, name="mcp-server-git", session="a"),
    )


def test_a_cli_that_serves_belongs_to_the_session_above_it() -> None:
    table = FakeTable(
        Process(pid=10, parent=1, started=0, name="claude"),
        Process(pid=11, parent=10, started=1, name="node"),
        Process(pid=12, parent=11, started=2, name="codex"),
        Process(pid=20, parent=1, started=2, name="codex"),
    )
    found = [("other", FoundServer(pid=pid, name="codex mcp-server")) for pid in (20, 12)]
    assert mcp_servers(found, [PROGRAM], {}, table) == (
        McpServer(pid=12, name="codex mcp-server", session="a", provider="other"),
        McpServer(pid=20, name="codex mcp-server", provider="other"),
    )
