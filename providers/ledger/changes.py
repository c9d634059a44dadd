"""Which logs have changed since the ledger last knew them, and what a process remembers to find out cheaply."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from providers.ledger import index, known_logs
from providers.ledger.database import transaction
from providers.ledger.discover import Finders, FoundLogs, LogFile, LogFinder
from providers.ledger.facts import fact, note_fact
from providers.ledger.growth import LogSummaries
from providers.ledger.known_logs import LogRow
from providers.ledger.log_reader import ChangedLog
from providers.ledger.logins import SeenLogin
from providers.logs import LogFormat

_FEW = 400  # logs: the rows of more are not picked out; SQLite may allow no more than 999 values


class Shelf(Struct, frozen=True, kw_only=True):
    """One provider's logs in one home. `read_login` returns who is signed in there now; it is called when
    logs have changed.
    """

    provider: str
    home: Path
    format: LogFormat
    read_login: Callable[[], SeenLogin | None] = lambda: None


class LogChanges(Struct, frozen=True, kw_only=True):
    """What must be read of the logs of a home: those that are `known`, and `new` ones by their places. `torn` are
    the paths of those that are torn and have not changed since.
    """

    known: list[ChangedLog] = []
    new: Sequence[int] = ()
    torn: list[str] = []


class Remembered:
    """A cache for a process that refreshes often: folder listings, and what the ledger is up to date with."""

    def __init__(self, finders: Finders | None = None) -> None:
        self._finders = finders or Finders()
        self.summaries = LogSummaries()
        self._settled: dict[int, tuple[int, FoundLogs, list[str]]] = {}
        self._ids: dict[tuple[int, str], int] = {}

    def finder(self, shelf: Shelf) -> LogFinder:
        return self._finders.finder(shelf.home, shelf.format)

    def settle(self, db: sqlite3.Connection, home: int, logs: FoundLogs, torn: list[str]) -> None:
        """The ledger is up to date with these, as far as they are not torn."""
        self._settled[home] = index.generation(db), logs, torn

    def settled(self, db: sqlite3.Connection, home: int) -> tuple[FoundLogs, list[str]] | None:
        """The logs that the ledger is up to date with, and those of them that are torn; None where that is not
        known, as after another process has written.
        """
        generation, logs, torn = self._settled.get(home, (None, FoundLogs(), []))
        return (logs, torn) if generation == index.generation(db) else None

    def rows(
        self, db: sqlite3.Connection, home: int, paths: Sequence[str], inodes: Sequence[int]
    ) -> dict[str, LogRow]:
        """What the ledger knows of logs with these storable paths or, where one of the paths is not known, inodes.

        Those asked for before are found by their ids: a log that has changed will change again.
        """
        ids = [self._ids.get((home, path), 0) for path in paths]
        rows = known_logs.logs_with_ids(db, home, ids) if all(ids) else {}
        if not rows.keys() >= set(paths):
            rows = known_logs.some_logs(db, home, paths, inodes)
            self._ids |= {(home, path): row.id for path, row in rows.items()}
        return rows


def compare(db: sqlite3.Connection, remembered: Remembered, shelf: Shelf, logs: FoundLogs) -> LogChanges:
    """Finds what must be read, and records which logs were deleted, restored, or merely moved."""
    home = index.home_id(db, shelf.provider, shelf.home)
    before, were_torn = remembered.settled(db, home) or (None, [])
    if before == logs:
        return LogChanges(torn=were_torn)
    if before is None and fact(db, f"settled {home}") == logs.digest():
        remembered.settle(db, home, logs, [])
        return LogChanges()
    places, absent = _differing(db, home, logs, None if were_torn else before)
    rows = _rows(db, remembered, home, logs, places, absent)
    if not rows:
        if not places:
            _settle(db, remembered, home, logs, [])
        return LogChanges(new=places)
    changes, found = _classified(logs, places, rows)
    deleted = [
        row.id for path in absent if (row := rows.get(path)) and not row.gone and row not in found.moved
    ]
    if found.moved or found.restored or deleted:
        _record(db, found, deleted)
    elif not changes.known and not changes.new:
        _settle(db, remembered, home, logs, changes.torn)
    return changes


def settle(db: sqlite3.Connection, remembered: Remembered, shelf: Shelf, logs: FoundLogs) -> None:
    """To be called once all changes of these logs are stored; none is torn."""
    home = index.home_id(db, shelf.provider, shelf.home)
    if not known_logs.must_read_again(db, home):
        _settle(db, remembered, home, logs, [])


def _settle(
    db: sqlite3.Connection, remembered: Remembered, home: int, logs: FoundLogs, torn: list[str]
) -> None:
    """Torn ones are reported each time: a new process has to find them."""
    remembered.settle(db, home, logs, torn)
    if not torn:
        note_fact(db, f"settled {home}", logs.digest())


class _Found(Struct):
    """Known logs with the paths they were moved to; the ids of those that are there again after a deletion."""

    moved: dict[LogRow, str]
    restored: list[int]


def _classified(logs: FoundLogs, places: Sequence[int], rows: dict[str, LogRow]) -> tuple[LogChanges, _Found]:
    """What has become of the logs at these places, by what the ledger knows of them."""
    missing: dict[tuple[int, str], LogRow] | None = None
    known, new, torn, found = list[ChangedLog](), list[int](), list[str](), _Found({}, [])
    for place in places:
        log = logs[place]
        path = index.storable(log.path)
        row = rows.get(path)
        if row is None:
            missing = _missing(logs, rows) if missing is None else missing
            if (row := missing.pop((log.inode, _name(path)), None)) is not None:
                found.moved[row] = log.path
        if row is None:
            new.append(place)
        elif row.whole == index.UNREAD or not _is_unchanged(log, row):
            known.append(ChangedLog(log, row))
        else:
            if row.gone:
                found.restored.append(row.id)
            if row.whole == index.TORN:
                torn.append(log.path)
    return LogChanges(known=known, new=new, torn=torn), found


def _missing(logs: FoundLogs, rows: dict[str, LogRow]) -> dict[tuple[int, str], LogRow]:
    """Those that are not found, by what they keep when they are archived: an inode alone may be reused."""
    found = {path for path in _paths(logs) if path in rows}
    return {(row.inode, _name(path)): row for path, row in rows.items() if path not in found}


def _differing(
    db: sqlite3.Connection, home: int, logs: FoundLogs, before: FoundLogs | None
) -> tuple[Sequence[int], Collection[str]]:
    """The places of the logs that the ledger does not know as they are, and the paths of those it knows that are
    absent. It is up to date with the logs `before`.
    """
    if before is not None and before.has_paths_of(logs):
        return before.changed_places(logs), ()
    stored = known_logs.stamps(db, home) if before is None else set(_stamps(before))
    if not stored:
        return range(len(logs)), ()
    places = [place for place, stamp in enumerate(_stamps(logs)) if stamp not in stored]
    if len(stored) == len(logs) - len(places):
        return places, ()
    return places, {path for path, *_ in stored}.difference(_paths(logs))


def _rows(
    db: sqlite3.Connection,
    remembered: Remembered,
    home: int,
    logs: FoundLogs,
    places: Sequence[int],
    absent: Collection[str],
) -> dict[str, LogRow]:
    """What the ledger knows of these logs: by their paths, and of those that were moved by their inodes."""
    if len(places) + len(absent) > _FEW:
        return known_logs.all_logs(db, home)
    paths = [index.storable(logs.path(place)) for place in places]
    return remembered.rows(db, home, [*paths, *absent], [logs.inodes[place] for place in places])


def _paths(logs: FoundLogs) -> Iterator[str]:
    return map(index.storable, logs.paths())


def _stamps(logs: FoundLogs) -> Iterator[tuple[str, int, int, int]]:
    return zip(_paths(logs), logs.inodes, logs.sizes, logs.mtimes, strict=True)


def _record(db: sqlite3.Connection, found: _Found, deleted: list[int]) -> None:
    with transaction(db):
        index.note_writing(db)
        for row, path in found.moved.items():
            index.move_log(db, row.id, path)
        index.mark_deleted(db, found.restored, deleted=False)
        index.mark_deleted(db, deleted, deleted=True)


def all_read(db: sqlite3.Connection, shelf: Shelf, logs: FoundLogs) -> bool:
    """Whether the ledger has all that these logs hold; one that was moved since counts as new. Writes nothing."""
    home = index.known_home(db, shelf.provider, shelf.home)
    return not logs or (home is not None and known_logs.read_logs(db, home).issuperset(_stamps(logs)))


def _is_unchanged(log: LogFile, row: LogRow) -> bool:
    return log.mtime_ns == row.mtime_ns and log.size == row.size and log.inode == row.inode


def _name(path: str) -> str:
    return os.path.basename(path)
