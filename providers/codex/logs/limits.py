"""The limits that Codex last logged: the newest `rate_limits` in the rollouts, read without a network.

Codex logs them in each `token_count`. The newest files are read from their ends, as far as needed, so this takes
milliseconds however large the logs are. For files last written more than 24 hours ago, the finder's last walk
counts, which is at most 5 minutes old.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import floor
from pathlib import Path

from providers.codex import limits
from providers.codex.logs.format import ROLLOUTS
from providers.codex.logs.newest import Newest, Search
from providers.domain.errors import ProviderError
from providers.domain.limits import Reading
from providers.ledger.discover import FINDERS, Finders, LogFinder
from providers.source import Question

NEWEST_FILES = 24
MOST_BYTES = 1 << 28
"""What one reading may read. Usually the last 128 KiB hold the limits; one `compacted` line may exceed 100 MB."""
OLDEST = timedelta(days=31)


class RolloutLimits:
    """Implements providers.source.Source."""

    id = "rollouts"
    title = "session logs"
    local = True
    rest = timedelta(0)

    def __init__(self, finders: Finders = FINDERS) -> None:
        self._finders = finders
        self._without_limits: dict[Path, int] = {}

    def is_fallback_for(self, error: ProviderError) -> bool:  # noqa: ARG002 - as every source
        """Reading it costs nothing."""
        return True

    def unavailable(self, question: Question) -> ProviderError | None:  # noqa: ARG002 - as every source
        return None

    def bytes_without_limits(self, path: Path) -> int:
        """How much of a log is known to have no limits: it is not read again."""
        return self._without_limits.get(path, 0)

    def read(self, question: Question) -> Reading | None:
        """The newest trustworthy entry; None where there is none. Windows past their reset are left out."""
        newest, left = Newest(), MOST_BYTES
        finder = self._finders.finder(question.home.path, ROLLOUTS)
        for path, changed in _newest_files(finder, question.now):
            if (newest.at is not None and changed < newest.at) or left <= 0:
                break  # nothing in a file can be newer than its last write
            search = Search(question, left, self.bytes_without_limits(path))
            newest = newest.joined(search.newest_in(path))
            left -= search.read
            if search.bytes_without_entries is not None:
                self._without_limits[path] = search.bytes_without_entries
        return _reading(newest, question.now)


def _newest_files(finder: LogFinder, now: datetime) -> Iterator[tuple[Path, datetime]]:
    """Live and archived rollouts, last written first. Compressed ones are a week old and have nothing new."""
    logs = finder.recent(floor((now - OLDEST).timestamp() * 1e9))
    for log in islice((log for log in logs if log.path.endswith(".jsonl")), NEWEST_FILES):
        with suppress(OverflowError, OSError, ValueError):  # a time out of range
            yield Path(log.path), datetime.fromtimestamp(log.mtime_ns / 1e9, UTC)


def _reading(newest: Newest, now: datetime) -> Reading | None:
    """A reading of several entries has one time, that of the windows; older credits are left out."""
    note = newest.windows or newest.credits or newest.refusal or newest.unread
    if note is None:
        return None
    bought, refusal, unread = (
        each if each is not None and each.at >= note.at else None
        for each in (newest.credits, newest.refusal, newest.unread)
    )
    dropped = [name for each in (note, bought, unread) if each is not None for name in each.dropped]
    return Reading(
        source=RolloutLimits.id,
        fetched_at=note.at,
        windows=limits.one_of_each(w for w in note.windows if w.resets_at is None or w.resets_at > now),
        credits=bought.credits if bought is not None else None,
        limit_reached=True if refusal is not None else None,
        plan=note.plan,
        dropped=tuple(dict.fromkeys(dropped)),
    )
