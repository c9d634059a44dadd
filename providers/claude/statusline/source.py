"""The limits that Claude Code sent to its status line, where tankful is its command (see `bridge`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from providers.claude import limits
from providers.claude.statusline import bridge
from providers.domain.errors import ProviderError
from providers.domain.limits import CLOCK_SLACK, RateWindow, Reading
from providers.domain.scalars import moment
from providers.source import Question

OLDEST = timedelta(days=8)
_KINDS = dict(zip(bridge.WINDOWS, (limits.SESSION, limits.WEEKLY), strict=True))


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
        sessions = [session for session in sessions if earliest <= session[0] <= latest]
        if not sessions:
            return None
        at, sent, dropped = max(sessions, key=lambda each: each[0])
        windows = [_window(name, raw, at) for name, raw in sent.items()]
        found = [window for window in windows if window is not None]
        if not found:
            return None
        return Reading(
            source=self.id,
            fetched_at=min(at, question.now),
            windows=limits.in_order(found),
            dropped=dropped,
        )


def _files(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.name.endswith(".json")]
    except OSError:
        return []


def _session(file: str) -> tuple[datetime, dict[str, Any], tuple[str, ...]] | None:
    """When a session reported, what, and what of it was dropped."""
    session = bridge.read(file) or {}
    at, sent, dropped = moment(session.get("at")), session.get("limits"), session.get("dropped")
    if at is None or not isinstance(sent, dict):
        return None
    names = dropped if isinstance(dropped, list) else []
    return at, sent, tuple(name if _is_name(name) else "*" for name in names)


def _is_name(name: object) -> bool:
    """Whether it can be shown."""
    return isinstance(name, str) and limits.is_name(name)


def _window(name: str, raw: Any, at: datetime) -> RateWindow | None:
    if name not in _KINDS or not isinstance(raw, dict):
        return None
    return _KINDS[name].window(raw.get("used_percentage"), moment(raw.get("resets_at")), at)
