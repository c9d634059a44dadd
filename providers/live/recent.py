"""Sessions that have just ended: the person still wants to see them for a while."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from providers.domain.session_figures import SessionKey
from providers.live.observed import Candidate
from providers.sessions import RECENT


class RecentSessions:
    """Remembers which sessions ran when, from look to look."""

    def __init__(self) -> None:
        self._seen: dict[SessionKey, tuple[Candidate, datetime]] = {}

    def with_ended(
        self, running: Iterable[Candidate], now: datetime, unknown: Collection[str | Path] = ()
    ) -> list[Candidate]:
        """These, and those that ended within the last minutes. Of the providers and homes that are `unknown`
        nothing was found out this time: none of their sessions counts as ended.
        """
        current = [self._dated(each) for each in running]
        keys = {each.key for each in current}
        ended = [
            replace(each, found=replace(each.found, pid=None, is_running=False, record=None), ended=seen)
            for key, (each, seen) in self._seen.items()
            if key not in keys and not is_unknown(key, unknown) and now - seen < RECENT
        ]
        recent = {key: known for key, known in self._seen.items() if now - known[1] < RECENT}
        self._seen = recent | {each.key: (each, now) for each in current if each.found.is_running}
        return [*current, *ended]

    def _dated(self, one: Candidate) -> Candidate:
        """Of one that is found without its program: when that was last seen."""
        seen = self._seen.get(one.key) if one.found.is_running is False else None
        return replace(one, ended=seen[1]) if seen is not None else one


def is_unknown(key: SessionKey, unknown: Collection[str | Path]) -> bool:
    """Whether nothing was found out of this session's provider, or of its home."""
    return key.provider in unknown or key.home in unknown
