"""The tables that sums are kept in: a database in the memory of one process."""

from __future__ import annotations

import sqlite3
from datetime import date
from zlib import crc32

from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES
from providers.ledger.rollup.selection import PARTS_OF_DAY

SUMS = ("responses", "priced", "pico_usd", *(each.name for each in TOKEN_CLASSES))
"""What is added up; `priced` are those of the responses that `pico_usd` (1e-12 USD) is the price of."""
ADDED = ", ".join(f"sum({name})" for name in SUMS)
ADD_UP = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
TEXTS = ("provider", "home", "account", "project", "model", "effort")


class Cube(Struct, frozen=True):
    """By which of TEXTS there are sums of each day, and whether by part of day, too."""

    texts: tuple[str, ...]
    parts_of_day: bool = False


CUBES = (
    Cube(TEXTS, parts_of_day=True),
    Cube(("provider",), parts_of_day=True),
    Cube(("provider", "model")),
    Cube(("provider", "project")),
    Cube(("provider", "home", "account")),
)
"""The first one has everything, and the others are sums of it: what most questions need is a hundredth of it."""
WHOLE, BY_PROVIDER = 0, 1
THREADS = len(CUBES)
"""Stands for the threads of each day by provider, with how many responses they have."""
_SUM_COLUMNS = ", ".join(f"{name} INTEGER NOT NULL" for name in SUMS)
_TEXT_COLUMNS = ", ".join(f"{name} TEXT NOT NULL" for name in TEXTS)
_SCHEMA = f"""
CREATE TABLE made_of(part INTEGER NOT NULL, home INTEGER NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, shown INTEGER NOT NULL, hidden INTEGER NOT NULL,
    PRIMARY KEY(part, home)) WITHOUT ROWID;
CREATE TABLE blocks(block INTEGER PRIMARY KEY, homes TEXT NOT NULL, sums TEXT NOT NULL);
CREATE TABLE homes(number INTEGER PRIMARY KEY, provider TEXT NOT NULL, path TEXT NOT NULL);
CREATE TABLE contexts(last INTEGER NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE dims(id INTEGER PRIMARY KEY, {_TEXT_COLUMNS}, beyond INTEGER NOT NULL, cube INTEGER NOT NULL,
    UNIQUE({", ".join(TEXTS)}, beyond, cube));
CREATE TABLE coarse(cube INTEGER NOT NULL, dim INTEGER NOT NULL, coarse INTEGER NOT NULL,
    PRIMARY KEY(cube, dim)) WITHOUT ROWID;
CREATE TABLE named(dim INTEGER PRIMARY KEY, {_TEXT_COLUMNS}, beyond INTEGER NOT NULL, cube INTEGER NOT NULL);
CREATE TABLE naming(homes TEXT NOT NULL);
CREATE TABLE threads(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE sessions(id INTEGER PRIMARY KEY, thread INTEGER NOT NULL, name TEXT NOT NULL,
    UNIQUE(thread, name));
CREATE TABLE slices(quarter INTEGER NOT NULL, part INTEGER NOT NULL, session INTEGER NOT NULL,
    dim INTEGER NOT NULL, {_SUM_COLUMNS}, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY(quarter, part, session, dim)) WITHOUT ROWID;
CREATE INDEX slices_of_part ON slices(part);
CREATE TABLE spans(part INTEGER NOT NULL, session INTEGER NOT NULL, dim INTEGER NOT NULL,
    thread INTEGER NOT NULL, {_SUM_COLUMNS}, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY(part, session, dim)) WITHOUT ROWID;
CREATE INDEX spans_of_dim ON spans(dim);
CREATE INDEX spans_of_thread ON spans(thread);
CREATE TABLE used(provider TEXT NOT NULL, quarter INTEGER NOT NULL, responses INTEGER NOT NULL,
    PRIMARY KEY(provider, quarter)) WITHOUT ROWID;
CREATE TABLE zones(id INTEGER PRIMARY KEY, cube INTEGER NOT NULL, name TEXT NOT NULL,
    offsets INTEGER NOT NULL, first_day INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE TABLE days(zone INTEGER NOT NULL, dim INTEGER NOT NULL, day INTEGER NOT NULL,
    part_of_day INTEGER NOT NULL, {_SUM_COLUMNS}, PRIMARY KEY(zone, dim, day, part_of_day)) WITHOUT ROWID;
CREATE TABLE thread_days(zone INTEGER NOT NULL, dim INTEGER NOT NULL, day INTEGER NOT NULL,
    part_of_day INTEGER NOT NULL, thread INTEGER NOT NULL, responses INTEGER NOT NULL,
    PRIMARY KEY(zone, dim, day, part_of_day, thread)) WITHOUT ROWID;
CREATE TABLE calendar(day INTEGER PRIMARY KEY, month INTEGER NOT NULL);
"""
"""`slices` are by quarter of an hour, `spans` of all time; `named` are `dims` as a person knows them: labels of
homes, one name for each project, UNKNOWN where no log says. What stands there is text of a cube's own.
"""
_APPLICATION_ID = 0x74616E72  # "tanr"
_MAKE = 1
"""Raised whenever what is in the tables changes."""
_VERSION = crc32(repr((_MAKE, _SCHEMA, CUBES, PARTS_OF_DAY)).encode()) >> 1


def created() -> sqlite3.Connection:
    """An empty one."""
    db = connected()
    db.executescript(_SCHEMA)
    db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {_VERSION}")
    return db


def connected() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    db.execute("PRAGMA temp_store = MEMORY")  # a full disk is no reason not to sort
    db.create_function("month_of", 1, _month_of, deterministic=True)
    return db


def _month_of(day: int) -> int:
    """Its first day; both are ordinals."""
    return date.fromordinal(day).replace(day=1).toordinal()


def is_own(db: sqlite3.Connection) -> bool:
    """Whether this version has made it."""
    found = tuple(db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    return found == (_APPLICATION_ID, _VERSION)
