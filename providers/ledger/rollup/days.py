"""Sums by local day, for each time zone that was asked for: of the newest days, as far back as anybody asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from providers.ledger.checksum import QUARTER_MS
from providers.ledger.epoch_ms import moment, ms
from providers.ledger.report import day_span
from providers.ledger.rollup.selection import PARTS_OF_DAY
from providers.ledger.rollup.store import ADDED

_MOST_ZONES = 4
_TABLES = ("days", "day_threads")
_NEVER = date.max.toordinal() + 1
_PART = "CASE " + " ".join(
    f"WHEN quarter < ?{number + 5} THEN {number}" for number in range(len(PARTS_OF_DAY) - 1)
)
_PART += f" ELSE {len(PARTS_OF_DAY) - 1} END"
_ADD_DAY = (
    f"INSERT OR REPLACE INTO days SELECT ?1, ?2, {_PART} AS part_of_day, dim, {ADDED}"  # noqa: S608
    " FROM slices WHERE quarter >= ?3 AND quarter < ?4 GROUP BY part_of_day, dim"
)
_ADD_THREADS = (
    f"INSERT OR IGNORE INTO day_threads SELECT DISTINCT ?1, ?2, {_PART}, dim, e.thread"  # noqa: S608
    " FROM slices s CROSS JOIN sessions e ON e.id = s.session CROSS JOIN threads t ON t.id = e.thread"
    " WHERE quarter >= ?3 AND quarter < ?4 AND t.name != ''"
)
_NEXT = "SELECT quarter FROM slices WHERE quarter >= ? ORDER BY quarter LIMIT 1"


class DaySums:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._zones: dict[tzinfo, int] = {}
        """Their numbers, the last one asked for at the end."""
        self._first: dict[int, int] = {}
        """From which day on there are sums, by zone."""

    def forget(self) -> None:
        self._zones, self._first = {}, {}
        for table in _TABLES:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608

    def zone(self, zone: tzinfo, since: date | None) -> int:
        """Its number; afterwards there are sums of all days since then."""
        number = self._zones.pop(zone, None)
        if number is None:
            number = max(self._first, default=0) + 1
            self._first[number] = _NEVER
        self._zones[zone] = number
        first = self._first[number]
        wanted = 0 if since is None else since.toordinal()
        if wanted < first:
            start, _ = day_span(since, None, zone)
            until = None if first == _NEVER else date.fromordinal(first) - timedelta(days=1)
            _, end = day_span(None, until, zone)
            self._add(number, zone, 0 if start is None else ms(start), 2**62 if end is None else ms(end))
            self._first[number] = wanted
        while len(self._zones) > _MOST_ZONES:
            oldest = self._zones.pop(next(iter(self._zones)))
            del self._first[oldest]
            for table in _TABLES:
                self._db.execute(f"DELETE FROM {table} WHERE zone = ?", (oldest,))  # noqa: S608
        return number

    def replace(self, quarters: Iterable[int]) -> None:
        """After the slices of these quarters changed."""
        changed = sorted(quarters)
        for zone, number in self._zones.items():
            for day in {moment(quarter).astimezone(zone).date() for quarter in changed}:
                if day.toordinal() >= self._first[number]:
                    for table in _TABLES:
                        where = (number, day.toordinal())
                        self._db.execute(f"DELETE FROM {table} WHERE zone = ? AND day = ?", where)  # noqa: S608
                    self._add_day(number, zone, day)

    def _add(self, number: int, zone: tzinfo, start_ms: int, end_ms: int) -> None:
        quarter = self._next(start_ms)
        while quarter is not None and quarter < end_ms:
            day_ends = self._add_day(number, zone, moment(quarter).astimezone(zone).date())
            quarter = self._next(max(day_ends, quarter + QUARTER_MS))

    def _next(self, start_ms: int) -> int | None:
        row = self._db.execute(_NEXT, (start_ms,)).fetchone()
        return None if row is None else int(row[0])

    def _add_day(self, number: int, zone: tzinfo, day: date) -> int:
        """Returns when it ends."""
        start, end = (ms(each) for each in day_span(day, day, zone) if each is not None)
        parts = [_hour_of(day, hour, zone) for _, hour in PARTS_OF_DAY[:-1]]
        for statement in (_ADD_DAY, _ADD_THREADS):
            self._db.execute(statement, (number, day.toordinal(), start, end, *parts))
        self._db.execute(
            "INSERT OR IGNORE INTO calendar VALUES (?, ?)", (day.toordinal(), day.replace(day=1).toordinal())
        )
        return end


def _hour_of(day: date, hour: int, zone: tzinfo) -> int:
    return ms(datetime.combine(day, time(hour), zone).astimezone(UTC))
