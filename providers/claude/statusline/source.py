"""The limits that Claude Code sent to its status line, where tankful is its command (see `bridge`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from providers.claude import limits
from providers.claude.statusline import bridge
from providers.domain.errors import ProviderError
from providers.domain.limits import RateWindow, Reading
from providers.source import Question

CLOCK_SLACK = timedelta(minutes=5)
OLDEST = timedelta(days=8)
_RULES = dict(zip(bridge.WINDOWS, (limits.session, limits.weekly), strict=True))


class _Window(Struct, frozen=True):
    used_percentage: float
    resets_at: float | None = None


class _Session(Struct, frozen=True):
    at: float
    limits: dict[str, Any]


class StatuslineSource:
    """Implements providers.source.Source."""

    id = "statusline"
    title = "Claude Code status line"
    local = True
    rest = timedelta(0)

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ

    def is_fallback_for(self, error: ProviderError) -> bool:  # noqa: ARG002 - as every source
        """Reading it costs nothing."""
        return True

    def unavailable(self, question: Question) -> ProviderError | None:  # noqa: ARG002 - as every source
        return None

    def read(self, question: Question) -> Reading | None:
        """The last report of a session of this account in this home; None where there is none, or none recent."""
        folder = bridge.folder_of(str(question.home.path), self._environ)
        sessions = [each for each in map(_session, _files(folder)) if each is not None]
        latest = question.now + CLOCK_SLACK
        earliest = max(question.account_since, question.now - OLDEST)
        sessions = [(at, session) for at, session in sessions if earliest <= at <= latest]
        if not sessions:
            return None
        at, session = max(sessions, key=lambda each: each[0])
        windows = [_window(name, raw, at) for name, raw in session.limits.items()]
        found = [window for window in windows if window is not None]
        if not found:
            return None
        return Reading(source=self.id, fetched_at=min(at, question.now), windows=limits.in_order(found))


def _files(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.name.endswith(".json")]
    except OSError:
        return []


def _session(file: str) -> tuple[datetime, _Session] | None:
    with suppress(msgspec.ValidationError):
        session = msgspec.convert(bridge.read(file), _Session)
        at = limits.moment(session.at)
        return (at, session) if at is not None else None
    return None


def _window(name: str, raw: Any, at: datetime) -> RateWindow | None:
    if name not in _RULES:
        return None
    try:
        sent = msgspec.convert(raw, _Window)
    except msgspec.ValidationError:
        return None
    return _RULES[name](sent.used_percentage, limits.moment(sent.resets_at), at)
