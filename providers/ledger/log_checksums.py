"""The checksums of what the ledger knows of each log, and of its observation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from zlib import crc32

from providers.domain.cost import Context
from providers.ledger.checksum import of_values
from providers.ledger.damage import DamageFound
from providers.ledger.statements import chunks, placeholders

CONTEXT = ", ".join(Context.__struct_fields__)
"""What the checksum of a context is made of."""
INTACT_CONTEXT = f"(row_checksum({CONTEXT}) IS checksum)"
"""An SQL condition. SQLite raises OperationalError where a text is none."""
PART_WEIGHT, JUDGED_WEIGHT = 1_000_003, 998_244_353
SET_JUDGED = (
    f"checksum = checksum + {PART_WEIGHT} * ({{part}} - part) + {JUDGED_WEIGHT} * ({{judged}} - judged)"
    ", judged = {judged}, part = {part}"
)
"""Sets whether a log is judged and its part; its checksum changes by as much, so that a wrong one stays wrong."""


def log_checksum(home: int, offset: int, before: bytes, skipped: int, last_ms: int) -> int:
    """The checksum of a log that is neither judged nor in a part; SET_JUDGED keeps it up to date.

    Its path, stamp and `whole` are not in it: where one is wrong, the log is compared with its file anew.
    """
    return of_values(home, offset, before, skipped, last_ms)


def state_of(judged: int, part: int) -> int:
    """What these add to the checksum of a log. Raises DamageFound where they are no numbers."""
    if not isinstance(judged, int) or not isinstance(part, int):
        raise DamageFound("a log")
    return PART_WEIGHT * part + JUDGED_WEIGHT * judged


def has_checksums(db: sqlite3.Connection) -> bool:
    """Whether everything has a checksum: a ledger of an older version gets them little by little."""
    return db.execute("SELECT 1 FROM meta WHERE name = 'backfill'").fetchone() is None


def sound_logs(
    db: sqlite3.Connection, logs: Iterable[int]
) -> tuple[dict[int, tuple[str, int, bytes, int, bytes]], set[int]]:
    """Home, offset, fingerprint, skipped lines and observation of those whose checksums are right, by id; and
    those whose observations are damaged. Raises DamageFound where what the ledger knows of a log is.
    """
    complete = has_checksums(db)
    sound: dict[int, tuple[str, int, bytes, int, bytes]] = {}
    damaged: set[int] = set()
    for chunk in chunks(logs):
        rows = db.execute(
            "SELECT l.id, h.path, offset, before, skipped, observation, o.checksum, home, last_ms, l.checksum,"  # noqa: S608
            " part, judged FROM logs l JOIN homes h ON h.id = home"
            f" LEFT JOIN observations o ON o.log = l.id WHERE l.id IN ({placeholders(chunk)})",
            chunk,
        ).fetchall()
        for log, path, offset, before, skipped, packed, checksum, home, last_ms, own, part, judged in rows:
            right = log_checksum(home, offset, before, skipped, last_ms) + state_of(judged, part)
            if own != right and (complete or own is not None):
                raise DamageFound(f"log {log}")
            observation = _unpacked(log, packed, checksum, complete)
            if observation is None:
                damaged.add(log)
            else:
                sound[log] = path, offset, bytes(before), skipped, observation
        if len(rows) < len(chunk):
            raise DamageFound("a log is missing")
    return sound, damaged


def _unpacked(log: int, packed: bytes | None, checksum: int | None, complete: bool) -> bytes | None:
    """None for one that is damaged or missing."""
    from providers.ledger.zstd import ZstdError, decompress

    if (
        not isinstance(packed, bytes)
        or (checksum is None and complete)
        or (checksum is not None and checksum != crc32(packed, log))
    ):
        return None
    try:
        return decompress(packed)
    except ZstdError:
        return None
