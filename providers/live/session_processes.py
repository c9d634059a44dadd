"""The processes around the sessions of a look: what each runs, what others left behind, and MCP servers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from providers.domain.live import McpServer, OrphanProcess
from providers.domain.processes import ProcessTable
from providers.domain.session_figures import SessionKey
from providers.live.children import SessionChildren, SessionProgram, find_children
from providers.live.observed import ObservedSession
from providers.live.orphans import OrphanTracker
from providers.live.servers import mcp_servers
from providers.sessions import FoundServer


class SessionProcesses(Struct, frozen=True, kw_only=True):
    children: Mapping[SessionKey, SessionChildren] = {}
    orphans: tuple[OrphanProcess, ...] = ()
    servers: tuple[McpServer, ...] = ()


class ProcessFinder:
    """Remembers what sessions had, from look to look. `clis` are the names of the CLIs' commands."""

    def __init__(self, clis: Collection[str] = ()) -> None:
        self._clis = frozenset(clis)
        self._orphans = OrphanTracker()

    def find(
        self,
        sessions: Sequence[ObservedSession],
        agents: Collection[int],
        servers: Sequence[tuple[str, FoundServer]],
        unknown: Collection[str | Path],
        table: ProcessTable,
    ) -> SessionProcesses:
        """`agents` are all processes of the CLIs, `servers` those that serve, by provider; of the providers and
        homes in `unknown` nothing was found out.
        """
        running = [each for each in sessions if each.found.is_running is not False]
        programs = [_program(each, each.found.pid) for each in running if each.found.pid is not None]
        children = find_children(programs, agents, table, self._clis)
        projects = {each.candidate.key: each.project for each in running}
        return SessionProcesses(
            children=children,
            orphans=self._orphans.look(children, projects, unknown, table),
            servers=mcp_servers(servers, programs, children, table),
        )


def _program(one: ObservedSession, pid: int) -> SessionProgram:
    return SessionProgram(
        key=one.candidate.key,
        pid=pid,
        ids=frozenset(each.found.id for each in one.all()),
        variable=one.candidate.finder.tool_variable,
    )
