"""Which process runs which session of Codex.

Evidence is a rollout that a process has open for writing, or the lock of a thread that it holds (0.171: a file
of its own for each thread, there from the start of the terminal, while the rollout is there from the first
prompt). A lock that nobody holds was left by a program that was killed. A daemon holds those of all terminals
of its home; which terminal shows which is written nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from providers.codex.sessions.agents import Agent, Role, find_agents
from providers.codex.sessions.rollouts import FirstLine, SessionFile, origin_of, place_of
from providers.domain.processes import OpenFile, Process, ProcessTable
from providers.sessions import FoundServer, FoundSession, FoundSessions

_KINDS: Mapping[Role, str] = {"terminal": "", "exec": "exec", "app": "app", "daemon": "daemon"}
_RUNNING: tuple[Role, ...] = ("terminal", "exec", "app", "daemon", "server")


class _Held(Struct):
    """What a process holds of one session."""

    place: SessionFile
    log: Path | None = None
    certain: bool = False


def find(homes: Sequence[Path], table: ProcessTable) -> FoundSessions:
    agents = find_agents(table)
    running = [agent for agent in agents.values() if agent.role in _RUNNING]
    by_path = _by_path(homes)
    files = table.open_files([agent.pid for agent in running])
    sessions: dict[tuple[Path, str], FoundSession] = {}
    for agent in running:
        for held in _held(agent.pid, files).values():
            home = by_path.get(held.place.home)
            if home is None or agent.role == "server":
                continue
            found = _session(home, held, agent, table)
            before = sessions.get((home, found.id))
            if before is None or (before.pid is None and found.pid is not None):
                sessions[home, found.id] = found
    servers = [
        FoundServer(pid=agent.pid, name="codex mcp-server") for agent in running if agent.role == "server"
    ]
    return FoundSessions(sessions=tuple(sessions.values()), servers=tuple(servers), agents=frozenset(agents))


def _by_path(homes: Sequence[Path]) -> dict[str, Path]:
    """Homes by their names: as they are given, and as the system names what is open there."""
    return {os.path.realpath(home): home for home in homes} | {str(home): home for home in homes}


def _held(pid: int, files: Mapping[int, Sequence[OpenFile]]) -> dict[tuple[str, str], _Held]:
    found: dict[tuple[str, str], _Held] = {}
    for file in files.get(pid, ()):
        place = place_of(file.path)
        if place is None or file.writes is False:
            continue
        held = found.setdefault((place.home, place.id), _Held(place))
        held.certain = held.certain or bool(file.writes) or not place.name
        if place.name and (held.log is None or held.log.name < place.name):
            held.log = Path(file.path)
    return found


def _session(home: Path, held: _Held, agent: Agent, table: ProcessTable) -> FoundSession:
    origin = FirstLine() if held.log is None else origin_of(str(held.log))
    process = table.processes.get(agent.pid)
    return FoundSession(
        home=home,
        id=held.place.id,
        log=held.log,
        pid=agent.pid if held.certain else None,
        is_running=True,
        kind=_KINDS.get(agent.role, ""),
        parent=origin.parent,
        name=origin.name,
        cwd=origin.cwd or (table.folder(agent.pid) if agent.role != "daemon" else None),
        version=origin.version,
        since=origin.at or _started(process),
    )


def _started(process: Process | None) -> datetime | None:
    return None if process is None else datetime.fromtimestamp(process.started, UTC)
