"""Sums by any dimensions."""

# ruff: noqa: S608 - nothing but column names, numbers and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, tzinfo
from functools import cache, lru_cache

from msgspec.structs import replace

from providers.domain.cost import Tally, TokenUsage
from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.selection import (
    FILTERS,
    Dimension,
    Filter,
    Key,
    Selection,
    local_time,
    part_of_day,
    span_of,
)
from providers.ledger.rollup.store import ADDED, CUBES, SUMS
from providers.ledger.spans import day_span
from providers.ledger.sums import PICO, UNKNOWN

_AS_THEY_ARE = ", ".join(f"sum({name}) AS {name}" for name in SUMS)
_FIRST = date(1, 1, 1).toordinal()  # a Monday
_DATES = ("day", "week", "month")
TIMES = (*_DATES, "weekday", "part_of_day")
_OF_SESSIONS = ("thread", "session")
THREAD = f"coalesce(nullif(t.name, ''), '{UNKNOWN}')"
_EXPRESSIONS = {
    "week": f"day - (day - {_FIRST}) % 7",
    "weekday": f"(day - {_FIRST}) % 7",
    "month": "coalesce((SELECT month FROM calendar c WHERE c.day = s.day), month_of(day))",
    "thread": THREAD,
    "session": f"coalesce(nullif(e.name, ''), '{UNKNOWN}')",
}
SESSION_NAMES = "JOIN sessions e ON e.id = s.session JOIN threads t ON t.id = e.thread"
"""`e` is the session, `t` its thread."""


def tallies(
    db: sqlite3.Connection,
    days: DaySums,
    selection: Selection,
    by: Sequence[Dimension],
    *,
    beyond: bool = False,
) -> dict[Key, Tally]:
    if set(by) & set(_OF_SESSIONS):
        return _of_sessions(db, days, selection, by, beyond=beyond)
    source, values = of_days(days, selection, by, beyond=beyond)
    if not set(by) & set(TIMES):
        # Rows of a dim follow each other: they need no sorting, and what is sorted then are few.
        source = f"FROM (SELECT d.*, {_AS_THEY_ARE} {source} GROUP BY d.dim)"
    return grouped(db, by, source, values)


def of_days(
    days: DaySums, selection: Selection, by: Sequence[Dimension], *, beyond: bool = False
) -> tuple[str, tuple[object, ...]]:
    """The rows of days that are selected, of the smallest cube that can be grouped by these, and their values."""
    needed = {*by, *selection.filters} - set(TIMES)
    cube = min(
        (
            number
            for number, each in enumerate(CUBES)
            if needed <= set(each.texts) and (each.parts_of_day or "part_of_day" not in by)
        ),
        key=lambda number: len(CUBES[number].texts),
    )
    where, values = where_dim(selection.filters)
    source = (
        "FROM named d CROSS JOIN days s ON zone = ? AND s.dim = d.dim AND day >= ? AND day <= ?"
        f" WHERE cube = ? AND beyond = ? AND {where}"
    )
    table = days.table(selection.zone, selection.since, cube)
    return source, (table, *days_selected(selection), cube, beyond, *values)


def _of_sessions(
    db: sqlite3.Connection, days: DaySums, selection: Selection, by: Sequence[Dimension], *, beyond: bool
) -> dict[Key, Tally]:
    where, values = where_dim(selection.filters)
    columns = local_columns(db, days, selection) if set(by) & set(TIMES) else "*"
    source = (
        f"FROM (SELECT {columns} FROM slices WHERE quarter >= ? AND quarter < ?) s"
        f" JOIN named d ON d.dim = s.dim {SESSION_NAMES}"
        f" WHERE beyond = ? AND {where}"
    )
    return grouped(db, by, source, (*selection.span, beyond, *values))


def local_columns(db: sqlite3.Connection, days: DaySums, selection: Selection) -> str:
    """All columns of a table by quarters of an hour, with its local day and part of day."""
    days.table(selection.zone, selection.since)  # afterwards the calendar has them
    for name, function in zip(("local_day", "local_part"), _calendar(selection.zone), strict=True):
        db.create_function(name, 1, function)
    return "*, local_day(quarter) AS day, local_part(quarter) AS part_of_day"


