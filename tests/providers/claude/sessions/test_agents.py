"""Which processes are Claude Code."""

from __future__ import annotations

import pytest

from providers.claude.sessions.agents import Agents, Role, role_of
from tests.providers.claude.sessions.fakes import Fake, FakeTable

MODULE = "/home/dev/.npm/node_modules/@anthropic-ai/claude-code"


@pytest.mark.parametrize(
    ("command", "role"),
    [
        (("claude",), "session"),
        (("/home/dev/.local/bin/claude", "--resume", "x"), "session"),
        (("/home/dev/.local/share/claude/versions/2.1.332", "-p", "daemon"), "session"),
        (("C:\\Users\\dev\\.local\\bin\\claude.exe",), "session"),
        (("node", "--no-warnings", f"{MODULE}/cli.js", "--continue"), "session"),
        (("node", "/usr/local/bin/claude"), "session"),
        (("claude", "mcp", "serve"), "server"),
        (("claude", "mcp", "list"), "service"),
        (("claude", "attach", "d662945b"), "service"),
        (("claude", "doctor what is wrong"), "session"),
        (("claude", "", "", ""), "session"),
        ((f"{MODULE}/bin/claude.exe", "daemon", "run", "--origin", "transient"), "service"),
        (("claude bg-pty-host", "--bg-pty-host", "/tmp/x.sock", "--", "claude.exe"), "service"),
        (("claude bg-spare", "--bg-spare", "/tmp/x.sock"), "spare"),
        (("claude what-comes-next",), "service"),
        (("node", f"{MODULE}/cli-wrapper.cjs", "-p"), "service"),
        (("npm", "exec", "@anthropic-ai/claude-code"), None),
        (("sh", "-c", "claude"), None),
        (("node", "server.js", "claude"), None),
        (("node",), None),
        (("vim", "claude"), None),
        (("grep", "-r", "claude"), None),
        (("tail", "-f", "/home/dev/.claude/x.jsonl"), None),
        (("/opt/app/2.1.332",), None),
        (("/Applications/Claude.app/Contents/MacOS/Claude",), None),
        (("C:\\Users\\dev\\AppData\\Local\\AnthropicClaude\\app-1.2\\claude.exe", "--type=renderer"), None),
        ((), None),
    ],
)
def test_the_role_of_a_process(command: tuple[str, ...], role: Role | None) -> None:
    assert role_of(command) == role


def test_commands_are_read_of_few_processes_and_once() -> None:
    running = [
        Fake(pid=1, name="bash"),
        Fake(pid=2),
        Fake(pid=3, name="node", command=("node", "x.js")),
        Fake(pid=4, name="2.1.332", command=("/x/claude/versions/2.1.332",)),
    ]
    agents, first, second = Agents(), FakeTable(*running), FakeTable(*running)
    assert [each.process.pid for each in agents.look(first)] == [2, 4]
    assert first.asked == [2, 3, 4]
    assert [each.process.pid for each in agents.look(second)] == [2, 4]
    assert second.asked == []


def test_another_process_with_the_pid_is_looked_at() -> None:
    agents = Agents()
    agents.look(FakeTable(Fake(pid=2)))
    assert agents.look(FakeTable(Fake(pid=2, started=5, command=("claude-x",)))) == ()
