"""Codex's sessions, as the rest of the project asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from providers.domain.live import SessionStatus
from providers.domain.processes import ProcessTable
from providers.sessions import FoundSession, FoundSessions, HookRecord, SessionFacts, SessionReader


class CodexSessions:
    counted = b'"type":"task_started"', b'"type":"turn_started"', b'"type":"compacted"'
    tool_variable = "CODEX_THREAD_ID"

    def find(self, homes: Sequence[Path], table: ProcessTable, now: datetime) -> FoundSessions:  # noqa: ARG002
        from providers.codex.sessions.owners import find

        return find(homes, table)

    def reader(self) -> SessionReader:
        from providers.codex.sessions.reader import LiveRollout

        return LiveRollout()

    def counts(self, line: bytes) -> tuple[int, int]:
        from providers.codex.sessions.lines import counts

        return counts(line)

    def subagents(self, found: FoundSession) -> Sequence[FoundSession]:  # noqa: ARG002
        """Those that run are found by their process."""
        return ()

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

        return status(found, facts, hook, subagents, table, now)


def watched_sessions(home: Path) -> tuple[str, ...]:
    """The locks: one comes when a session begins, and goes with it."""
    from providers.codex.sessions.rollouts import LOCKS

    return (str(home / LOCKS),)
