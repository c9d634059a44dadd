"""MCP servers: CLIs that serve another program, and what sessions started to use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from providers.domain.live import McpServer
from providers.domain.processes import ProcessTable
from providers.domain.session_figures import SessionKey
from providers.host.shown_command import shown_argument
from providers.live.children import SessionChildren, SessionProgram
from providers.sessions import FoundServer

_WORDS = 6
"""Of a command: a server's name is the program, a runner's argument (npx -y …, uvx …), or a script's path."""
_NAME = re.compile(r"(?:^|[-_.@])mcp(?:$|[-_.@])|modelcontextprotocol", re.IGNORECASE)
_SUFFIX = re.compile(r"\.(?:[cm]?js|py|exe|cmd|sh)$|(?<=.)@[\w.-]+$")


def mcp_servers(
    found: Iterable[tuple[str, FoundServer]],
    programs: Iterable[SessionProgram],
    children: Mapping[SessionKey, SessionChildren],
    table: ProcessTable,
) -> tuple[McpServer, ...]:
    """By pid. `found` are the providers' own, with the ids of these."""
    owners = {each.pid: each.key for each in programs}
    own = [
        McpServer(pid=each.pid, name=each.name, session=_owner(each.pid, owners, table), provider=provider)
        for provider, each in found
    ]
    known = {each.pid for each in own}
    others = [
        each
        for key, of in children.items()
        for each in _among(key, of, table, owners)
        if each.pid not in known
    ]
    return tuple(sorted([*own, *others], key=lambda each: each.pid))


def _owner(pid: int, owners: Mapping[int, SessionKey], table: ProcessTable) -> str | None:
    """The session whose program is the next above it."""
    seen: set[int] = set()
    while (process := table.processes.get(pid)) is not None and pid not in seen:
        seen.add(pid)
        pid = process.parent
        if pid in owners:
            return owners[pid].id
    return None


def _among(
    key: SessionKey, children: SessionChildren, table: ProcessTable, owners: Mapping[int, SessionKey]
) -> Iterator[McpServer]:
    """Those that are named like a server and were started by the program itself: a tool has a shell above it."""
    for child in children.shown:
        process = table.processes.get(child.pid)
        if process is not None and owners.get(process.parent) == key:
            name = server_name(table.command(child.pid))
            if name is not None:
                yield McpServer(pid=child.pid, name=name, session=key.id)


def server_name(command: Sequence[str]) -> str | None:
    """By the first words of a command; None for what is not named like a server."""
    for word in command[:_WORDS]:
        parts = [part for part in re.split(r"[/\\]", word) if part]
        place = next((place for place in reversed(range(len(parts))) if _NAME.search(parts[place])), None)
        if place is None or word.startswith("-") or " " in word:
            continue
        if "modelcontextprotocol" in parts[place]:
            place = min(place + 1, len(parts) - 1)
        name = _SUFFIX.sub("", parts[place])
        return shown_argument(f"{parts[place - 1]}/{name}" if name == "mcp" and place else name)
    return None
