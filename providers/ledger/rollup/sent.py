"""How many messages the person sent, by quarters of an hour: brought up to date, and summed."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from providers.ledger.checksum import QUARTER_MS
from providers.ledger.messages import MessageRow, rows_of
from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.naming import Ids
from providers.ledger.rollup.reading import origins
from providers.ledger.rollup.selection import Dimension, Filter, Key, Selection
from providers.ledger.rollup.tallies import (
    SESSION_NAMES,
    TIMES,
    expression,
    key_of,
    local_columns,
    where_dim,
)
from providers.ledger.statements import chunks, placeholders
from providers.ledger.verify import Verifier

_Row = tuple[int, int, int, int]
"""Part, context, home and checksum of what was read."""


def read_messages(
    db: sqlite3.Connection,
    ledger: sqlite3.Connection,
    homes: Mapping[int, tuple[str, str]],
    verifier: Verifier,
) -> bool:
    """Read those of parts that are not as they were; whether there are any. Raises DamageFound."""
    row = ledger.execute("SELECT value FROM meta WHERE name = 'messages'").fetchone()
    state = repr((row and row[0], sorted(homes)))
    if db.execute("SELECT state FROM messages_read").fetchone() == (state,):
        return False
    verifier.verify_messages(ledger)
    only = f"home IN ({placeholders(list(homes))})"
    now: set[_Row] = set(
        ledger.execute(
            "SELECT part, context, home, m.checksum FROM messages m JOIN contexts c ON c.id = context"
            f" WHERE {only}",
            tuple(homes),
        )
    )
    before: set[_Row] = set(db.execute("SELECT part, context, home, checksum FROM message_rows"))
    parts = {each[0] for each in now ^ before}
    for chunk in chunks(parts):
        for table in ("messages", "message_rows"):
            db.execute(f"DELETE FROM {table} WHERE part IN ({placeholders(chunk)})", chunk)
    wanted = [each for each in now if each[0] in parts]
    verifier.verify_contexts(ledger, {each[1] for each in wanted})
    _add(db, ledger, wanted, homes)
    db.executemany("INSERT INTO message_rows VALUES (?, ?, ?, ?)", wanted)
    db.execute("DELETE FROM messages_read")
    db.execute("INSERT INTO messages_read VALUES (?)", (state,))
    return bool(parts)


def _add(
    db: sqlite3.Connection,
    ledger: sqlite3.Connection,
    wanted: Iterable[_Row],
    homes: Mapping[int, tuple[str, str]],
) -> None:
    home_of = {(part, context): home for part, context, home, _ in wanted}
    by_part: dict[int, list[MessageRow]] = {}
    for row in rows_of(ledger, {part for part, _ in home_of}):
        if (row.part, row.context) in home_of:
            by_part.setdefault(row.part, []).append(row)
    ids, known = Ids(db), origins(ledger, {context for _, context in home_of}, homes)
    for part, rows in by_part.items():
        seen: set[int] = set()
        for row in sorted(rows, key=lambda row: (home_of[row.part, row.context], row.context)):
            new = [each for each in row.messages() if each[1] not in seen]
            seen.update(key for _, key in new)
            # Its context may be that of a response, whose model says nothing of it.
            *texts, _, _, thread, session_name, _ = known[row.context]
            _, session, dim = ids.of((*texts, "", "", thread, session_name, False))  # type: ignore[arg-type]
            counts = Counter(at // QUARTER_MS * QUARTER_MS for at, _ in new)
            db.executemany(
                "INSERT INTO messages VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " messages = messages + excluded.messages",
                ((quarter, part, session, dim, count) for quarter, count in counts.items()),
            )


def messages(
    db: sqlite3.Connection, days: DaySums, selection: Selection, by: Sequence[Dimension]
) -> dict[Key, int] | None:
    if selection.model is not None or {"model", "effort"} & set(by):
        return None
    columns = "*"
    if set(by) & set(TIMES):
        columns = local_columns(db, days, selection)
    return _sums(db, columns, selection.span, selection.filters, by)


def _sums(
    db: sqlite3.Connection,
    columns: str,
    span: tuple[int, int],
    filters: Mapping[Filter, str],
    by: Sequence[Dimension],
) -> dict[Key, int]:
    where, values = where_dim(filters)
    group = f" GROUP BY {', '.join(str(number + 1) for number in range(len(by)))}" if by else ""
    rows = db.execute(
        f"SELECT {''.join(f'{expression(name)}, ' for name in by)}sum(messages)"
        f" FROM (SELECT {columns} FROM messages WHERE quarter >= ? AND quarter < ?) s"
        f" JOIN named d ON d.dim = s.dim {SESSION_NAMES} WHERE {where}{group}",
        (*span, *values),
    )
    return {tuple(map(key_of, by, row)): row[-1] for row in rows if row[-1]}
