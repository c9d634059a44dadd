"""Brings the tables up to date with the ledger: only parts whose checksums are others are read again."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from operator import add, neg
from typing import Any

from providers.ledger import index
from providers.ledger.index import Homes, home_labels
from providers.ledger.log_checksums import has_checksums
from providers.ledger.rollup import reading
from providers.ledger.rollup.naming import Ids
from providers.ledger.rollup.reading import PartSlice
from providers.ledger.rollup.store import ADD_UP, SUMS
from providers.ledger.statements import chunks, placeholders
from providers.ledger.verify import Verifier

Changes = dict[tuple[int, int, int], tuple[int, ...]]
"""What is added, by quarter (epoch ms), dim and thread, in the order of SUMS."""

_TIMES = "first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)"
_PLACES = placeholders(range(len(SUMS) + 2))
_ADD_SLICE = f"INSERT INTO slices VALUES (?, ?, ?, ?, {_PLACES}) ON CONFLICT DO UPDATE SET {ADD_UP}, {_TIMES}"
_ADD_SPAN = f"INSERT INTO spans VALUES (?, ?, ?, ?, {_PLACES}) ON CONFLICT DO UPDATE SET {ADD_UP}, {_TIMES}"
_ADD_USED = (
    "INSERT INTO used SELECT provider, ?2, ?3 FROM dims WHERE id = ?1 AND beyond = 0"
    " ON CONFLICT DO UPDATE SET responses = responses + excluded.responses"
)
_NOTHING = (0,) * len(SUMS)


def state(ledger: sqlite3.Connection) -> tuple[str, object]:
    """Another whenever its sums may be others."""
    rows = ledger.execute("SELECT value FROM meta WHERE name = 'part_checksums'")
    return f"{index.generation(ledger):x}", rows.fetchall()


def read_changes(
    db: sqlite3.Connection,
    ledger: sqlite3.Connection,
    known: Mapping[int, tuple[str, str]],
    verifier: Verifier,
) -> Changes:
    """Returns what was added up to other sums. `known` are the homes, by their numbers. Raises DamageFound."""
    _note_homes(db, known)
    _note_contexts(db, ledger)
    before, now = reading.differences(db, ledger, known)
    changes: Changes = {}
    parts = {each.part for each in before ^ now}
    _forget(db, parts, changes)
    wanted = [each for each in now if each.part in parts]
    ids = Ids(db)
    for rows in reading.slices(ledger, wanted, verifier):
        origins = reading.origins(ledger, {row.context for row in rows}, known)
        _add(db, rows, {context: ids.of(origin) for context, origin in origins.items()}, changes)
    db.executemany("INSERT INTO made_of VALUES (?, ?, ?, ?, ?, ?)", wanted)
    changes = {key: sums for key, sums in changes.items() if any(sums)}
    db.executemany(_ADD_USED, ((dim, quarter, sums[0]) for (quarter, dim, _), sums in changes.items()))
    providers = db.execute("SELECT DISTINCT provider FROM dims").fetchall()
    emptied = ((*name, quarter) for quarter in {each[0] for each in changes} for name in providers)
    db.executemany("DELETE FROM used WHERE provider = ? AND quarter = ? AND responses = 0", emptied)
    return changes


def known_homes(ledger: sqlite3.Connection, homes: Homes) -> dict[int, tuple[str, str]]:
    """Provider and path of those that the ledger has, by its numbers. Raises DamageFound."""
    return reading.numbers(ledger, home_labels(homes))


class OtherLedger(Exception):
    """The tables are those of another one."""


def _note_homes(db: sqlite3.Connection, homes: Mapping[int, tuple[str, str]]) -> None:
    noted = {number: (provider, path) for number, provider, path in db.execute("SELECT * FROM homes")}
    if any(noted.get(number, home) != home for number, home in homes.items()):
        raise OtherLedger
    new = homes.keys() - noted.keys()
    db.executemany("INSERT INTO homes VALUES (?, ?, ?)", ((number, *homes[number]) for number in new))


def _note_contexts(db: sqlite3.Connection, ledger: sqlite3.Connection) -> None:
    """The checksums of parts have the numbers of contexts, and not what stands behind them."""
    if not has_checksums(ledger):
        return
    noted = db.execute("SELECT last, sum FROM contexts").fetchone()
    if noted is not None and _sum_of_contexts(ledger, noted[0]) != noted:
        raise OtherLedger
    db.execute("DELETE FROM contexts")
    db.execute("INSERT INTO contexts VALUES (?, ?)", _sum_of_contexts(ledger))


def _sum_of_contexts(ledger: sqlite3.Connection, last: int = 2**62) -> tuple[int, int]:
    """Of those up to this number: the last one, and a sum of the checksums of all."""
    found: tuple[int, int] = ledger.execute(
        "SELECT coalesce(max(id), 0), coalesce(sum(checksum * (id % 61 + 1)), 0) FROM contexts WHERE id <= ?",
        (last,),
    ).fetchone()
    return found


def _forget(db: sqlite3.Connection, parts: Iterable[int], changes: Changes) -> None:
    for chunk in chunks(parts):
        places = placeholders(chunk)
        for quarter, dim, thread, *sums in db.execute(
            f"SELECT quarter, dim, thread, {', '.join(SUMS)} FROM slices JOIN sessions e ON e.id = session"
            f" WHERE part IN ({places})",
            chunk,
        ):
            _change(changes, (quarter, dim, thread), map(neg, sums))
        for table in ("slices", "spans", "made_of"):
            db.execute(f"DELETE FROM {table} WHERE part IN ({places})", chunk)


def _add(
    db: sqlite3.Connection,
    rows: Sequence[PartSlice],
    ids: Mapping[int, tuple[int, int, int]],
    changes: Changes,
) -> None:
    slices: list[tuple[Any, ...]] = []
    spans: list[tuple[Any, ...]] = []
    for row in rows:
        thread, session, dim = ids[row.context]
        slices.append((row.quarter, row.part, session, dim, *row.sums, row.first_ms, row.last_ms))
        spans.append((row.part, session, dim, thread, *row.sums, row.first_ms, row.last_ms))
        _change(changes, (row.quarter, dim, thread), row.sums)
    slices.sort()
    db.executemany(_ADD_SLICE, slices)
    db.executemany(_ADD_SPAN, spans)


def _change(changes: Changes, key: tuple[int, int, int], sums: Iterable[int]) -> None:
    changes[key] = tuple(map(add, changes.get(key, _NOTHING), sums))
