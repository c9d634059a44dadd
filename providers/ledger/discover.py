"""Finds the logs of a home, repeatedly: all of them at the cost of one `stat` each, or only the recent ones."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from providers.ledger.found_logs import FoundLogs, LogFile
from providers.ledger.listing import Listings
from providers.ledger.log_tree import LogTree
from providers.logs import LogDiscovery

__all__ = ["FINDERS", "Finders", "FoundLogs", "LogFile", "LogFinder"]

RECENT_NS = 24 * 3600 * 10**9
WALK_SECONDS = 300.0


class LogFinder:
    """Finds the logs under `folders` of a home, and its `files` (see `providers.logs.LogDiscovery`).

    Symbolic links are followed, as people keep homes elsewhere; a file reached twice is found once. A folder
    whose mtime has not changed is not listed again. Thread-safe. `seconds` is a monotonic clock, `now_ns` is the
    wall clock.
    """

    def __init__(
        self,
        home: Path,
        folders: Sequence[str],
        is_log: Callable[[str], bool],
        seconds: Callable[[], float] = time.monotonic,
        *,
        files: Sequence[str] = (),
        companions: Sequence[str] = (),
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        roots, fixed = ([os.fspath(home / path) for path in paths] for paths in (folders, files))
        self._listings = Listings(is_log, seconds)
        self._tree = LogTree(self._listings, roots, fixed, companions)
        self._seconds = seconds
        self._now_ns = now_ns
        self._walked_at: float | None = None
        self._lock = threading.Lock()

    def find(self) -> tuple[FoundLogs, list[str]]:
        """A full walk. Returns the logs, the same object where nothing has changed, and the unreadable paths."""
        with self._lock:
            return self._walk()

    def recent(self, since_ns: int) -> list[LogFile]:
        """The logs written since then (epoch ns), newest first; equal answers as long as nothing changes.

        Makes a full walk only where the last one is older than 5 minutes. Otherwise it stats the logs written in
        the 24 hours before the last call, the folders whose mtime is as recent with their ancestors, and the
        folders above the newest log, so that a new session shows at once. The rest is as the last walk found it.
        """
        with self._lock:
            if self._walked_at is None or self._seconds() - self._walked_at > WALK_SECONDS:
                self._walk()
            else:
                self._tree.look(self._now_ns() - RECENT_NS)
            return self._tree.written_since(since_ns)

    def _walk(self) -> tuple[FoundLogs, list[str]]:
        self._listings.expire()
        found = self._tree.walk(self._now_ns() - RECENT_NS)
        self._walked_at = self._seconds()
        return found


class Finders:
    """A registry with one LogFinder for each home and format, so that all who need a home's logs share its walks.

    Thread-safe. Finders are kept for good: homes are few.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[Path, LogDiscovery], LogFinder] = {}
        self._lock = threading.Lock()

    def finder(self, home: Path, discovery: LogDiscovery) -> LogFinder:
        with self._lock:
            made = self._made.get((home, discovery))
            if made is None:
                made = self._made[home, discovery] = LogFinder(
                    home,
                    discovery.folders,
                    discovery.is_log,
                    files=discovery.files,
                    companions=discovery.companions,
                )
            return made


FINDERS = Finders()
"""Shared in this process by the ledger's refresh, the sources that read logs, and the engine."""
