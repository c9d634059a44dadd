"""What a damaged ledger still tells: of the limits, and of logs that were deleted since. Others are counted anew.

Limits are taken as far as they can be read. What comes from logs is taken where its checksum is right.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path
from typing import Any

from providers.ledger.salvage_logs import salvage_deleted

_TABLES = {
    "limits": ("account", "window", "at_ms", "used_percent", "resets_ms?", "source"),
    "windows": (
        *("account", "window", "starts_ms", "resets_ms?", "used_percent", "seen_ms", "ended_ms?"),
        *("reset_early", "redeemed", "moved", "moved_ms?", "moved_from_ms?", "spent_ms?", "refused_ms?"),
        "credits_used?",
    ),
    "purses": (
        *("account", "balance_ms?", "balance?", "resets_ms?", "resets?", "expires_ms?", "redeemed_ms?"),
    ),
}
"""Their columns; `?` for those that may be NULL."""
_TEXTS = ("account", "window", "source")
_AMOUNTS = ("credits_used", "balance")
_LAST_MS = 253_370_764_800_000
"""The year 9999 begins."""


def salvage(db: sqlite3.Connection, quarantined: Sequence[Path], application_id: int) -> None:
    """Copy the limit history, the log of windows and what belongs to it from the first of these files that is a
    ledger at all. A file that is damaged gives what can be read up to the damage; none is changed.
    """
    for path in quarantined:
        with suppress(sqlite3.Error, ValueError), closing(_opened(path)) as old:
            if old.execute("PRAGMA application_id").fetchone()[0] != application_id:
                continue
            for table in _TABLES:
                _copy(old, db, table)
            with suppress(sqlite3.Error):
                salvage_deleted(old, db)
            return


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _copy(old: sqlite3.Connection, db: sqlite3.Connection, table: str) -> None:
    columns = [column.removesuffix("?") for column in _TABLES[table]]
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    db.executemany(
        f"INSERT OR IGNORE INTO {table}({names}) VALUES ({places})",  # noqa: S608 - names of ours
        _readable(old, f"SELECT {names} FROM {table}", _TABLES[table]),  # noqa: S608
    )


def _readable(old: sqlite3.Connection, query: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows before the first that cannot be read, without those that were not written by us."""
    with suppress(sqlite3.Error):  # also for a table that it does not have
        for row in old.execute(query):
            if all(map(_is_valid, columns, row)):
                yield row


def _is_valid(column: str, value: object) -> bool:
    if value is None:
        return column.endswith("?")
    column = column.removesuffix("?")
    if column in _TEXTS:
        return isinstance(value, str)
    if column in _AMOUNTS:
        return isinstance(value, str) and _is_amount(value)
    if column == "used_percent":
        return isinstance(value, (int, float)) and isfinite(value)
    return isinstance(value, int) and 0 <= value < _LAST_MS


def _is_amount(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
