"""Codex's sessions, as the rest of the project asks for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from providers.domain.live import SessionStatus
from providers.domain.processes import ProcessTable
from providers.sessions import FoundSession, FoundSessions, HookRecord, SessionFacts, SessionReader

if TYPE_CHECKING:
    from providers.codex.sessions.logged import LoggedSubagents
    from providers.codex.sessions.titles import ThreadTitles
    from providers.codex.sessions.tool_runs import ToolRuns
    from providers.host.answers import RealPaths


class CodexSessions:
    """What it imports comes with the first look: commands that show none should not wait for it."""

    counted = b'"type":"task_started"', b'"type":"turn_started"', b'"type":"compacted"'
    needs_turn = True
    tool_variable = "CODEX_THREAD_ID"

    def __init__(self) -> None:
        self._logged: LoggedSubagents | None = None
        self._runs: ToolRuns | None = None
        self._titles: ThreadTitles | None = None
        self._real: RealPaths | None = None

    def find(self, homes: Sequence[Path], table: ProcessTable, now: datetime) -> FoundSessions:
        from providers.codex.sessions.owners import find
        from providers.codex.sessions.titles import ThreadTitles
        from providers.host.answers import RealPaths

        self._real = self._real or RealPaths()
        found = find(homes, table, now, self._real)
        self._titles = self._titles or ThreadTitles()
        return replace(found, sessions=tuple(map(self._named, found.sessions)))

    def _named(self, one: FoundSession) -> FoundSession:
        title = self._titles.of(one.home).get(one.id) if self._titles else None
        return replace(one, title=title) if title else one

    def reader(self, clis: Collection[str] = ()) -> SessionReader:
        from providers.codex.sessions.reader import LiveRollout

        return LiveRollout(clis)

    def counts(self, line: bytes) -> tuple[int, int]:
        from providers.codex.sessions.lines import counts, kind_of

        return counts(*kind_of(line))

    def subagents(self, found: FoundSession) -> Sequence[FoundSession]:
        if self._logged is None:
            from providers.codex.sessions.logged import LoggedSubagents

            self._logged = LoggedSubagents()
        return self._logged.of(found)

    def status(
        self,
        found: FoundSession,
        facts: SessionFacts | None,
        hook: HookRecord | None,
        subagents: Mapping[str, SessionStatus],
        table: ProcessTable,
        now: datetime,
    ) -> SessionStatus:
        from providers.codex.sessions.status import status
        from providers.codex.sessions.tool_runs import ToolRuns

        runs = self._runs = self._runs or ToolRuns()
        return status(found, facts, hook, subagents, lambda call: runs.look(call, found, table, now), now)


def watched_sessions(home: Path) -> tuple[str, ...]:
    """The locks: one comes when a session begins, and goes with it."""
    from providers.codex.sessions.rollouts import LOCKS

    return (str(home / LOCKS),)
