"""Pages with live sessions that a test decides about."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from providers.domain.live import LiveSession, SessionsLook
from tools import example_sessions
from tray.engine.live.feed import SessionFeed


class ShownSessions:
    """What the next look finds; it counts the looks. Its clock runs."""

    def __init__(self, *sessions: LiveSession) -> None:
        self.sessions = sessions
        self.looks = 0

    def __call__(self) -> SessionsLook:
        look = example_sessions.look(*self.sessions, at=self.now())
        self.looks += 1
        return look if self.sessions else replace(look, mcp_servers=(), orphans=())

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def looked(self, looks: int) -> None:
        """When there were so many."""
        for _ in range(2000):
            if self.looks >= looks:
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"{self.looks} looks, not {looks}")

    def feed(self, state: Path) -> SessionFeed:
        return SessionFeed(state, self, self.now)


class NoTime(ShownSessions):
    """Each look is as of another second, so that none stands for the next one."""

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(seconds=2 * self.looks)
