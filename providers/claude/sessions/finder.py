"""Claude Code's sessions, as the rest of the project asks for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from providers.domain.live import SessionStatus
from providers.domain.processes import ProcessTable
from providers.sessions import FoundSession, FoundSessions, HookRecord, SessionFacts, SessionReader

# What reads is imported when somebody looks: the descriptor is for all commands.
if TYPE_CHECKING:
    from providers.claude.sessions.identity import Host
    from providers.claude.sessions.search import SessionSearch


class ClaudeSessions:
    """Remembers what it read; for one thread at a time."""

    counted = (
        b'"role":"user","content":"',
        b'"content":[{"type":"text"',
        b'"content":[{"type":"image"',
        b'"content":[{"type":"document"',
        b'"subtype":"compact_boundary"',
    )
    needs_turn = False
    tool_variable = "CLAUDE_CODE_SESSION_ID"

    def __init__(self, host: Host | None = None) -> None:
        """`host` is this machine by default."""
        self._host = host

    @cached_property
    def _search(self) -> SessionSearch:
        from providers.claude.sessions.search import SessionSearch

        return SessionSearch(self._host)

    def find(self, homes: Sequence[Path], table: ProcessTable, now: datetime) -> FoundSessions:
        return self._search.find(homes, table, now)

    def reader(self, clis: Collection[str] = ()) -> SessionReader:
        from providers.claude.sessions.reader import SessionTranscript

        return SessionTranscript(clis)

    def counts(self, line: bytes) -> tuple[int, int]:
        from providers.claude.sessions.reader import counts

        return counts(line) if any(text in line for text in self.counted) else (0, 0)

    def subagents(self, found: FoundSession) -> Sequence[FoundSession]:
        return self._search.subagents(found)

    def status(
        self,
        found: FoundSession,
        facts: SessionFacts | None,
        hook: HookRecord | None,
        subagents: Mapping[str, SessionStatus],
        table: ProcessTable,
        now: datetime,
    ) -> SessionStatus:
        from providers.claude.sessions.status import status_of
        from providers.claude.sessions.tools import has_tool

        asks_tools = found.record is None and found.pid is not None and facts is not None and facts.calls
        seen = has_tool(found.pid, found.id, table) if asks_tools and found.pid is not None else None
        return status_of(found, facts, hook, subagents, has_tool=seen, now=now)


def watched_sessions(home: Path) -> tuple[str, ...]:
    """The folder of the records, and each of these: they are written in place."""
    from providers.claude.sessions.records import record_paths

    return record_paths(home)
