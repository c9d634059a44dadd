"""Which sessions of Claude Code run on this machine, and in which processes.

A process owns the session of its own record, if it is the one that wrote it. Versions that write none own what a
tool of theirs has in its environment; else nobody knows.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from providers.claude.sessions.agents import Agent, Agents
from providers.claude.sessions.ended import ended
from providers.claude.sessions.identity import Host
from providers.claude.sessions.records import Records, SessionRecord, kind_of
from providers.claude.sessions.session_folder import SessionFolders
from providers.claude.sessions.transcripts import TranscriptFolders
from providers.claude.sessions.unrecorded import UnrecordedSessions, homes_of, lacks_record
from providers.domain.live import STATUSES
from providers.domain.processes import ProcessTable
from providers.host.answers import RealPaths
from providers.host.files import stamp
from providers.sessions import RECENT, FoundServer, FoundSession, FoundSessions

_FORGOTTEN = timedelta(days=1)


class SessionSearch:
    """Remembers what it read; for one thread at a time."""

    def __init__(self, host: Host | None = None) -> None:
        self._host = host or Host()
        self._records = Records()
        self._agents = Agents()
        self._folders = TranscriptFolders()
        self._beside = SessionFolders()
        self._real = RealPaths()
        self._unrecorded = UnrecordedSessions(self._folders, self._real)
        self._recorded: dict[tuple[Path, str], datetime] = {}

    def find(self, homes: Sequence[Path], table: ProcessTable, now: datetime) -> FoundSessions:
        homes = _distinct(homes)
        agents = self._agents.look(table)
        found: dict[tuple[Path, str], FoundSession] = {}
        for home, records in self._records.look(homes).items():
            for record in records:
                one = self._of_record(home, record, table, now)
                if one is not None and _is_better(one, found.get((home, record.session))):
                    found[home, record.session] = one
        self._recorded |= dict.fromkeys(found, now)
        self._recorded = {key: seen for key, seen in self._recorded.items() if now - seen < 2 * RECENT}
        recorded = {one.pid for one in found.values()}
        others = [agent for agent in agents if agent.process.pid not in recorded and lacks_record(agent, now)]
        for one in self._unrecorded.of(others, homes, table, now):
            found.setdefault((one.home, one.id), one)
        doubtful = {home for agent in others for home in homes_of(agent, homes, table, self._real)}
        for one in ended(homes, found, now):
            # One of these programs may go on with it, unless it was seen with a record.
            is_certain = one.home not in doubtful or (one.home, one.id) in self._recorded
            found[one.home, one.id] = one if is_certain else replace(one, is_running=None)
        self._folders.keep(found)
        self._beside.keep({one.log for one in found.values() if one.log is not None})
        return FoundSessions(
            sessions=tuple(found.values()),
            servers=tuple(_server(agent) for agent in agents if agent.role == "server"),
            agents=frozenset(agent.process.pid for agent in agents),
        )

    def subagents(self, found: FoundSession) -> Sequence[FoundSession]:
        """They run in the process of their session: none does in one that is idle, nor one that was last written
        before that process began, as those of a process that was killed.
        """
        if found.log is None or found.parent is not None:
            return ()
        is_idle = found.record is not None and found.record.status == "idle"
        return [
            FoundSession(
                home=found.home,
                id=agent.id,
                log=agent.path,
                is_running=False if is_idle or _is_older(agent.path, found.since) else found.is_running,
                parent=found.id,
                name=agent.kind,
            )
            for agent in self._beside.agents(found.log)
        ]

    def _of_record(
        self, home: Path, record: SessionRecord, table: ProcessTable, now: datetime
    ) -> FoundSession | None:
        if record.is_spare or record.kind.startswith("daemon"):
            return None
        process = table.processes.get(record.pid)
        is_foreign = record.is_of_another_user or self._host.is_foreign(record)
        runs = not is_foreign and process is not None and self._host.wrote(process, record)
        log = self._folders.of(home, record.session, record.cwd, now)
        if is_foreign and _is_forgotten(record, log, now):
            return None
        return FoundSession(
            home=home,
            id=record.session,
            log=log,
            pid=record.pid if runs else None,
            is_running=None if is_foreign else runs,
            kind=_kind(record),
            cwd=record.cwd,
            version=record.version,
            since=record.since,
            memory_files=self._beside.memory_files(log) if log else None,
            record=record.own if runs else None,
        )


def _is_forgotten(record: SessionRecord, log: Path | None, now: datetime) -> bool:
    """Whether neither was written for so long that its program was most likely killed with its container."""
    written = stamp(str(log)) if log else None
    of_log = datetime.fromtimestamp(written[0] / 1e9, UTC) if written else None
    times = [at for at in (record.written, of_log) if at is not None]
    return not times or now - max(times) >= _FORGOTTEN


def _is_older(log: Path, began: datetime | None) -> bool:
    """Whether it was last written before that."""
    written = stamp(str(log))
    return began is not None and written is not None and written[0] < began.timestamp() * 1e9


def _distinct(homes: Sequence[Path]) -> list[Path]:
    """The first of those that are one folder: its sessions are not two."""
    return list({os.path.realpath(home): home for home in reversed(homes)}.values())[::-1]


def _is_better(one: FoundSession, other: FoundSession | None) -> bool:
    """Of two records of a session the one whose process runs; of two such the one that wants the person more."""
    return other is None or _rank(one) > _rank(other)


def _rank(found: FoundSession) -> tuple[bool, bool, int, float]:
    return (
        found.pid is not None,
        found.is_running is None,
        -STATUSES.index(found.record.status if found.record else "unknown"),
        found.since.timestamp() if found.since else 0.0,
    )


def _kind(record: SessionRecord) -> str:
    return "background" if record.kind == "bg" else kind_of(record.entrypoint)


def _server(agent: Agent) -> FoundServer:
    return FoundServer(pid=agent.process.pid, name="claude mcp serve")
