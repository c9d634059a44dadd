"""Read one log: all of it, or what is new in it."""

from __future__ import annotations

import sqlite3

from msgspec import Struct

from providers.ledger import index
from providers.ledger.discover import LogFile
from providers.ledger.index import LogEntry
from providers.ledger.known_logs import LogRow
from providers.logs import Checkpoint, LogFormat, LogScanner, ScanResult

# The last one for logs that are databases: a damaged one must not be mistaken for a damaged ledger.
_UNREADABLE = (OSError, ValueError, OverflowError, RecursionError, sqlite3.Error)


class ChangedLog(Struct, frozen=True):
    """A log that must be read; `known` is its previous state."""

    log: LogFile
    known: LogRow | None

    @property
    def unread(self) -> int:
        """The number of new bytes, as far as known without opening it."""
        return max(0, self.log.size - (self.known.offset if self.known else 0))


class LogReading:
    """Reads logs of any format. Returns None for one that cannot be read, or of which more is known already."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._scanners: dict[LogFormat, LogScanner] = {}

    def scanner(self, fmt: LogFormat) -> LogScanner:
        """The one for all logs of a format."""
        scanner = self._scanners.get(fmt)
        if scanner is None:
            scanner = self._scanners[fmt] = fmt.scanner()
        return scanner

    def read_new(self, log: LogFile, fmt: LogFormat) -> LogEntry | None:
        """Read an unknown log; needs no ledger."""
        scan = self._scan(log, fmt, None)
        return None if scan is None else _entry(log, scan)

    def read_on(self, log: LogFile, known: LogRow, fmt: LogFormat) -> LogEntry | None:
        """Read on in a known log."""
        scan = self._scan(log, fmt, index.checkpoint(self._db, known.id))
        if scan is None:
            return None
        if known.gone and known.offset and not scan.same_log:
            return _entry(log, scan, replaces=known.id)
        if not scan.complete and known.offset > scan.offset:
            if scan.torn:
                index.mark_torn(self._db, known.id, _stamp(log))
            return None
        return _entry(log, scan, id_=known.id)

    def _scan(self, log: LogFile, fmt: LogFormat, checkpoint: Checkpoint | None) -> ScanResult | None:
        try:
            return self.scanner(fmt).scan(log.path, checkpoint)
        except _UNREADABLE:
            return None  # one bad log must not keep the others from being read


def _entry(
    log: LogFile, scan: ScanResult, *, id_: int | None = None, replaces: int | None = None
) -> LogEntry:
    return LogEntry(
        id=id_,
        replaces=replaces,
        path=log.path,
        stamp=_stamp(log),
        offset=scan.offset,
        before=scan.fingerprint,
        skipped=scan.skipped,
        whole=index.TORN if scan.torn else int(scan.complete),
        observation=scan.observation,
        names=scan.links,
        last_ms=scan.last_ms,
    )


def _stamp(log: LogFile) -> tuple[int, int, int]:
    return log.inode, log.size, log.mtime_ns
