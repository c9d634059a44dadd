"""Writes the logs that were just read: known ones as unresolved, new ones with the parts they were resolved in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from zlib import crc32

from msgspec import Struct

from providers.ledger.index import LogEntry, storable
from providers.ledger.log_checksums import PART_WEIGHT, log_checksum, state_of

_PACKING_LEVEL = -1
"""Of zstd. Small observations are as small as at level 1, and packed in a third of its time; large ones are 5 %
larger.
"""


class ReadLog(Struct, frozen=True):
    """A log that was just read, and the home it was found in, with the home's number."""

    home: Path
    home_id: int
    entry: LogEntry


def number_logs(
    db: sqlite3.Connection, read: Iterable[ReadLog]
) -> tuple[dict[int, ReadLog], dict[int, ReadLog]]:
    """The known ones and the new ones, by id. New ones get the next ids, and must be added in this transaction."""
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM logs").fetchone()
    known, new = dict[int, ReadLog](), dict[int, ReadLog]()
    for log in read:
        number = log.entry.id
        if number is None:
            new[last := last + 1] = log
        else:
            known[number] = log
    return known, new


def update_logs(db: sqlite3.Connection, read: Mapping[int, ReadLog]) -> None:
    """Store these known logs, as not resolved yet."""
    if not read:
        return
    db.executemany(
        "UPDATE logs SET inode = ?, size = ?, mtime_ns = ?, offset = ?, before = ?, skipped = ?, whole = ?,"  # noqa: S608
        f" last_ms = ?, checksum = ? + {PART_WEIGHT} * part, path = ?, gone = 0, judged = 0 WHERE id = ?",
        [(*_values(log), _checksum(log), storable(log.entry.path), number) for number, log in read.items()],
    )
    _store_contents(db, read)


def add_logs(db: sqlite3.Connection, read: Mapping[int, ReadLog], parts: Mapping[int, int]) -> None:
    """Store these new logs, with the numbers of the `parts` in which they were resolved, if they were."""
    if not read:
        return
    # A deleted log yields its path to the new one, and stays.
    replaced = [(log.entry.replaces,) for log in read.values() if log.entry.replaces is not None]
    db.executemany("UPDATE logs SET path = path || '#' || id, gone = 1 WHERE id = ?", replaced)
    rows = []
    for number, log in read.items():
        part = parts.get(number, 0)
        judged = int(part > 0)
        checksum = _checksum(log) + state_of(judged, part)
        rows.append((number, log.home_id, storable(log.entry.path), *_values(log), checksum, judged, part))
    db.executemany(
        "INSERT INTO logs(id, home, path, inode, size, mtime_ns, offset, before, skipped, whole, last_ms,"
        " checksum, judged, part, gone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        rows,
    )
    _store_contents(db, read)


def _values(log: ReadLog) -> tuple[object, ...]:
    entry = log.entry
    return (*entry.stamp, entry.offset, entry.before, entry.skipped, entry.whole, entry.last_ms)


def _checksum(log: ReadLog) -> int:
    entry = log.entry
    return log_checksum(log.home_id, entry.offset, entry.before, entry.skipped, entry.last_ms)


def _store_contents(db: sqlite3.Connection, read: Mapping[int, ReadLog]) -> None:
    """The observations of these logs, and their links."""
    from providers.ledger.zstd import ZstdCompressor

    packer = ZstdCompressor(level=_PACKING_LEVEL)
    packed = [
        (number, packer.compress(log.entry.observation, packer.FLUSH_FRAME)) for number, log in read.items()
    ]
    db.executemany(
        "INSERT OR REPLACE INTO observations(log, observation, checksum) VALUES (?, ?, ?)",
        [(number, observation, crc32(observation, number)) for number, observation in packed],
    )
    # A name that a log no longer has is kept: it only causes more logs to be resolved together.
    links = [(name, number) for number, log in read.items() for name in log.entry.names]
    links.sort()  # the table is a tree
    db.executemany("INSERT OR IGNORE INTO links VALUES (?, ?)", links)
