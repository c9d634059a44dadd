"""A ledger of an older version gets its checksums little by little: what is there is taken as it is."""

from __future__ import annotations

import sqlite3
from zlib import crc32

from providers.ledger import log_checksums, part_checksums, row_checksums
from providers.ledger.checksum import of_values
from providers.ledger.statements import chunks, placeholders


def add_checksums(db: sqlite3.Connection, logs: list[int]) -> None:
    """Take what the ledger knows of these logs, and the responses of their parts, as they are."""
    part_checksums.set_parts(db, logs)
    for chunk in chunks(logs):
        rows = db.execute(
            "SELECT l.id, home, offset, before, skipped, last_ms, judged, part, observation FROM logs l"  # noqa: S608
            f" LEFT JOIN observations ON log = l.id WHERE l.id IN ({placeholders(chunk)})",
            chunk,
        ).fetchall()
        db.executemany(
            "UPDATE logs SET checksum = ? WHERE id = ?",
            (
                (log_checksums.log_checksum(*row[1:6]) + log_checksums.state_of(*row[6:8]), row[0])
                for row in rows
            ),
        )
        db.executemany(
            "UPDATE observations SET checksum = ? WHERE log = ?",
            ((crc32(row[8], row[0]), row[0]) for row in rows if row[8] is not None),
        )


def finish(db: sqlite3.Connection) -> None:
    for table, columns in (("homes", "provider, path"), ("contexts", log_checksums.CONTEXT)):
        rows = db.execute(f"SELECT id, {columns} FROM {table}").fetchall()  # noqa: S608
        db.executemany(
            f"UPDATE {table} SET checksum = ? WHERE id = ?",  # noqa: S608
            ((of_values(*values), number) for number, *values in rows),
        )
    row_checksums.backfill(db)
    part_checksums.set_total(db)
    db.execute("DELETE FROM meta WHERE name = 'backfill'")
