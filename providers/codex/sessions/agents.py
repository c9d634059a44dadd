"""Which processes are Codex, and what each does there: by its command line alone.

As Codex 0.171 is started. npm installs a script for Node.js, which starts the program and waits for it; others
put a shell script before it. The sandbox of a tool is the same program by another name, `codex-linux-sandbox`,
and a process of it has the kernel's name `codex`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from providers.domain.processes import ProcessTable

Role = Literal["terminal", "exec", "app", "daemon", "server", "helper", "sandbox", "wrapper"]
"""terminal: runs its own session, or shows one of the daemon. app: the server of an app or an editor. daemon:
runs the sessions of all terminals of a home. server: serves as an MCP server. helper: has no session. sandbox:
around a tool. wrapper: waits for another of these.
"""

_CODEX = re.compile(r"codex(?:\.js|-(?:x86_64|aarch64)-[a-z0-9_-]+)?")
"""Also as it is called in the archives of its releases."""
_SANDBOX = frozenset(("codex-linux-sandbox", "bwrap", "codex-command-runner"))
_HELPERS = frozenset(("codex-code-mode-host", "codex-responses-api-proxy"))
_RUNTIMES = frozenset(("node", "nodejs", "bun", "deno", "sh", "bash", "dash", "zsh"))
_SCRIPTS = frozenset(("codex", "codex.js", "codex.sh", "codex.mjs"))
_EXEC = frozenset(("exec", "e", "review"))
_TERMINAL = frozenset(("resume", "fork", "agents"))
_HELPER_COMMANDS = frozenset(
    (
        *("login", "logout", "mcp", "plugin", "remote-control", "completion", "update", "doctor", "sandbox"),
        *("debug", "apply", "a", "queue", "archive", "delete", "migrate-rollouts", "migrate-nfs-db"),
        *("unarchive", "cloud", "exec-server", "features", "help", "generate-ts", "proto"),
    )
)
_WITH_VALUE = frozenset(
    (
        *("-c", "--config", "--enable", "--disable", "--remote", "--remote-auth-token-env", "-i", "--image"),
        *(
            "-m",
            "--model",
            "--local-provider",
            "-p",
            "--profile",
            "-s",
            "--sandbox",
            "-C",
            "--cd",
            "--add-dir",
        ),
        *("-a", "--ask-for-approval", "--color", "--output-schema", "-o", "--output-last-message"),
    )
)
_DESKTOP = re.compile(r"(?:^|[/\\])Codex(?:\.exe)?$")
"""The app of a desktop, which brings a `codex` of its own; its own processes have no sessions."""
_VERSION = re.compile(r"[/\\]codex[/\\]versions[/\\]v?[0-9][^/\\]*$", re.IGNORECASE)
_KERNEL_NAMES = ("codex", "node", "bun", "deno", "bwrap", "sh", "bash", "dash", "zsh", "mainthread", "v8")


class Agent(Struct, frozen=True):
    pid: int
    role: Role


def find_agents(table: ProcessTable) -> dict[int, Agent]:
    """All processes of Codex but its tools, by pid."""
    found: dict[int, Agent] = {}
    for pid, process in table.processes.items():
        name = process.name.lower()
        # Asks for the arguments of few: the kernel's name of a program that was copied may be its version.
        if name.startswith(_KERNEL_NAMES) or not name[:1].isalpha():
            role = role_of(table.command(pid))
            if role is not None:
                found[pid] = Agent(pid, role)
    return {
        pid: agent for pid, agent in found.items() if agent.role != "sandbox" or _is_ours(pid, found, table)
    }


@lru_cache(maxsize=4096)
def role_of(command: tuple[str, ...]) -> Role | None:
    """None for what is not Codex."""
    if command and _DESKTOP.search(command[0]):
        return "helper"
    for position, word in enumerate(command[:2]):
        name = _name(word)
        if name in _SANDBOX:
            return "sandbox" if position == 0 else None
        if name in _HELPERS:
            return "helper" if position == 0 else None
        if position == 0 and (_CODEX.fullmatch(name) or _VERSION.search(word)):
            return _role_of_program(command[1:])
        if position == 1 and name in _SCRIPTS and _name(command[0]) in _RUNTIMES:
            return "wrapper"
    return None


def _role_of_program(arguments: Sequence[str]) -> Role:
    words = _words(arguments)
    command = next(words, "")
    if command in _EXEC:
        return "exec"
    if command == "mcp-server":
        return "server"
    if command == "app-server":
        if next(words, "") in ("daemon", "proxy", "generate-ts", "generate-json-schema"):
            return "helper"
        return "daemon" if "--managed-daemon" in arguments else "app"
    return "helper" if command in _HELPER_COMMANDS else "terminal"


def _words(arguments: Sequence[str]) -> Iterator[str]:
    """What are neither options nor their values."""
    is_value = False
    for word in arguments:
        if is_value:
            is_value = False
        elif word.startswith("-"):
            is_value = word in _WITH_VALUE
        else:
            yield word


def _name(word: str) -> str:
    name = re.split(r"[/\\]", word)[-1].lower()
    return name.removesuffix(".exe").removesuffix(".cmd")


def _is_ours(pid: int, found: dict[int, Agent], table: ProcessTable) -> bool:
    """Others use bubblewrap, too."""
    command = table.command(pid)
    if command and _name(command[0]) != "bwrap":
        return True
    process = table.processes.get(pid)
    parent = found.get(process.parent) if process else None
    return parent is not None
