"""What is known about logs without opening them, to detect changes: read from plain columns, all logs of a home at
once.

The table itself is searched: see `providers.ledger.index`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from msgspec import Struct

from providers.ledger.index import UNREAD, WHOLE
from providers.ledger.statements import placeholders

_LOGS = "SELECT id, path, inode, size, mtime_ns, offset, whole, gone FROM logs NOT INDEXED WHERE home = ?"
Stamps = set[tuple[str, int, int, int | None]]
"""Storable path, inode, size and mtime_ns of each log."""


class LogRow(Struct, frozen=True, array_like=True):
    """What is known about a log without opening it: enough to detect a change. `whole` is WHOLE, TORN or
    UNREAD.
    """

    id: int
    path: str
    inode: int
    size: int
    mtime_ns: int
    offset: int
    whole: int
    gone: bool


def all_logs(db: sqlite3.Connection, home: int) -> dict[str, LogRow]:
    """Keyed by their storable paths."""
    return {row[1]: LogRow(*row) for row in db.execute(_LOGS, (home,))}


def some_logs(
    db: sqlite3.Connection, home: int, paths: Sequence[str], inodes: Sequence[int]
) -> dict[str, LogRow]:
    """Those that have one of these storable paths or one of these inodes."""
    some = f"(path IN ({placeholders(paths)}) OR inode IN ({placeholders(inodes)}))"
    rows = db.execute(f"{_LOGS} AND {some}", (home, *paths, *inodes))
    return {row[1]: LogRow(*row) for row in rows}


def logs_with_ids(db: sqlite3.Connection, home: int, ids: Sequence[int]) -> dict[str, LogRow]:
    rows = db.execute(f"{_LOGS} AND id IN ({placeholders(ids)})", (home, *ids))
    return {row[1]: LogRow(*row) for row in rows}


def stamps(db: sqlite3.Connection, home: int) -> Stamps:
    """Of all logs that exist, as far as known; with None for the mtime of one that was not read to its end."""
    query = (
        "SELECT path, inode, size, CASE whole WHEN ? THEN mtime_ns END FROM logs NOT INDEXED"
        " WHERE home = ? AND gone = 0"
    )
    return set(db.execute(query, (WHOLE, home)))


def read_logs(db: sqlite3.Connection, home: int) -> Stamps:
    """Of the logs that were read as far as they go."""
    query = "SELECT path, inode, size, mtime_ns FROM logs NOT INDEXED WHERE home = ? AND whole != ?"
    return set(db.execute(query, (home, UNREAD)))


def must_read_again(db: sqlite3.Connection, home: int) -> bool:
    """Whether a log that exists was not read to its end, or is to be read again."""
    query = (
        "SELECT 1 FROM logs NOT INDEXED WHERE home = ? AND gone = 0 AND (whole = ? OR mtime_ns = -1) LIMIT 1"
    )
    return db.execute(query, (home, UNREAD)).fetchone() is not None
