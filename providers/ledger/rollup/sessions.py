"""Sessions that a person started, page by page, and the subagents of one."""

# ruff: noqa: S608 - nothing but column names, numbers and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from msgspec import Struct

from providers.domain.cost import Tally
from providers.ledger.epoch_ms import moment
from providers.ledger.rollup.selection import Selection
from providers.ledger.rollup.store import ADDED, SUMS
from providers.ledger.rollup.tallies import SESSION_NAMES, THREAD, tally, where_dim
from providers.ledger.sums import UNKNOWN

SessionOrder = Literal["last", "started", "usd", "tokens", "responses", "subagents"]
SESSION_ORDERS: tuple[SessionOrder, ...] = get_args(SessionOrder)
_ORDERS = {
    "last": "max(last_ms)",
    "started": "min(first_ms)",
    "usd": "CASE WHEN sum(priced) THEN sum(pico_usd) END",
    "tokens": "sum(input + cache_read + cache_write + output)",
    "responses": "sum(responses)",
    "subagents": "count(DISTINCT CASE WHEN s.session NOT IN (SELECT e.id FROM sessions e"
    " JOIN threads t ON t.id = e.thread WHERE e.name IN ('', t.name)) THEN s.session END)",
}


_NEEDED = {
    "usd": ("priced", "pico_usd"),
    "tokens": ("input", "cache_read", "cache_write", "output"),
    "responses": ("responses",),
}
"""What an order is made of: to carry all sums through it would double the time."""


class SessionRow(Struct, frozen=True, kw_only=True):
    """A session within the selection: all figures are of the responses that are selected.

    `home` is the label of the home with its logs, `project` where it was started, None if no log says. That of a
    person includes its `subagents`, which is how many there were; `is_subagent` is that of no person. `efforts`
    and `models` are sorted, UNKNOWN where no log says.
    """

    id: str
    thread: str
    is_subagent: bool
    provider: str
    home: str
    project: str | None
    account: str
    started_at: datetime
    last_at: datetime
    models: tuple[str, ...]
    efforts: tuple[str, ...]
    subagents: int
    tally: Tally


def sessions(
    db: sqlite3.Connection,
    selection: Selection,
    sort: SessionOrder,
    offset: int,
    limit: int,
    *,
    descending: bool,
) -> tuple[list[SessionRow], int]:
    """A page of them, and how many there are in all. By cost, those of which none is known are last either way."""
    source, values = spans_of(db, selection, columns=_NEEDED.get(sort, ()))
    way = "DESC" if descending else "ASC"
    # The + keeps SQLite from an index by thread, in whose order it would look up each row.
    name = f"(SELECT {THREAD} FROM threads t WHERE t.id = s.thread)"
    chosen = db.execute(
        f"SELECT s.thread, count(*) OVER () {source} GROUP BY +s.thread"
        f" ORDER BY {_ORDERS[sort]} {way} NULLS LAST, max(last_ms) {way}, {name} {way} LIMIT ? OFFSET ?",
        (*values, max(0, limit), max(0, offset)),
    ).fetchall()
    if not chosen:
        (total,) = db.execute(f"SELECT count(DISTINCT s.thread) {source}", values).fetchone()
        return [], int(total)
    by_thread: dict[int, list[_Piece]] = {thread: [] for thread, _ in chosen}
    for each in _pieces(db, selection, list(by_thread)):
        by_thread[each.thread].append(each)
    return [_row(own, own[0].thread_name) for own in by_thread.values()], int(chosen[0][1])


def subagents(db: sqlite3.Connection, selection: Selection, thread: str) -> list[SessionRow]:
    """Each session in it for itself, the person's own first, then as they started."""
    name = "" if thread == UNKNOWN else thread
    found = db.execute("SELECT id FROM threads WHERE name = ?", (name,)).fetchone()
    if found is None:
        return []
    sessions: dict[str, list[_Piece]] = {}
    for each in _pieces(db, selection, [found[0]]):
        sessions.setdefault(each.session_name, []).append(each)
    rows = [_row(own, session) for session, own in sessions.items()]
    return sorted(rows, key=lambda row: (row.is_subagent, row.started_at, row.id))


