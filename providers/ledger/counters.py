"""All-time sums by provider, account and model, from which monotonic counters are made.

Sums are cached by part, and a part is summed again only when its responses or their prices have changed. The
table `counters` holds what any process returned last.
"""
# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any

from providers.domain.cost import TOKEN_CLASSES, Counter, Tally, TokenUsage
from providers.ledger.checksum import PRIME, of_values, weighed
from providers.ledger.sums import PICO, UNKNOWN

_COLUMNS = ("responses", *(each.name for each in TOKEN_CLASSES), "pico_usd")
_VALUES = ", ".join(_COLUMNS)
_SUMS = ", ".join(f"sum({column}) AS {column}" for column in _COLUMNS)
_PLACES = ", ".join("?" * len(_COLUMNS))

_Series = tuple[str, str, str]
"""Provider, account and model."""

_Values = tuple[Any, ...]
"""Integers by _COLUMNS; `pico_usd` is None where no price is known."""

_ZERO: _Values = (*(0 for _ in _COLUMNS[:-1]), None)

# A response is copied into each home that contains it; the copies differ in nothing else, so any of them will do.
# Grouping by context first, and by text only then, takes SQLite half the time.
_CHANGED_PARTS = f"""
    SELECT part, h.provider, c.account, coalesce(nullif(c.model, ''), '{UNKNOWN}') AS model_name, {_SUMS}
    FROM (
        SELECT part, context, {_SUMS} FROM (
            SELECT p.id AS part, min(r.context) AS context, 1 AS responses,
                {_VALUES.removeprefix("responses, ")}
            FROM parts p CROSS JOIN responses r ON r.part = p.id WHERE p.summed = 0
            GROUP BY p.id, at_ms, key
        ) GROUP BY part, context
    ) JOIN contexts c ON c.id = context AND c.not_on_lines = 0 JOIN homes h ON h.id = c.home
    GROUP BY part, h.provider, c.account, model_name
"""


def counters(db: sqlite3.Connection) -> tuple[Counter, ...]:
    """The current counters, sorted by provider, account and model; must be called in a write transaction."""
    _drop_damaged(db)
    _sum_changed_parts(db)
    sums = _sums(db)
    if sums is None:
        _drop_sums(db)
        _sum_changed_parts(db)
        sums = _sums(db) or {}
    rows = db.execute(f"SELECT id, provider, account, model, epoch, {_VALUES} FROM counters ORDER BY 2, 3, 4")
    current: list[Counter] = []
    changed: list[_Values] = []
    for number, provider, account, model, last_epoch, *returned in rows.fetchall():
        values: _Values = sums.get(number, _ZERO)
        epoch = last_epoch + _is_correction(returned, values)
        if values != tuple(returned):
            changed.append((epoch, *values, of_values(provider, account, model, epoch, *values), number))
        if values != _ZERO:
            tally = _tally(*values)
            current.append(Counter(provider=provider, account=account, model=model, epoch=epoch, tally=tally))
    db.executemany(
        f"UPDATE counters SET (epoch, {_VALUES}, checksum) = (?, {_PLACES}, ?) WHERE id = ?", changed
    )
    return tuple(current)


def _sums(db: sqlite3.Connection) -> dict[int, _Values] | None:
    """By counter; None where they are not what was written."""
    found: dict[int, _Values] = {}
    total = 0
    try:
        for counter, rows, part, checksum, *values in db.execute(
            f"SELECT counter, count(*), sum(part), sum(checksum), {_SUMS} FROM sums GROUP BY counter"
        ):
            if (weighed([part, *(each or 0 for each in values)]) - checksum) % PRIME:
                return None
            found[counter] = tuple(values)
            total += weighed([counter * rows, checksum])
    except (TypeError, sqlite3.OperationalError):  # no numbers, or absurd ones
        return None
    return found if total % PRIME == _total(db) else None


def _total(db: sqlite3.Connection) -> int:
    """The checksum over those of all rows, and whose they are."""
    row = db.execute("SELECT value FROM meta WHERE name = 'sums'").fetchone()
    return int(row[0]) if row else 0


def _drop_damaged(db: sqlite3.Connection) -> None:
    """A counter that is damaged begins anew, in a later epoch."""
    rows = db.execute(f"SELECT id, checksum, provider, account, model, epoch, {_VALUES} FROM counters")
    damaged = [(row[0],) for row in rows.fetchall() if row[1] is not None and row[1] != of_values(*row[2:])]
    if damaged:
        db.executemany("DELETE FROM counters WHERE id = ?", damaged)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('first epoch', ?)", (int(time.time()),))
        _drop_sums(db)


def _drop_sums(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM sums")
    db.execute("DELETE FROM meta WHERE name = 'sums'")
    db.execute("UPDATE parts SET summed = 0")


def _checksum(row: Sequence[Any]) -> int | None:
    """The checksum of a part and its sums; None where these are no numbers."""
    try:
        return weighed([each or 0 for each in row])
    except TypeError:
        return None


def _sum_changed_parts(db: sqlite3.Connection) -> None:
    """Bring the table `sums` up to date with the responses."""
    obsolete = "FROM sums WHERE part NOT IN (SELECT id FROM parts WHERE summed = 1)"
    old = db.execute(f"SELECT counter, checksum, part, {_VALUES} {obsolete}").fetchall()
    if any(checksum != _checksum(row) for _, checksum, *row in old):
        _drop_sums(db)
        old = []
    db.execute(f"DELETE {obsolete}")
    rows = db.execute(_CHANGED_PARTS).fetchall()
    numbers = _numbers(db, {row[1:4] for row in rows})
    new = [(numbers[row[1:4]], row[0], *row[4:], _checksum((row[0], *row[4:]))) for row in rows]
    db.executemany(f"INSERT INTO sums VALUES (?, ?, {_PLACES}, ?)", new)
    db.execute("UPDATE parts SET summed = 1 WHERE summed = 0")
    if old or new:
        total = _total(db) + sum(weighed([row[0], row[-1]]) for row in new)
        total -= sum(weighed([row[0], row[1] or 0]) for row in old)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('sums', ?)", (str(total % PRIME),))


def _numbers(db: sqlite3.Connection, series: Iterable[_Series]) -> dict[_Series, int]:
    """The row id of each series in the table `counters`; new series are inserted."""
    epoch = db.execute("SELECT value FROM meta WHERE name = 'first epoch'").fetchone() or (0,)
    db.executemany(
        "INSERT OR IGNORE INTO counters(provider, account, model, epoch) VALUES (?, ?, ?, ?)",
        sorted((*each, int(epoch[0])) for each in series),
    )
    return {row[:3]: row[3] for row in db.execute("SELECT provider, account, model, id FROM counters")}


def _is_correction(before: Iterable[Any], now: Iterable[Any]) -> bool:
    """Whether any value decreased."""
    return any((new or 0) < (old or 0) for old, new in zip(before, now, strict=True))


def _tally(responses: int, *values: Any) -> Tally:
    *tokens, pico_usd = values
    usd = None if pico_usd is None else pico_usd / PICO
    return Tally(responses=responses, usage=TokenUsage(*tokens), usd=usd)
