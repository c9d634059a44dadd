"""Which process runs which session of Codex.

Evidence is a rollout that a process has open for writing, or the lock of a thread that it holds (0.171: a file
of its own for each thread, there from the start of the terminal, while the rollout is there from the first
prompt). A lock that nobody holds was left by a program that was killed. A daemon holds those of all terminals
of its home; which terminal shows which is written nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from providers.codex.sessions.agents import Agent, Role, find_agents
from providers.codex.sessions.logged import recent
from providers.codex.sessions.rollouts import FirstLine, SessionFile, file_of, first_line
from providers.domain.processes import OpenFile, ProcessTable
from providers.host.answers import RealPaths
from providers.sessions import FoundServer, FoundSession, FoundSessions

_KINDS: Mapping[Role, str] = {"terminal": "", "exec": "exec", "app": "app", "daemon": "daemon"}
_SERVER = "codex mcp-server"
_STARTS_FOR = timedelta(seconds=10)
"""A program that just started has no file of a session yet."""
_RUNNING: tuple[Role, ...] = ("terminal", "exec", "app", "daemon", "server")


class _Held(Struct):
    """What a process holds of one session."""

    file: SessionFile
    log: Path | None = None
    lock: str | None = None
    certain: bool = False


def find(
    homes: Sequence[Path], table: ProcessTable, now: datetime, real: RealPaths | None = None
) -> FoundSessions:
    agents = find_agents(table)
    running = [agent for agent in agents.values() if agent.role in _RUNNING]
    by_path, elsewhere = _by_path(homes), _elsewhere(homes)
    files = table.open_files([agent.pid for agent in running])
    sessions: dict[tuple[Path, str], FoundSession] = {}
    owners, all_held = set[int](), set[str]()
    for agent in running:
        for held in _held(files.get(agent.pid, ()), elsewhere).values():
            owners.add(agent.pid)
            all_held.add(held.file.id)
            home = by_path.get(_key(held.file.home))
            if home is None or agent.role == "server":
                continue
            found = _session(home, held, agent, table)
            before = sessions.get((home, found.id))
            if before is None or (before.pid is None and found.pid is not None):
                sessions[home, found.id] = found
    return FoundSessions(
        sessions=(
            *sessions.values(),
            *_unknown(running, owners, by_path, table, now, real or RealPaths()),
            *_ended(homes, all_held, now, all_known=all(agent.pid in files for agent in running)),
        ),
        servers=tuple(FoundServer(pid=each.pid, name=_SERVER) for each in running if each.role == "server"),
        agents=frozenset(agents),
    )


def _by_path(homes: Sequence[Path]) -> dict[str, Path]:
    """Homes by their names: as they are given, and as the system names what is open there."""
    return {_key(os.path.realpath(home)): home for home in homes} | {_key(str(home)): home for home in homes}


def _elsewhere(homes: Sequence[Path]) -> dict[str, str]:
    """Where the rollouts of a home really are, if it has only a link to them, and how they are called there."""
    found: dict[str, str] = {}
    for home in homes:
        named = os.path.join(os.path.realpath(home), "sessions")
        real = os.path.realpath(named)
        if real != named:
            found[real + os.sep] = named + os.sep
    return found


def _key(folder: str) -> str:
    """Windows has many spellings of one."""
    return os.path.normcase(folder)


def _held(files: Sequence[OpenFile], elsewhere: Mapping[str, str]) -> dict[tuple[str, str], _Held]:
    found: dict[tuple[str, str], _Held] = {}
    for each in files:
        path = next(
            (
                named + each.path[len(real) :]
                for real, named in elsewhere.items()
                if each.path.startswith(real)
            ),
            each.path,
        )
        file = None if each.writes is False else file_of(path)
        if file is None:
            continue
        held = found.setdefault((file.home, file.id), _Held(file))
        held.certain = held.certain or bool(each.writes) or not file.name
        if not file.name:
            held.lock = each.path
        elif held.log is None or held.log.name < file.name:
            held.log = Path(path)
    return found


def _session(home: Path, held: _Held, agent: Agent, table: ProcessTable) -> FoundSession:
    first = FirstLine() if held.log is None else first_line(str(held.log))
    return FoundSession(
        home=home,
        id=held.file.id,
        log=held.log,
        pid=agent.pid if held.certain else None,
        is_running=True,
        kind=_KINDS.get(agent.role, ""),
        parent=first.parent,
        name=first.name,
        cwd=first.cwd or (table.folder(agent.pid) if agent.role != "daemon" else None),
        version=first.version,
        since=first.at or _started(agent, table),
        held_since=_held_since(held, agent, table),
    )


def _held_since(held: _Held, agent: Agent, table: ProcessTable) -> datetime | None:
    """A program makes the lock anew when it takes up a thread (0.171), and nobody writes into it later. Without
    one it is the start of a program that runs a single session.
    """
    if held.lock is not None:
        try:
            return datetime.fromtimestamp(os.stat(held.lock).st_mtime, UTC)
        except (OSError, OverflowError, ValueError):
            return None
    return _started(agent, table) if agent.role in ("terminal", "exec") else None


def _unknown(
    running: Sequence[Agent],
    owners: Collection[int],
    homes: Mapping[str, Path],
    table: ProcessTable,
    now: datetime,
    real: RealPaths,
) -> Iterator[FoundSession]:
    """A program in a terminal of which nothing shows what it runs: it is still to be seen, but nothing can be
    done with it. One in a home with a daemon shows a session of the daemon.
    """
    served = {_home_of(each, homes, table, real) for each in running if each.role == "daemon"}
    for agent in running:
        if agent.pid in owners or agent.role not in ("terminal", "exec"):
            continue
        path = _home_of(agent, homes, table, real)
        since = _started(agent, table)
        if path is None or path not in homes or (agent.role == "terminal" and path in served):
            continue
        if since is not None and now - since >= _STARTS_FOR:
            yield FoundSession(
                home=homes[path],
                id=f"process-{agent.pid}",
                kind=_KINDS[agent.role],
                cwd=table.folder(agent.pid),
                since=since,
            )


def _ended(
    homes: Sequence[Path], held: Collection[str], now: datetime, *, all_known: bool
) -> Iterator[FoundSession]:
    for home in _distinct(homes):
        yield from recent(home, held, now, is_running=False if all_known else None)


def _distinct(homes: Sequence[Path]) -> list[Path]:
    """The last of those that are one folder, as in `_by_path`: its sessions are not two."""
    return list({_key(os.path.realpath(home)): home for home in homes}.values())


def _home_of(agent: Agent, homes: Mapping[str, Path], table: ProcessTable, real: RealPaths) -> str | None:
    """None where the system hides its environment, and for a folder that does not answer."""
    environ = table.environment(agent.pid, ("CODEX_HOME", "HOME", "USERPROFILE"))
    home = environ.get("HOME") or environ.get("USERPROFILE")
    named = environ.get("CODEX_HOME") or (os.path.join(home, ".codex") if home else None)
    if named and _key(named) not in homes:
        named = real.of(named)
    if not named:
        return None
    known = homes.get(_key(named))
    return _key(named if known is None else str(known))


def _started(agent: Agent, table: ProcessTable) -> datetime | None:
    process = table.processes.get(agent.pid)
    return None if process is None else datetime.fromtimestamp(process.started, UTC)