class _Piece(Struct, frozen=True):
    """What a session has of one dim."""

    sums: tuple[int, ...]
    thread: int
    thread_name: str
    session_name: str
    provider: str
    home: str
    project: str
    account: str
    model: str
    effort: str
    first_ms: int
    last_ms: int


def spans_of(
    db: sqlite3.Connection,
    selection: Selection,
    threads: Sequence[int] | None = None,
    columns: Sequence[str] = (),
) -> tuple[str, tuple[Any, ...]]:
    """The spans that are selected, of all threads, or of these with their names; of parts that reach beyond these
    days, the slices instead. With these columns of sums.
    """
    where, values = where_dim(selection.filters)
    span = selection.span
    own = "1" if threads is None else f"thread IN ({', '.join(map(str, threads))})"
    index = "" if threads is None else "INDEXED BY spans_of_thread"
    only = "" if threads is None else f"AND part IN (SELECT part FROM spans {index} WHERE {own})"
    chosen = ", ".join(("thread", "session", "dim", *columns, "first_ms", "last_ms"))
    rows = f"SELECT {chosen} FROM spans {index} WHERE {own} AND first_ms >= ? AND last_ms < ?"
    bounds: tuple[int, ...] = span
    if _note_parts_across(db, span, only):
        rows += (
            f" AND part NOT IN across UNION ALL SELECT {chosen} FROM across a CROSS JOIN slices"
            " INDEXED BY slices_of_part ON slices.part = a.part AND quarter >= ? AND quarter < ?"
            f" CROSS JOIN sessions x ON x.id = session WHERE {own}"
        )
        bounds += span
    names = "" if threads is None else SESSION_NAMES
    source = f"FROM ({rows}) s CROSS JOIN named d ON d.dim = s.dim {names} WHERE beyond = 0 AND {where}"
    return source, (*bounds, *values)


def _note_parts_across(db: sqlite3.Connection, span: tuple[int, int], only: str) -> bool:
    """Fill the table `across` with the parts that reach into the span and beyond it; whether there are any."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS across(part INTEGER PRIMARY KEY)")
    db.execute("DELETE FROM across")
    insert = (
        "INSERT INTO across SELECT DISTINCT part FROM made_of WHERE last_ms >= ?1 AND first_ms < ?2"
        f" AND (first_ms < ?1 OR last_ms >= ?2) {only}"
    )
    return db.execute(insert, span).rowcount > 0


def _pieces(db: sqlite3.Connection, selection: Selection, threads: Sequence[int]) -> list[_Piece]:
    source, values = spans_of(db, selection, threads, SUMS)
    found: Iterator[tuple[Any, ...]] = db.execute(
        "SELECT t.id, t.name, e.name, provider, home, project, account, model, effort, min(first_ms),"
        f" max(last_ms), {ADDED} {source} GROUP BY e.id, s.dim",
        values,
    )
    return [_Piece(row[11:], *row[:11]) for row in found]


def _row(own: Sequence[_Piece], name: str) -> SessionRow:
    # A subagent may work elsewhere; the project is where the person started, if that is known.
    first = min(
        own,
        key=lambda each: (each.session_name != name, each.first_ms, each.project == UNKNOWN, each.project),
    )
    thread = first.thread_name
    return SessionRow(
        id=name or UNKNOWN,
        thread=thread or UNKNOWN,
        is_subagent=name != thread,
        provider=first.provider,
        home=first.home,
        project=None if first.project == UNKNOWN else first.project,
        account=first.account,
        started_at=moment(min(each.first_ms for each in own)),
        last_at=moment(max(each.last_ms for each in own)),
        models=_sorted(each.model for each in own),
        efforts=_sorted(each.effort for each in own),
        subagents=len({each.session_name for each in own} - {thread, ""}) if name == thread else 0,
        tally=tally(map(sum, zip(*(each.sums for each in own), strict=True))),
    )


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
