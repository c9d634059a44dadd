"""What a process of Codex does, by how it was started: command lines of 0.171 on three systems."""

from __future__ import annotations

import shlex

import pytest

from providers.codex.sessions.agents import find_agents, role_of
from tests.providers.codex.sessions.fakes import Fake, FakeTable

NPM = "/usr/lib/node_modules/@openai/codex"
NATIVE = f"{NPM}-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"
SANDBOX = "/home/dev/.codex/tmp/arg0-linux/codex-arg05H3aHO/codex-linux-sandbox"


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("codex", "terminal"),
        (NATIVE, "terminal"),
        (f"{NATIVE} --no-daemon", "terminal"),
        ("codex resume --last", "terminal"),
        ("/opt/codex-x86_64-unknown-linux-musl exec hello", "exec"),
        ("codex -m exec", "terminal"),
        ("codex -c model=exec 'exec the tests'", "terminal"),
        ("/home/dev/.local/share/codex/versions/0.171.0", "terminal"),
        ("/home/dev/.local/share/codex/versions/0.171.0 exec hello", "exec"),
        (f"{NATIVE} exec --skip-git-repo-check hello", "exec"),
        ("codex -C /tmp -s read-only e hello", "exec"),
        ("codex --model=gpt-5.5 review", "exec"),
        ("codex -s read-only -a never app-server", "app"),
        ("codex app-server --listen unix:// --analytics-default-enabled --managed-daemon", "daemon"),
        ("codex app-server daemon pid-update-loop", "helper"),
        ("codex mcp-server", "server"),
        ("codex login", "helper"),
        (f"{NPM}-linux-x64/vendor/bin/codex-code-mode-host --listen grpc+stdio://", "helper"),
        (f"{SANDBOX} --sandbox-policy-cwd /home/dev/project -- /bin/bash -c ls", "sandbox"),
        ("codex-linux-sandbox --apply-seccomp-then-exec -- /bin/bash -c codex", "sandbox"),
        ("node /usr/bin/codex exec hello", "wrapper"),
        (f"node {NPM}/bin/codex.js", "wrapper"),
        ("sh /usr/local/bin/codex", "wrapper"),
        ("/bin/bash -c codex", None),
        ("vim codex", None),
        ("grep codex /tmp/log", None),
        ("node /srv/codex/server.js", None),
        ("codexbar", None),
        ("codex-usage", None),
        ("", None),
    ],
)
def test_a_command_line_says_what_it_does(command: str, role: str | None) -> None:
    assert role_of(tuple(shlex.split(command))) == role


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ((r"C:\Users\Dev\AppData\npm\codex.exe",), "terminal"),
        ((r"C:\Users\Dev\AppData\npm\CODEX.EXE", "exec", "hello"), "exec"),
        ((r"C:\Program Files\WindowsApps\OpenAI.Codex_1\app\Codex.exe",), "helper"),
        (("/Applications/Codex.app/Contents/MacOS/Codex",), "helper"),
        (("/Applications/Codex.app/Contents/Resources/codex", "app-server", "--analytics"), "app"),
        ((r"C:\nodejs\node.exe", r"C:\npm\node_modules\@openai\codex\bin\codex.js"), "wrapper"),
        ((r"C:\Users\Dev\codex\versions\0.171.0", "app-server"), "app"),
    ],
)
def test_on_other_systems(command: tuple[str, ...], role: str) -> None:
    assert role_of(command) == role


def test_only_the_sandbox_of_a_tool_counts() -> None:
    """Flatpak and others use bubblewrap, too."""
    table = FakeTable(
        Fake(pid=2),
        Fake(pid=3, parent=2, command=(SANDBOX, "--", "ls"), name="codex-linux-san"),
        Fake(pid=4, parent=3, command=("bwrap", "--ro-bind", "/", "/"), name="3"),
        Fake(pid=5, parent=4, command=("codex-linux-sandbox", "--", "ls")),
        Fake(pid=6, parent=5, command=("/bin/bash", "-c", "ls"), name="bash"),
        Fake(pid=7, parent=1, command=("bwrap", "--args", "34"), name="bwrap"),
    )
    assert set(find_agents(table)) == {2, 3, 4, 5}
