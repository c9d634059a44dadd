"""The numbers of sessions and of dims, and what a person calls them."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from providers.domain import project
from providers.ledger.index import Homes, home_labels
from providers.ledger.rollup.reading import Origin
from providers.ledger.rollup.store import CUBES, TEXTS, WHOLE
from providers.ledger.statements import placeholders
from providers.ledger.sums import UNKNOWN


class Ids:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[tuple[object, ...], int] = {}

    def of(self, origin: Origin) -> tuple[int, int, int]:
        """Of its thread, of its session, and of all else."""
        *texts, thread, session, beyond = origin
        number = self._id("threads", name=thread)
        named = dict(zip(TEXTS, texts, strict=True))
        return number, self._id("sessions", thread=number, name=session), self._dim(named, beyond)

    def _dim(self, texts: Mapping[str, str], beyond: bool) -> int:
        key = "dim", *texts.values(), beyond
        if key not in self._known:
            number = self._known[key] = self._id("dims", **texts, beyond=beyond, cube=WHOLE)
            for cube, of_cube in enumerate(CUBES[1:], 1):
                own = {name: text if name in of_cube.texts else "" for name, text in texts.items()}
                coarse = self._id("dims", **own, beyond=beyond, cube=cube)
                self._db.execute("INSERT OR IGNORE INTO coarse VALUES (?, ?, ?)", (cube, number, coarse))
        return self._known[key]

    def _id(self, table: str, **members: object) -> int:
        key = table, *members.values()
        number = self._known.get(key)
        if number is None:
            names, values = ", ".join(members), tuple(members.values())
            same = " AND ".join(f"{name} = ?" for name in members)
            found = self._db.execute(f"SELECT id FROM {table} WHERE {same}", values).fetchone()
            if found is None:
                insert = f"INSERT INTO {table}({names}) VALUES ({placeholders(values)})"
                number = int(self._db.execute(insert, values).lastrowid or 0)
            else:
                number = int(found[0])
            self._known[key] = number
        return number


def name_dims(db: sqlite3.Connection, homes: Homes) -> None:
    """Names change with the labels of homes, and with the spellings of projects that are there."""
    labels = home_labels(homes)
    query = "SELECT id FROM dims WHERE EXISTS (SELECT 1 FROM spans WHERE dim = dims.id)"
    in_use = {row[0] for row in db.execute(query)}
    made_of = repr((sorted(labels.items()), sorted(in_use)))
    if db.execute("SELECT homes FROM naming").fetchone() == (made_of,):
        return
    in_use |= {coarse for dim, coarse in db.execute("SELECT dim, coarse FROM coarse") if dim in in_use}
    rows = [row for row in db.execute("SELECT * FROM dims") if row[0] in in_use]
    projects = project.names(row[4] for row in rows)
    db.execute("DELETE FROM named")
    db.executemany(
        "INSERT INTO named VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                dim,
                provider,
                labels.get((provider, home), home),
                *(text or UNKNOWN for text in (account, projects[folder], model, effort)),
                beyond,
                cube,
            )
            for dim, provider, home, account, folder, model, effort, beyond, cube in rows
        ),
    )
    db.execute("DELETE FROM naming")
    db.execute("INSERT INTO naming VALUES (?)", (made_of,))
