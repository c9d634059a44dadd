"""Looks and sessions for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from providers.domain.live import LiveSession, SessionsLook, SessionStatus, Status

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def session(
    ident: str = "0199", status: Status = "working", *, look_again: bool = False, **more: Any
) -> LiveSession:
    return LiveSession(
        provider="codex",
        id=ident,
        home="~/.codex",
        status=SessionStatus(status=status, look_again=look_again),
        **more,
    )


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Looker:
    """Counts the looks; each finds as many sessions as there were looks."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.looks = 0

    def __call__(self) -> SessionsLook:
        self.looks += 1
        return SessionsLook(at=self.clock(), sessions=tuple(session(str(each)) for each in range(self.looks)))
