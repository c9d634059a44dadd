"""Which logs have changed since the ledger last knew them, and what a process remembers to find out cheaply."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from providers.ledger import index
from providers.ledger.database import transaction
from providers.ledger.discover import Finders, LogFile, LogFinder
from providers.ledger.growth import Ties
from providers.ledger.index import LogRow
from providers.ledger.log_reader import ChangedLog
from providers.ledger.logins import SeenLogin
from providers.logs import LogFormat


class Shelf(Struct, frozen=True, kw_only=True):
    """One provider's logs in one home. `read_login` returns who is signed in there now; it is called when
    logs have changed.
    """

    provider: str
    home: Path
    format: LogFormat
    read_login: Callable[[], SeenLogin | None] = lambda: None


class Remembered:
    """A cache for a process that refreshes often: folder listings, and the ledger's logs."""

    def __init__(self, finders: Finders | None = None) -> None:
        self._finders = finders or Finders()
        self.ties = Ties()
        self._known: dict[int, tuple[int, dict[str, LogRow]]] = {}
        self._settled: dict[int, tuple[int, list[LogFile], list[str]]] = {}

    def finder(self, shelf: Shelf) -> LogFinder:
        return self._finders.finder(shelf.home, shelf.format)

    def known(self, db: sqlite3.Connection, home: int) -> dict[str, LogRow]:
        """Keyed by their storable paths; reloaded when any process has written since."""
        generation = index.generation(db)
        held = self._known.get(home)
        if held is None or held[0] != generation:
            held = self._known[home] = generation, index.known_logs(db, home)
        return held[1]

    def settle(self, db: sqlite3.Connection, home: int, logs: list[LogFile], torn: list[str]) -> None:
        """The ledger is up to date with these, as far as they are not torn. What it knows of each is read again
        when one of them changes: that takes a few milliseconds, and a tray with thousands of logs need not hold it
        all day.
        """
        self._settled[home] = index.generation(db), logs, torn
        self._known.pop(home, None)

    def settled(self, db: sqlite3.Connection, home: int, logs: list[LogFile]) -> list[str] | None:
        """Those of them that are torn; None where the ledger is not known to be up to date."""
        generation, known, torn = self._settled.get(home, (None, [], []))
        return torn if (generation, known) == (index.generation(db), logs) else None


def compare(
    db: sqlite3.Connection, remembered: Remembered, shelf: Shelf, logs: list[LogFile]
) -> tuple[list[ChangedLog], list[str]]:
    """The logs that must be read, and those that are torn and have not changed since; records those that were
    deleted, restored, or merely moved.
    """
    home = index.home_id(db, shelf.provider, shelf.home)
    if (settled := remembered.settled(db, home, logs)) is not None:
        return [], settled
    known = remembered.known(db, home)
    paths = [index.storable(log.path) for log in logs]
    # Archiving moves a log with its inode and its name. An inode alone may be reused.
    absent = [known[path] for path in known.keys() - set(paths)]
    missing = {(row.inode, _name(row.path)): row for row in absent}
    changes: list[ChangedLog] = []
    moved: list[tuple[LogRow, str]] = []
    restored: list[int] = []
    torn: list[str] = []
    for path, log in zip(paths, logs, strict=True):
        row = known.get(path)
        if row is None and (row := missing.pop((log.inode, _name(path)), None)) is not None:
            moved.append((row, log.path))
        if row is None or row.whole == index.UNREAD or not _is_unchanged(log, row):
            changes.append(ChangedLog(log, row))
            continue
        if row.gone:
            restored.append(row.id)
        if row.whole == index.TORN:
            torn.append(log.path)
    kept = {row.id for row, _ in moved}
    newly_deleted = [row.id for row in absent if not row.gone and row.id not in kept]
    if moved or restored or newly_deleted:
        _record(db, moved, restored, newly_deleted)
    elif not changes:
        remembered.settle(db, home, logs, torn)
    return changes, torn


def _record(
    db: sqlite3.Connection, moved: list[tuple[LogRow, str]], restored: list[int], deleted: list[int]
) -> None:
    with transaction(db):
        index.note_writing(db)
        for row, path in moved:
            index.move_log(db, row.id, path)
        index.mark_deleted(db, restored, deleted=False)
        index.mark_deleted(db, deleted, deleted=True)


def all_read(db: sqlite3.Connection, shelf: Shelf, logs: list[LogFile]) -> bool:
    """Whether the ledger has all that these logs hold; one that was moved since counts as new. Writes nothing."""
    home = index.known_home(db, shelf.provider, shelf.home)
    known = {} if home is None else index.known_logs(db, home)
    rows = ((log, known.get(index.storable(log.path))) for log in logs)
    return all(row is not None and row.whole != index.UNREAD and _is_unchanged(log, row) for log, row in rows)


def _is_unchanged(log: LogFile, row: LogRow) -> bool:
    return log.mtime_ns == row.mtime_ns and log.size == row.size and log.inode == row.inode


def _name(path: str) -> str:
    return os.path.basename(path)
