"""Facts about the ledger that hold until logs or prices are written again: to know one saves reading all rows of
logs.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from providers.ledger import index
from providers.ledger.checksum import of_values


def fact(db: sqlite3.Connection, name: str) -> str | None:
    """None where it is not known, or damaged."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    value = row[0].partition(" ")[2] if row else ""
    return value if row and row[0] == _noted(db, name, value) else None


def note_fact(db: sqlite3.Connection, name: str, value: str) -> None:
    """Where nothing can be written it is found out anew each time."""
    with suppress(sqlite3.OperationalError):
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, _noted(db, name, value)))


def _noted(db: sqlite3.Connection, name: str, value: str) -> str:
    return f"{of_values(index.generation(db), name, value)} {value}"
