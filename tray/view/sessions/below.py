"""What stands below a session's row: what it does, its subagents, its processes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from providers.domain.live import (
    STATUSES,
    ChildProcess,
    LiveSession,
    LiveSubagent,
    McpServer,
    OrphanProcess,
    SessionsLook,
)
from tray.view import format as fmt
from tray.view.output import Style
from tray.view.sessions import words
from tray.view.sessions.fields import FittedFields, values_below

_MOST = 4
"""So many subagents and so many processes of a session are shown one by one."""
_COMMAND_LENGTH = 40

BLOCKED = "its account is blocked by a limit"


class RowDetail(Struct, frozen=True):
    """Parts of one kind, as many on a line as fit. With an `end` it is one line, which is cut before that."""

    parts: tuple[str, ...]
    styles: tuple[Style, ...] = ("dim",)
    end: str = ""


def task_line(session: LiveSession, at: datetime) -> RowDetail | None:
    """The tool that runs, or waits; not where the row has all that is known of it."""
    found = session.status.task
    if found is None or (session.status.waits and not found.argument):
        return None
    text = words.task(found)
    since = words.lasting(found.since, at)
    if since and session.status.status == "working":
        return RowDetail((text,), (), f", for {since}")
    return RowDetail((text,), ("bold",) if session.status.waits else ())


def details(
    session: LiveSession, look: SessionsLook, shown: FittedFields, *, homes: bool
) -> Iterator[RowDetail]:
    """All but the task. `homes`: its home is to be named, since its provider has others."""
    if session.rate_limited:
        yield RowDetail((BLOCKED,), ("yellow",))
    if session.title:
        yield RowDetail((session.title,), ())
    if facts := tuple(_facts(session, shown, homes=homes)):
        yield RowDetail(facts)
    yield from subagents(session.subagents)
    servers = [each for each in look.mcp_servers if each.session == session.id]
    if servers:
        yield RowDetail((f"MCP servers: {fmt.some(server_names(servers), 6)}",))
    yield from children(session.children, {each.pid for each in servers}, session.more_children)


def _facts(session: LiveSession, shown: FittedFields, *, homes: bool) -> Iterator[str]:
    yield from values_below(shown, session)
    if homes:
        yield session.home
    if kind := words.kind(session):
        yield kind
    if is_without_process(session):
        yield "process unknown"
    if session.compactions:
        yield f"compacted {session.compactions} times" if session.compactions > 1 else "compacted once"
    if session.git is not None and session.git.problem:
        yield session.git.problem


def is_without_process(session: LiveSession) -> bool:
    """Whether it runs, and nobody knows which process does it."""
    return not session.owner_certain and session.status.status != "done"


def server_names(servers: Sequence[McpServer]) -> list[str]:
    return sorted({each.name for each in servers})


def subagents(agents: Sequence[LiveSubagent], most: int = _MOST) -> Iterator[RowDetail]:
    """Those that still work first, at most so many of them one by one."""
    ordered = sorted(agents, key=lambda each: STATUSES.index(each.status))
    running = [each for each in ordered if each.status != "done"]
    for agent in running[:most]:
        parts = [f"subagent {agent.name or agent.id[:8]}: {words.STATUSES[agent.status]}"]
        if agent.tally is not None and agent.tally.usage.total_tokens:
            parts += [f"{words.tokens(agent.tally)} tokens", words.usd(agent.tally)]
        yield RowDetail(tuple(filter(None, parts)))
    rest = []
    if more := len(running) - most:
        rest += [fmt.plural(more, "more subagent")] if more > 0 else []
    if done := len(ordered) - len(running):
        rest.append(f"{fmt.plural(done, 'subagent')} done")
    if rest:
        yield RowDetail(tuple(rest))


def children(
    found: Sequence[ChildProcess], servers: set[int], more: int, most: int = _MOST
) -> Iterator[RowDetail]:
    """Those that listen first, then the largest. MCP servers are named elsewhere, unless they listen."""
    with_ports = [each for each in found if each.ports]
    with_ports.sort(key=lambda each: (not each.shared_ports, each.ports))
    for child in with_ports[:most]:
        yield listening(child)
    others = with_ports[most:] + [each for each in found if not each.ports and each.pid not in servers]
    others.sort(key=lambda each: -(each.rss or 0))
    parts = [" ".join(filter(None, (_named(each), words.memory(each.rss)))) for each in others[:most]]
    rest = others[most:]
    if more := more + len(rest):
        parts.append(fmt.plural(more, "more process", "more processes"))
    if parts:
        yield RowDetail(tuple(parts))


def listening(child: ChildProcess) -> RowDetail:
    parts = [f"{_named(child)} listens on {_ports(child.ports)}"]
    if child.shared_ports:
        parts.append(f"another session also listens on {_ports(child.shared_ports)}")
    if child.rss:
        parts.append(words.memory(child.rss))
    return RowDetail(tuple(parts), ("yellow",) if child.shared_ports else ("dim",))


def _named(child: ChildProcess) -> str:
    return f"{fmt.plain(child.command, longest=_COMMAND_LENGTH)} (pid {child.pid})"


def orphan(process: OrphanProcess) -> str:
    place = f" in {fmt.plain(process.project)}" if process.project else ""
    command = fmt.plain(process.command, longest=_COMMAND_LENGTH)
    return f"{command} (pid {process.pid}) still listens on {_ports(process.ports)}; its session{place} has ended."


def _ports(ports: Sequence[int]) -> str:
    return fmt.some([str(port) for port in ports], 4)
