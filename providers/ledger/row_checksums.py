"""The checksums of rows that cannot be made anew from logs: limits, windows, purses, logins. Each row has its own.

SQL knows three functions of it on each connection. A row that is damaged is read by nobody: who meets one leaves a
mark, and the scrub deletes it. Rows of an older version have no checksum: what they hold must be possible.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from math import isfinite

from providers.ledger.checksum import of_values

COLUMNS = {
    "limits": ("account", "window", "at_ms", "used_percent", "resets_ms?", "source"),
    "windows": (
        *("account", "window", "starts_ms", "resets_ms?", "used_percent", "seen_ms", "ended_ms?"),
        *("reset_early", "redeemed", "moved", "moved_ms?", "moved_from_ms?", "spent_ms?", "refused_ms?"),
        "credits_used?",
    ),
    "purses": (
        *("account", "balance_ms?", "balance?", "resets_ms?", "resets?", "expires_ms?", "redeemed_ms?"),
    ),
    "logins": ("home", "since_ms", "until_ms", "account"),
}
"""By table; `?` for those that may be NULL."""
_AMOUNTS = ("credits_used", "balance")
_TEXTS = ("account", "window", "source", *_AMOUNTS)
_LAST_MS = 253_370_764_800_000
"""The year 9999 begins."""


def names(table: str) -> list[str]:
    """Of its columns but the checksum."""
    return [column.removesuffix("?") for column in COLUMNS[table]]


def _arguments(table: str) -> str:
    return ", ".join((f"'{table}'", *(_argument(f"{table}.{name}") for name in names(table))))


def _argument(column: str) -> str:
    """Text as bytes: damaged one may be no UTF-8, and SQLite could not hand it over. We never write bytes."""
    return (
        f"CASE typeof({column}) WHEN 'text' THEN CAST({column} AS BLOB) WHEN 'blob' THEN '' ELSE {column} END"
    )


INTACT = {table: f"is_intact({_argument(f'{table}.checksum')}, {_arguments(table)})" for table in COLUMNS}
"""An SQL condition on the rows of each table: who reads none but these leaves a mark where there are others."""
POSSIBLE = {table: f"is_possible({_arguments(table)})" for table in COLUMNS}
"""The same for a table without checksums."""
_CHECKSUM = {table: f"row_checksum({_arguments(table)})" for table in COLUMNS}
_DAMAGED = {table: f"NOT coalesce(checksum = {_CHECKSUM[table]}, {POSSIBLE[table]})" for table in COLUMNS}


def register(db: sqlite3.Connection, on_damage: Callable[[], None] = lambda: None) -> None:
    """`on_damage` is called when the first damaged row is met."""
    met = False

    def is_intact(checksum: object, table: str, *values: object) -> bool:
        nonlocal met
        intact = _is_possible(table, *values) if checksum is None else checksum == of_values(table, *values)
        if not intact and not met:
            met = True
            on_damage()
        return intact

    db.create_function("is_intact", -1, is_intact)
    db.create_function("is_possible", -1, _is_possible, deterministic=True)
    db.create_function("row_checksum", -1, of_values, deterministic=True)


def note(db: sqlite3.Connection, table: str, **key: object) -> None:
    """After the rows with these values were written."""
    where = " AND ".join(f"{name} = :{name}" for name in key)
    db.execute(f"UPDATE {table} SET checksum = {_CHECKSUM[table]} WHERE {where}", key)  # noqa: S608


def backfill(db: sqlite3.Connection) -> None:
    """Take rows of an older version as they are."""
    for table in COLUMNS:
        db.execute(f"UPDATE {table} SET checksum = {_CHECKSUM[table]} WHERE checksum IS NULL")  # noqa: S608


def delete_damaged(db: sqlite3.Connection) -> int:
    """How many there were."""
    return sum(
        db.execute(f"DELETE FROM {table} WHERE {_DAMAGED[table]}").rowcount  # noqa: S608
        for table in COLUMNS
    )


def has_damaged(db: sqlite3.Connection) -> bool:
    return any(
        db.execute(f"SELECT 1 FROM {table} WHERE {_DAMAGED[table]} LIMIT 1").fetchone()  # noqa: S608
        for table in COLUMNS
    )


def _is_possible(table: str, *values: object) -> bool:
    """Whether we could have written this row."""
    return all(map(_is_valid, COLUMNS[table], values))


def _is_valid(column: str, value: object) -> bool:
    if value is None:
        return column.endswith("?")
    column = column.removesuffix("?")
    if column in _TEXTS:
        return isinstance(value, bytes) and _is_text(value) and (column not in _AMOUNTS or _is_amount(value))
    if column == "used_percent":
        return isinstance(value, (int, float)) and isfinite(value)
    return isinstance(value, int) and 0 <= value < _LAST_MS


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_amount(value: bytes) -> bool:
    try:
        return Decimal(value.decode()).is_finite()
    except InvalidOperation:
        return False
