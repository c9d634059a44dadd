"""What a damaged ledger still tells: of limits, logins, and logs that were deleted since. Others are counted anew.

All of it is taken as far as it can be read, where its checksum is right.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from providers.ledger import row_checksums
from providers.ledger.checksum import of_values
from providers.ledger.salvage_logs import salvage_deleted
from providers.ledger.statements import placeholders

_TABLES = ("limits", "windows", "purses")


def salvage(db: sqlite3.Connection, quarantined: Sequence[Path], application_id: int) -> None:
    """Copy the limit history, the log of windows, the logins and what belongs to it from the first of these files
    that is a ledger at all. A file that is damaged gives what can be read up to the damage; none is changed.
    """
    for path in quarantined:
        with suppress(sqlite3.Error, ValueError), closing(_opened(path)) as old:
            if old.execute("PRAGMA application_id").fetchone()[0] != application_id:
                continue
            row_checksums.register(old)
            for table in _TABLES:
                _copy(old, db, table)
            with suppress(sqlite3.Error):
                salvage_deleted(old, db)
            with suppress(sqlite3.Error):
                _copy_logins(old, db)
            row_checksums.backfill(db)
            return


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _copy(old: sqlite3.Connection, db: sqlite3.Connection, table: str) -> None:
    """The rows before the first that cannot be read, without those that are damaged."""
    columns = row_checksums.names(table)
    condition = row_checksums.POSSIBLE[table]  # before there were checksums
    with suppress(sqlite3.Error):  # also for a table that it does not have
        if ("checksum",) in old.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall():
            condition = row_checksums.INTACT[table]
        names = ", ".join(columns)
        for row in old.execute(f"SELECT {names} FROM {table} WHERE {condition}"):  # noqa: S608 - names of ours
            db.execute(f"INSERT OR IGNORE INTO {table}({names}) VALUES ({placeholders(columns)})", row)  # noqa: S608


def _copy_logins(old: sqlite3.Connection, db: sqlite3.Connection) -> None:
    """Of homes whose checksums are right; they may have other numbers now."""
    rows = old.execute(
        "SELECT provider, path, homes.checksum, since_ms, until_ms, account FROM logins JOIN homes ON id = home"  # noqa: S608
        f" WHERE {row_checksums.INTACT['logins']}"
    )
    for provider, path, checksum, *login in rows:
        if checksum != of_values(provider, path):
            continue
        db.execute(
            "INSERT OR IGNORE INTO homes(provider, path, checksum) VALUES (?, ?, ?)",
            (provider, path, checksum),
        )
        db.execute(
            "INSERT OR IGNORE INTO logins(home, since_ms, until_ms, account)"
            " SELECT id, ?, ?, ? FROM homes WHERE provider = ? AND path = ?",
            (*login, provider, path),
        )
