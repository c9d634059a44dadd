"""Brings the tables up to date with the ledger: only parts whose checksums are others are read again."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from providers.domain import project
from providers.ledger import index
from providers.ledger.index import storable
from providers.ledger.part_checksums import PartChecksum
from providers.ledger.rollup import reading
from providers.ledger.rollup.reading import Origin, PartSlice
from providers.ledger.rollup.store import SUMS
from providers.ledger.statements import chunks, placeholders
from providers.ledger.sums import UNKNOWN
from providers.ledger.verify import Verifier

Homes = Mapping[str, Mapping[Path, str]]
"""The homes of each provider with their labels."""

_ADD_UP = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
_TIMES = "first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)"
_PLACES = placeholders(range(len(SUMS) + 2))
_ADD_SLICE = (
    f"INSERT INTO slices VALUES (?, ?, ?, ?, {_PLACES}) ON CONFLICT DO UPDATE SET {_ADD_UP}, {_TIMES}"
)
_ADD_SPAN = f"INSERT INTO spans VALUES (?, ?, ?, {_PLACES}) ON CONFLICT DO UPDATE SET {_ADD_UP}, {_TIMES}"


def state(ledger: sqlite3.Connection) -> tuple[str, object]:
    """Another whenever its sums may be others."""
    row = ledger.execute("SELECT value FROM meta WHERE name = 'part_checksums'").fetchone()
    return f"{index.generation(ledger):x}", row and row[0]


def read_changes(
    db: sqlite3.Connection, ledger: sqlite3.Connection, homes: Homes, verifier: Verifier
) -> set[int]:
    """Returns the quarters (epoch ms) whose sums may be others now. Raises DamageFound."""
    verifier.verify_parts(ledger)
    known = _numbers(ledger, homes)
    now = reading.checksums(ledger, known)
    before = {PartChecksum._make(row) for row in db.execute("SELECT * FROM made_of")}
    changed = {each.part for each in now ^ before}
    quarters = _forget(db, changed)
    wanted = {each for each in now if each.part in changed}
    ids = _Ids(db)
    for rows in reading.slices(ledger, wanted, verifier):
        _add(db, rows, ids.of(reading.origins(ledger, {row.context for row in rows}, known)))
        quarters |= {row.quarter for row in rows}
    db.executemany("INSERT INTO made_of VALUES (?, ?, ?, ?, ?, ?)", wanted)
    return quarters


def _numbers(ledger: sqlite3.Connection, homes: Homes) -> dict[int, tuple[str, str]]:
    """Provider and path of those homes that the ledger has, by number."""
    wanted = {(provider, storable(str(path))) for provider, own in homes.items() for path in own}
    rows = ledger.execute("SELECT id, provider, path FROM homes NOT INDEXED")
    return {number: (provider, path) for number, provider, path in rows if (provider, path) in wanted}


def _forget(db: sqlite3.Connection, parts: Iterable[int]) -> set[int]:
    quarters: set[int] = set()
    for chunk in chunks(parts):
        places = placeholders(chunk)
        quarters |= {
            row[0] for row in db.execute(f"SELECT quarter FROM slices WHERE part IN ({places})", chunk)
        }
        for table in ("slices", "spans", "made_of"):
            db.execute(f"DELETE FROM {table} WHERE part IN ({places})", chunk)
    return quarters


def _add(db: sqlite3.Connection, rows: Sequence[PartSlice], ids: Mapping[int, tuple[int, int]]) -> None:
    slices: list[tuple[Any, ...]] = []
    spans: list[tuple[Any, ...]] = []
    for part, quarter, context, sums, first_ms, last_ms in map(_members, rows):
        session, dim = ids[context]
        slices.append((quarter, part, session, dim, *sums, first_ms, last_ms))
        spans.append((part, session, dim, *sums, first_ms, last_ms))
    slices.sort()
    db.executemany(_ADD_SLICE, slices)
    db.executemany(_ADD_SPAN, spans)


def _members(row: PartSlice) -> tuple[int, int, int, tuple[int, ...], int, int]:
    return row.part, row.quarter, row.context, row.sums, row.first_ms, row.last_ms


class _Ids:
    """The numbers of sessions and dims."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[tuple[object, ...], int] = {}

    def of(self, origins: Mapping[int, Origin]) -> dict[int, tuple[int, int]]:
        """Of contexts: of their session, and of all else."""
        found = {}
        for context, (*texts, thread, session, beyond) in origins.items():
            number = self._id("threads", name=thread)
            dim = dict(zip(("provider", "home", "account", "project", "model", "effort"), texts, strict=True))
            found[context] = (
                self._id("sessions", thread=number, name=session),
                self._id("dims", **dim, beyond=beyond),
            )
        return found

    def _id(self, table: str, **members: object) -> int:
        key = table, *members.values()
        number = self._known.get(key)
        if number is None:
            names, values = ", ".join(members), tuple(members.values())
            same = " AND ".join(f"{name} = ?" for name in members)
            self._db.execute(
                f"INSERT OR IGNORE INTO {table}({names}) VALUES ({placeholders(values)})", values
            )
            (number,) = self._db.execute(f"SELECT id FROM {table} WHERE {same}", values).fetchone()
            self._known[key] = number
        return int(number)


def name_dims(db: sqlite3.Connection, homes: Homes) -> None:
    """Names change with the labels of homes, and with the spellings of projects that are there."""
    labels = {
        (provider, storable(str(path))): label
        for provider, own in homes.items()
        for path, label in own.items()
    }
    rows = db.execute("SELECT * FROM dims d WHERE EXISTS (SELECT 1 FROM spans WHERE dim = d.id)").fetchall()
    projects = project.names(row[4] for row in rows)
    db.execute("DELETE FROM named")
    db.executemany(
        "INSERT INTO named VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                dim,
                provider,
                labels.get((provider, home), home),
                *(text or UNKNOWN for text in (account, projects[folder], model, effort)),
                beyond,
            )
            for dim, provider, home, account, folder, model, effort, beyond in rows
        ),
    )
