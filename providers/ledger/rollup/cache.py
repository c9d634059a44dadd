"""A copy of the tables on the disk, so that a program that starts need not read the whole ledger.

It is never an authority, and may be deleted at any time: what is missing, damaged, of another version or cannot
be written costs time and nothing else. The file is replaced in one step, so that no two programs disturb each
other; it is a database of SQLite's with its own checksum behind it.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from providers.host.atomic import write_whole
from providers.host.files import read_small
from providers.ledger.rollup import store

_MAGIC = b"tankful rollup\n"
_CRC_BYTES = 4
_LARGEST = 1 << 30


def read(file: Path) -> sqlite3.Connection | None:
    """The tables as they were written; None where that is not possible."""
    try:
        content = read_small(file, _LARGEST)
    except (OSError, MemoryError):
        return None
    trailer = len(_MAGIC) + _CRC_BYTES
    body = memoryview(content)[:-trailer]  # without a copy of so many megabytes
    magic, crc = content[-trailer:-_CRC_BYTES], content[-_CRC_BYTES:]
    if magic != _MAGIC or crc32(body) != int.from_bytes(crc):
        return None
    db = store.connected()
    try:
        db.deserialize(body)
        if store.is_own(db):
            return db
    except (sqlite3.Error, AttributeError):  # an SQLite that was built without it
        pass
    db.close()
    return None


def write(db: sqlite3.Connection, file: Path) -> None:
    """Nothing happens where it cannot be written."""
    with suppress(OSError, AttributeError, sqlite3.Error, MemoryError):
        body = db.serialize()
        write_whole(file, b"".join((body, _MAGIC, crc32(body).to_bytes(_CRC_BYTES))))
