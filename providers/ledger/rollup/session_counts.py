"""How many sessions that a person started were used, by any dimensions: one in several groups counts in each."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.selection import Dimension, Key, Selection
from providers.ledger.rollup.sessions import spans_of
from providers.ledger.rollup.store import BY_PROVIDER, THREADS
from providers.ledger.rollup.tallies import (
    TIMES,
    days_selected,
    expression,
    key_of,
    local_columns,
    where_dim,
)


def session_counts(
    db: sqlite3.Connection, days: DaySums, selection: Selection, by: Sequence[Dimension]
) -> dict[Key, int]:
    """Sessions that no log names count in none. By any dimensions but sessions."""
    source, values = _source(db, days, selection, by)
    columns = "".join(f"{expression(name)}, " for name in by)
    group = f" GROUP BY {', '.join(str(number + 1) for number in range(len(by)))}" if by else ""
    unnamed = db.execute("SELECT id FROM threads WHERE name = ''").fetchone()
    rows = db.execute(
        f"SELECT {columns}count(DISTINCT nullif(thread, ?)) {source}{group}",
        (unnamed and unnamed[0], *values),
    )
    return {tuple(map(key_of, by, row)): row[-1] for row in rows if row[-1]}


def _source(
    db: sqlite3.Connection, days: DaySums, selection: Selection, by: Sequence[Dimension]
) -> tuple[str, tuple[object, ...]]:
    """Rows with a `thread`, from the smallest tables that can be grouped by these."""
    where, values = where_dim(selection.filters)
    if {*by, *selection.filters} - set(TIMES) <= {"provider"}:
        source = (
            "FROM named d CROSS JOIN thread_days s ON zone = ? AND s.dim = d.dim AND day >= ? AND day <= ?"
            f" WHERE cube = {BY_PROVIDER} AND beyond = 0 AND {where}"
        )
        table = days.table(selection.zone, selection.since, THREADS)
        return source, (table, *days_selected(selection), *values)
    if not set(by) & set(TIMES):
        return spans_of(db, selection)
    source = (
        f"FROM (SELECT {local_columns(db, days, selection)} FROM slices WHERE quarter >= ? AND quarter < ?) s"
        f" CROSS JOIN named d ON d.dim = s.dim AND beyond = 0 AND {where}"
        " CROSS JOIN sessions e ON e.id = s.session"
    )
    return source, (*selection.span, *values)
