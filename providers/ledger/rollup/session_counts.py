"""How many sessions that a person started were used, by any dimensions: one in several groups counts in each."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.selection import Dimension, Key, Selection
from providers.ledger.rollup.tallies import expression, key_of, where_dim


def session_counts(
    db: sqlite3.Connection, days: DaySums, selection: Selection, by: Sequence[Dimension]
) -> dict[Key, int]:
    """Sessions that no log names count in none. By any dimensions but sessions."""
    zone = days.zone(selection.zone, selection.since)
    where, values = where_dim(selection.filters)
    if selection.since is not None:
        where, values = f"{where} AND day >= ?", [*values, selection.since.toordinal()]
    if selection.until is not None:
        where, values = f"{where} AND day <= ?", [*values, selection.until.toordinal()]
    columns = ", ".join(map(expression, by))
    group = f" GROUP BY {', '.join(str(number + 1) for number in range(len(by)))}" if by else ""
    rows = db.execute(
        f"SELECT {f'{columns}, ' if by else ''}count(DISTINCT thread)"
        " FROM day_threads s CROSS JOIN named d ON d.dim = s.dim"
        f" WHERE zone = ? AND beyond = 0 AND {where}{group}",
        (zone, *values),
    )
    return {tuple(map(key_of, by, row)): row[-1] for row in rows if row[-1]}
