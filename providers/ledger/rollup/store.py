"""The tables that sums are kept in: a database in the memory of one process."""

from __future__ import annotations

import sqlite3

from providers.domain.cost import TOKEN_CLASSES

SUMS = ("responses", "priced", "pico_usd", *(each.name for each in TOKEN_CLASSES))
"""What is added up; `priced` are those of the responses that `pico_usd` (1e-12 USD) is the price of."""
ADDED = ", ".join(f"sum({name})" for name in SUMS)
_TEXTS = ("provider", "home", "account", "project", "model", "effort")
_SUM_COLUMNS = ", ".join(f"{name} INTEGER NOT NULL" for name in SUMS)
_TEXT_COLUMNS = ", ".join(f"{name} TEXT NOT NULL" for name in _TEXTS)
_SCHEMA = f"""
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE made_of(part INTEGER NOT NULL, home INTEGER NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, shown INTEGER NOT NULL, hidden INTEGER NOT NULL,
    PRIMARY KEY(part, home)) WITHOUT ROWID;
CREATE TABLE dims(id INTEGER PRIMARY KEY, {_TEXT_COLUMNS}, beyond INTEGER NOT NULL,
    UNIQUE({", ".join(_TEXTS)}, beyond));
CREATE TABLE threads(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE sessions(id INTEGER PRIMARY KEY, thread INTEGER NOT NULL, name TEXT NOT NULL,
    UNIQUE(thread, name));
CREATE TABLE slices(quarter INTEGER NOT NULL, part INTEGER NOT NULL, session INTEGER NOT NULL,
    dim INTEGER NOT NULL, {_SUM_COLUMNS}, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY(quarter, part, session, dim)) WITHOUT ROWID;
CREATE INDEX slices_of_part ON slices(part);
CREATE TABLE spans(part INTEGER NOT NULL, session INTEGER NOT NULL, dim INTEGER NOT NULL, {_SUM_COLUMNS},
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, PRIMARY KEY(part, session, dim)) WITHOUT ROWID;
CREATE INDEX spans_of_dim ON spans(dim);
CREATE TABLE zones(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first_day INTEGER NOT NULL);
CREATE TABLE days(zone INTEGER NOT NULL, day INTEGER NOT NULL, part_of_day INTEGER NOT NULL,
    dim INTEGER NOT NULL, {_SUM_COLUMNS}, PRIMARY KEY(zone, day, part_of_day, dim)) WITHOUT ROWID;
CREATE TABLE day_threads(zone INTEGER NOT NULL, day INTEGER NOT NULL, part_of_day INTEGER NOT NULL,
    dim INTEGER NOT NULL, thread INTEGER NOT NULL, PRIMARY KEY(zone, day, part_of_day, dim, thread)) WITHOUT ROWID;
CREATE TABLE calendar(day INTEGER PRIMARY KEY, month INTEGER NOT NULL);
"""
_NAMED = f"CREATE TEMP TABLE named(dim INTEGER PRIMARY KEY, {_TEXT_COLUMNS}, beyond INTEGER NOT NULL)"
"""Each of `dims` as a person knows it: labels of homes, one name for each project, UNKNOWN where no log says."""


def created() -> sqlite3.Connection:
    """An empty one, of no generation."""
    db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    db.executescript(_SCHEMA)
    db.execute(_NAMED)
    return db
