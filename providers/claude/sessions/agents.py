"""Which processes are Claude Code, and what each is for: by what is executed, and never by a word in a command.

Facts (2.1.332, Linux): npm's launcher and the native one are the program itself, named `claude`; what it starts
of itself has the name of the file (`claude.exe`, or a version's number) and a title in place of its command:
`claude bg-spare` runs a background session or waits for one, `claude bg-pty-host` holds its terminal, and
`claude.exe daemon run` keeps both. Up to 2.1.112 or so the program was `node …/cli.js`; where npm's postinstall
did not run, `node …/cli-wrapper.cjs` waits for the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from providers.domain.processes import Process, ProcessTable

Role = Literal["session", "spare", "server", "service"]
"""session: it may run one. spare: a background process that may have been given one. server: it serves another
program by MCP. service: what has no session of its own, such as the daemon or a wrapper.
"""

_SCRIPT_OF = ("node", "bun", "deno")
_NAMES = ("claude", *_SCRIPT_OF)
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[.-][\w.-]+)?", re.ASCII)
_SCRIPT = re.compile(r"(?:^|/)@anthropic-ai/claude-code/(?:cli|start)\.m?js$")
_WRAPPER = re.compile(r"(?:^|/)@anthropic-ai/claude-code/cli-wrapper\.c?js$")
_LINK = re.compile(r"(?:^|/)claude(?:\.[cm]?js)?$")
_APP = re.compile(r"/Claude\.app/|/AnthropicClaude/|/WindowsApps/Claude_|/claude-desktop/", re.IGNORECASE)
_TITLES: dict[str, Role] = {"bg-spare": "spare", "bg-pty-host": "service"}
_OPTIONS: dict[str, Role] = {"--bg-spare": "spare", "--bg-pty-host": "service"}
_SERVICES = frozenset(
    (
        *(
            "agents",
            "attach",
            "auth",
            "auto-mode",
            "config",
            "daemon",
            "doctor",
            "gateway",
            "import",
            "install",
        ),
        *("kill", "logs", "migrate-installer", "plugin", "plugins", "purge", "respawn", "rm", "setup-token"),
        *("stop", "update", "upgrade", "--version", "-v", "--help", "-h"),
    )
)
"""Commands of 2.1.332 that run no session themselves: `attach` shows the one of another process."""


class Agent(Struct, frozen=True):
    process: Process
    role: Role


class Agents:
    """A process that was looked at keeps its role: a command does not change, but a new process has its pid."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, float], Role | None] = {}

    def look(self, table: ProcessTable) -> tuple[Agent, ...]:
        known, self._known = self._known, {}
        return tuple(self._found(table, known))

    def _found(self, table: ProcessTable, known: dict[tuple[int, float], Role | None]) -> Iterator[Agent]:
        for process in table.processes.values():
            if not _may_be(process.name):
                continue
            key = process.pid, process.started
            role = known[key] if key in known else role_of(table.command(process.pid))
            self._known[key] = role
            if role is not None:
                yield Agent(process, role)


def _may_be(name: str) -> bool:
    """The kernel cuts names, and a program may change its own; nearly all processes are passed over by this."""
    return name.lower().startswith(_NAMES) or _VERSION.match(name) is not None


def role_of(command: tuple[str, ...]) -> Role | None:
    """None for another program; what can be read of a command is all there is on some systems."""
    if not command:
        return None
    program = command[0].replace("\\", "/")
    if _APP.search(program):
        return None
    title = program.split(" ")
    if len(title) == 2 and title[0] == "claude":
        return _TITLES.get(title[1], "service")
    name = program.rpartition("/")[2].lower().removesuffix(".exe")
    if name in _SCRIPT_OF:
        return _role_of_script(command[1:])
    if name == "claude" or (_VERSION.fullmatch(name) and "/claude/versions/" in program):
        return _role_of_arguments(command[1:])
    return None


def _role_of_script(arguments: tuple[str, ...]) -> Role | None:
    """Of what node was given: its own options come first, and all of these that take a value have it after `=`."""
    at = next((at for at, each in enumerate(arguments) if not each.startswith("-")), None)
    if at is None:
        return None
    script = arguments[at].replace("\\", "/")
    if _WRAPPER.search(script):
        return "service"
    if _SCRIPT.search(script) or _LINK.search(script):
        return _role_of_arguments(arguments[at + 1 :])
    return None


def _role_of_arguments(arguments: tuple[str, ...]) -> Role:
    if not arguments:
        return "session"
    first = arguments[0]
    if first == "mcp":
        return "server" if "serve" in arguments[1:2] else "service"
    if first in _OPTIONS:
        return _OPTIONS[first]
    return "service" if first in _SERVICES else "session"
