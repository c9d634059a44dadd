"""Sums by local day, for each time zone that was asked for: of the newest days, as far back as anybody asked."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from time import perf_counter
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from providers.ledger.checksum import QUARTER_MS
from providers.ledger.epoch_ms import ms
from providers.ledger.rollup.selection import ALL_TIME, PARTS_OF_DAY, local_time, part_of_day, span_of
from providers.ledger.rollup.store import ADD_UP, ADDED, BY_PROVIDER, CUBES, SUMS, THREADS, WHOLE
from providers.ledger.rollup.update import Changes
from providers.ledger.spans import day_span
from providers.ledger.statements import placeholders

_MOST = 4 * (len(CUBES) + 1)
"""Tables: those of four zones."""
_MANY = 2_000
"""Changes: when there are more of them, sums are made anew."""
_LOOKS = 365
"""At the offsets of a zone, ten days apart."""
_NEVER = date.max.toordinal() + 1
_PART = "CASE " + " ".join(
    f"WHEN quarter < ?{number + 5} THEN {number}" for number in range(len(PARTS_OF_DAY) - 1)
)
_ADD_DAY = (
    f"INSERT OR REPLACE INTO days SELECT ?1, dim, ?2, {_PART} ELSE {len(PARTS_OF_DAY) - 1} END AS part_of_day,"  # noqa: S608
    f" {ADDED} FROM slices WHERE quarter >= ?3 AND quarter < ?4 GROUP BY dim, part_of_day"
)
_ADD_THREADS = (
    f"INSERT OR REPLACE INTO thread_days SELECT ?1, coarse, ?2, {_PART} ELSE {len(PARTS_OF_DAY) - 1} END"  # noqa: S608
    " AS part_of_day, e.thread, sum(responses) FROM slices s CROSS JOIN sessions e ON e.id = s.session"
    f" CROSS JOIN coarse c ON cube = {BY_PROVIDER} AND c.dim = s.dim WHERE quarter >= ?3 AND quarter < ?4"
    " GROUP BY 2, 4, 5"
)
_ADD_COARSE = (
    "INSERT OR REPLACE INTO days SELECT ?1, coarse, day, {part}, {sums} FROM coarse c CROSS JOIN days s"
    " ON s.zone = ?2 AND s.dim = c.dim AND day >= ?3 AND day < ?4 WHERE cube = ?5 GROUP BY coarse, day, 4"
)
_ADD_CHANGE = f"INSERT INTO days VALUES (?, ?, ?, ?, {placeholders(SUMS)}) ON CONFLICT DO UPDATE SET {ADD_UP}"  # noqa: S608
_ADD_THREAD = (
    "INSERT INTO thread_days VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET responses = responses + excluded.responses"
)
_EMPTIED = "zone = ? AND dim = ? AND day = ? AND part_of_day = ? AND responses = 0"
_NEXT = "SELECT quarter FROM slices WHERE quarter >= ? ORDER BY quarter LIMIT 1"


class DaySums:
    """One table for each zone and cube, from some day on."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._offsets: dict[tzinfo, int] = {}
        self.seconds = 0.0
        """What it took to make them."""

    def table(self, zone: tzinfo, since: date | None, cube: int = WHOLE) -> int:
        """Its number (`zone` of the rows); afterwards there are sums of all days since then."""
        number, first = self._found(zone, cube)
        wanted = 0 if since is None else since.toordinal()
        if wanted >= first:
            return number
        if cube in (WHOLE, THREADS):
            began = perf_counter()
            start, _ = day_span(since, None, zone)
            until = None if first == _NEVER else date.fromordinal(first) - timedelta(days=1)
            self._add(number, cube, zone, span_of(start, day_span(None, until, zone)[1]))
            self.seconds += perf_counter() - began
        else:
            whole = self.table(zone, since)
            statement = _ADD_COARSE.format(
                part="part_of_day" if CUBES[cube].parts_of_day else "0 AS part_of_day", sums=ADDED
            )
            self._db.execute(statement, (number, whole, wanted, first, cube))
        self._db.execute("UPDATE zones SET first_day = ? WHERE id = ?", (wanted, number))
        return number

    def make_all(self, zone: tzinfo) -> None:
        """The tables of all cubes, of all days."""
        for cube in (*range(len(CUBES)), THREADS):
            self.table(zone, None, cube)

    def _found(self, zone: tzinfo, cube: int) -> tuple[int, int]:
        """Its number, and from which day on there are sums; by other rules of the zone there are none."""
        if zone not in self._offsets:
            self._offsets[zone] = _offsets(zone)
        same = cube, _name(zone), self._offsets[zone]
        row = self._db.execute(
            "SELECT id, first_day, used = (SELECT max(used) FROM zones) FROM zones"
            " WHERE cube = ? AND name = ? AND offsets = ?",
            same,
        ).fetchone()
        if row is None:
            insert = "INSERT INTO zones SELECT NULL, ?, ?, ?, ?, coalesce(max(used), 0) + 1 FROM zones"
            number = int(self._db.execute(insert, (*same, _NEVER)).lastrowid or 0)
            oldest = "SELECT id FROM zones ORDER BY used DESC LIMIT -1 OFFSET ?"
            for (old,) in self._db.execute(oldest, (_MOST,)).fetchall():
                self._forget(old)
            return number, _NEVER
        if not row[2]:
            self._db.execute(
                "UPDATE zones SET used = (SELECT max(used) FROM zones) + 1 WHERE id = ?", (row[0],)
            )
        return int(row[0]), int(row[1])

    def _forget(self, number: int) -> None:
        self._db.execute("DELETE FROM zones WHERE id = ?", (number,))
        for table in ("days", "thread_days"):
            self._db.execute(f"DELETE FROM {table} WHERE zone = ?", (number,))  # noqa: S608

    def add(self, changes: Changes) -> None:
        """What was added to the slices."""
        if not changes:
            return
        known = {(_name(zone), offsets): zone for zone, offsets in self._offsets.items()}
        tables = self._db.execute("SELECT id, cube, name, offsets, first_day FROM zones").fetchall()
        for number, cube, name, offsets, first in tables:
            zone = known.get((name, offsets)) or _zone_of(name, offsets)
            if zone is None or len(changes) > _MANY:
                self._forget(number)
            else:
                self._add_changes(number, cube, zone, first, changes)

    def _add_changes(self, number: int, cube: int, zone: tzinfo, first: int, changes: Changes) -> None:
        with_parts = cube == THREADS or CUBES[cube].parts_of_day
        dims: dict[int, int] = {}
        for (quarter, dim, thread), sums in changes.items():
            local = local_time(quarter, zone)
            day = local.date().toordinal()
            if day < first:
                continue
            if dim not in dims:
                dims[dim] = self._coarse(cube, dim)
            row = (number, dims[dim], day, part_of_day(local.hour) if with_parts else 0)
            if cube == THREADS:
                self._db.execute(_ADD_THREAD, (*row, thread, sums[0]))
                self._db.execute(f"DELETE FROM thread_days WHERE thread = ? AND {_EMPTIED}", (thread, *row))  # noqa: S608
            else:
                self._db.execute(_ADD_CHANGE, (*row, *sums))
                self._db.execute(f"DELETE FROM days WHERE {_EMPTIED}", row)  # noqa: S608
            self._note_day(local.date())

    def _coarse(self, cube: int, dim: int) -> int:
        if cube == WHOLE:
            return dim
        wanted = BY_PROVIDER if cube == THREADS else cube
        row = self._db.execute(
            "SELECT coarse FROM coarse WHERE cube = ? AND dim = ?", (wanted, dim)
        ).fetchone()
        return int(row[0])

    def _add(self, number: int, cube: int, zone: tzinfo, span: tuple[int, int]) -> None:
        start_ms, end_ms = span
        quarter = self._next(start_ms)
        while quarter is not None and quarter < end_ms:
            day_ends = self._add_day(number, cube, zone, local_time(quarter, zone).date())
            quarter = self._next(max(day_ends, quarter + QUARTER_MS))

    def _next(self, start_ms: int) -> int | None:
        row = self._db.execute(_NEXT, (start_ms,)).fetchone()
        return None if row is None else int(row[0])

    def _add_day(self, number: int, cube: int, zone: tzinfo, day: date) -> int:
        """Returns when it ends."""
        start, end = span_of(*day_span(day, day, zone))
        parts = [_hour_of(day, hour, zone) for _, hour in PARTS_OF_DAY[:-1]]
        statement = _ADD_THREADS if cube == THREADS else _ADD_DAY
        self._db.execute(statement, (number, day.toordinal(), start, end, *parts))
        self._note_day(day)
        return end

    def _note_day(self, day: date) -> None:
        month = day.replace(day=1).toordinal()
        self._db.execute("INSERT OR IGNORE INTO calendar VALUES (?, ?)", (day.toordinal(), month))


def _hour_of(day: date, hour: int, zone: tzinfo) -> int:
    try:
        return ms(datetime.combine(day, time(hour), zone).astimezone(UTC))
    except OverflowError:  # the calendar ends before
        return ALL_TIME[1]


def _name(zone: tzinfo) -> str:
    return str(getattr(zone, "key", None) or repr(zone))


def _zone_of(name: str, offsets: int) -> tzinfo | None:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return zone if _offsets(zone) == offsets else None


def _offsets(zone: tzinfo) -> int:
    """Another number for other rules: those of a zone change with the version of the system."""
    first = datetime(2020, 1, 1, tzinfo=UTC)
    times = (first + timedelta(days=10 * number) for number in range(_LOOKS))
    return crc32(repr([each.astimezone(zone).utcoffset() for each in times]).encode())