def days_selected(selection: Selection) -> tuple[int, int]:
    """The first and the last one, as ordinals."""
    first, last = selection.since, selection.until
    return (
        0 if first is None else first.toordinal(),
        date.max.toordinal() if last is None else last.toordinal(),
    )


def grouped(
    db: sqlite3.Connection, by: Sequence[Dimension], source: str, values: Iterable[object]
) -> dict[Key, Tally]:
    return {key: tally(row) for key, row in sums(db, by, source, values).items()}


def sums(
    db: sqlite3.Connection, by: Sequence[Dimension], source: str, values: Iterable[object]
) -> dict[Key, tuple[int, ...]]:
    """In the order of SUMS. `source` begins with FROM, and ends with a condition."""
    columns = list(map(expression, by))
    group = f" GROUP BY {', '.join(str(number + 1) for number in range(len(by)))}" if by else ""
    rows = db.execute(
        f"SELECT {''.join(f'{column}, ' for column in columns)}{ADDED} {source}{group}", tuple(values)
    )
    return {
        tuple(map(key_of, by, row)): tuple(row[len(by) :])
        for row in rows
        if row[len(by)]  # a sum over nothing has a row, of nulls
    }


def values(
    db: sqlite3.Connection, days: DaySums, selection: Selection
) -> dict[Filter, tuple[tuple[str, int], ...]]:
    """What each filter can be set to, with its responses, most first; regardless of what it is set to now."""
    found: dict[Filter, tuple[tuple[str, int], ...]] = {}
    for name in FILTERS:
        found_of = tallies(db, days, replace(selection, **{name: None}), (name,), beyond=False)
        counts = [(str(key), each.responses) for (key,), each in found_of.items()]
        found[name] = tuple(sorted(counts, key=lambda each: (-each[1], each[0])))
    return found


def used_days(db: sqlite3.Connection, selection: Selection) -> tuple[date, date] | None:
    """The first and the last day with responses, whatever days are selected. No sums of days are made for it."""
    where, values = where_dim(selection.filters)
    query = (
        "SELECT quarter FROM slices s CROSS JOIN named d ON d.dim = s.dim"
        f" WHERE beyond = 0 AND {where} ORDER BY quarter {{}} LIMIT 1"
    )
    ends = [db.execute(query.format(way), values).fetchone() for way in ("ASC", "DESC")]
    first, last = (None if row is None else local_time(row[0], selection.zone).date() for row in ends)
    return None if first is None or last is None else (first, last)


def used_spans(
    db: sqlite3.Connection, days: DaySums, selection: Selection, span: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """Of the local days with selected responses, newest first: from when until before when, within this span, in
    epoch ms.
    """
    source, values = of_days(days, selection, ())
    for (number,) in db.execute(f"SELECT DISTINCT day {source} ORDER BY day DESC", values).fetchall():
        day = date.fromordinal(number)
        start, end = span_of(*day_span(day, day, selection.zone))
        if start < span[1] and end > span[0]:
            yield max(start, span[0]), min(end, span[1])


def where_dim(filters: Mapping[Filter, str]) -> tuple[str, list[object]]:
    """A condition on `named` with its values."""
    return " AND ".join(["1", *(f"{name} = ?" for name in filters)]), list(filters.values())


@lru_cache(maxsize=1)
def _calendar(zone: tzinfo) -> tuple[Callable[[int], int], Callable[[int], int]]:
    """Local day and part of day of a quarter; each is worked out once."""

    @cache
    def day(quarter: int) -> int:
        return local_time(quarter, zone).date().toordinal()

    @cache
    def part(quarter: int) -> int:
        return part_of_day(local_time(quarter, zone).hour)

    return day, part


def expression(name: Dimension) -> str:
    """Of a row of sums, as SQL."""
    return _EXPRESSIONS.get(name, name)


def key_of(name: Dimension, value: int | str) -> date | int | str:
    """What that expression has for it."""
    return date.fromordinal(int(value)) if name in _DATES else value


def tally(row: Iterable[int]) -> Tally:
    """Of sums in the order of SUMS."""
    responses, priced, pico_usd, *tokens = row
    return Tally(
        responses=responses,
        usage=TokenUsage(*tokens),
        usd=pico_usd / PICO if priced or not responses else None,
        unpriced=responses - priced,
    )
