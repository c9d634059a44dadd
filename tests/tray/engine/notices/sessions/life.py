"""A life of sessions in virtual time: `look` says what is due at the moment that it has come to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from providers.domain.limits import UsageSnapshot
from providers.domain.live import Evidence, LiveSession, SessionsLook, SessionStatus, Status, Task
from tests.tray.engine.notices.states import NOW, ZONE
from tools.example_states import CLAUDE, CODEX
from tray.engine.notices.sessions.due import SessionsDue, sessions_due
from tray.engine.notices.sessions.memory import SessionMemory
from tray.engine.notices.stored import Seen
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.engine.state import State

SECOND = timedelta(seconds=1)


class Life:
    """The process began an hour ago."""

    def __init__(self) -> None:
        self.now = NOW
        self.sessions: dict[str, LiveSession] = {}
        self.settings: dict[str, Any] = {}
        self.muted_until: datetime | None = None
        self.watched = False
        self.focused: set[str] = set()
        self.asked_for_focus: list[str] = []
        self.is_looked_at = True
        self.counting = False
        self.counted_at: datetime | None = NOW
        self.seen: Seen = {}
        self.memory = SessionMemory(since=NOW - timedelta(hours=1))
        self.snapshot = UsageSnapshot(generated_at=NOW, accounts=(CODEX, CLAUDE))

    def set(
        self,
        name: str,
        status: Status,
        *,
        tool: str | None = "Bash",
        evidence: Evidence = "program",
        since: datetime | None = None,
        dated: bool = True,
        **more: Any,
    ) -> None:
        """From now on the session does that, since `since`, or since now."""
        began = (since or self.now) if dated else None
        task = Task(tool=tool) if tool is not None else None
        session = LiveSession(
            provider="claude",
            id=name,
            home="~/.claude",
            account="e5f6a7b8",
            project=name,
            status=SessionStatus(status=status, since=began, task=task, evidence=evidence),
        )
        self.sessions[name] = replace(session, **more)

    @property
    def state(self) -> State:
        sessions = tuple(self.sessions.values())
        look = SessionsLook(at=self.now, sessions=sessions, counted_at=self.counted_at)
        return State(
            settings=Settings(table=SETTINGS, values=self.settings),
            snapshot=self.snapshot,
            muted_until=self.muted_until,
            sessions=look if self.is_looked_at else None,
            counting=self.counting,
        )

    def look(self, after: timedelta = timedelta(0)) -> SessionsDue:
        self.now += after
        found = sessions_due(
            self.memory,
            self.seen,
            self.state,
            self.now,
            ZONE,
            watched=self.watched,
            is_focused=self._is_focused,
        )
        self.memory, self.seen = found.memory, found.seen
        return found

    def shown(self, seconds: float = 10) -> list[list[str]]:
        """What a look after so many seconds shows: of each notice the kinds and the sessions."""
        found = self.look(seconds * SECOND)
        return [[f"{each.kind} {each.session.id}" for each in occasions] for _key, occasions in found.show]

    def restart(self) -> None:
        self.memory = SessionMemory(since=self.now)

    def _is_focused(self, session: LiveSession) -> bool | None:
        self.asked_for_focus.append(session.id)
        return session.id in self.focused or None
