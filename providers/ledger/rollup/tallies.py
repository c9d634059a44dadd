"""Sums by any dimensions."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, tzinfo

from msgspec.structs import replace

from providers.domain.cost import Tally, TokenUsage
from providers.ledger.epoch_ms import moment
from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.selection import FILTERS, PARTS_OF_DAY, Dimension, Filter, Key, Selection
from providers.ledger.rollup.store import ADDED
from providers.ledger.sums import PICO, UNKNOWN

_FIRST = date(1, 1, 1).toordinal()  # a Monday
_DATES = ("day", "week", "month")
_TIMES = (*_DATES, "weekday", "part_of_day")
_OF_SESSIONS = ("thread", "session")
THREAD = f"coalesce(nullif(t.name, ''), '{UNKNOWN}')"
_EXPRESSIONS = {
    "week": f"day - (day - {_FIRST}) % 7",
    "weekday": f"(day - {_FIRST}) % 7",
    "month": "(SELECT month FROM calendar c WHERE c.day = s.day)",
    "thread": THREAD,
    "session": f"coalesce(nullif(e.name, ''), '{UNKNOWN}')",
}
SESSION_NAMES = "JOIN sessions e ON e.id = s.session JOIN threads t ON t.id = e.thread"
"""`e` is the session, `t` its thread."""


def tallies(
    db: sqlite3.Connection, days: DaySums, selection: Selection, by: Sequence[Dimension], *, beyond: bool
) -> dict[Key, Tally]:
    if set(by) & set(_OF_SESSIONS):
        return _of_sessions(db, days, selection, by, beyond=beyond)
    zone = days.zone(selection.zone, selection.since)
    where, values = where_dim(selection.filters)
    if selection.since is not None:
        where, values = f"{where} AND day >= ?", [*values, selection.since.toordinal()]
    if selection.until is not None:
        where, values = f"{where} AND day <= ?", [*values, selection.until.toordinal()]
    source = f"FROM days s CROSS JOIN named d ON d.dim = s.dim WHERE zone = ? AND beyond = ? AND {where}"
    return grouped(db, by, source, (zone, beyond, *values))


def _of_sessions(
    db: sqlite3.Connection, days: DaySums, selection: Selection, by: Sequence[Dimension], *, beyond: bool
) -> dict[Key, Tally]:
    where, values = where_dim(selection.filters)
    slices = "SELECT * FROM slices"
    if set(by) & set(_TIMES):
        days.zone(selection.zone, selection.since)  # afterwards the calendar has them
        for name, function in zip(("local_day", "local_part"), _calendar(selection.zone), strict=True):
            db.create_function(name, 1, function)
        slices = "SELECT *, local_day(quarter) AS day, local_part(quarter) AS part_of_day FROM slices"
    source = (
        f"FROM ({slices} WHERE quarter >= ? AND quarter < ?) s JOIN named d ON d.dim = s.dim {SESSION_NAMES}"
        f" WHERE beyond = ? AND {where}"
    )
    return grouped(db, by, source, (*selection.span, beyond, *values))


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
    """The first and the last day with responses, whatever days are selected."""
    where, values = where_dim(selection.filters)
    first, last = db.execute(
        "SELECT min(first_ms), max(last_ms) FROM spans s JOIN named d ON d.dim = s.dim"
        f" WHERE {where} AND beyond = 0",
        values,
    ).fetchone()
    if first is None:
        return None
    return tuple(moment(at).astimezone(selection.zone).date() for at in (first, last))  # type: ignore[return-value]


def where_dim(filters: Mapping[Filter, str]) -> tuple[str, list[object]]:
    """A condition on `named` with its values."""
    return " AND ".join(["1", *(f"{name} = ?" for name in filters)]), list(filters.values())


def _calendar(zone: tzinfo) -> tuple[Callable[[int], int], Callable[[int], int]]:
    """Local day and part of day of a quarter."""

    def day(quarter: int) -> int:
        return moment(quarter).astimezone(zone).date().toordinal()

    def part_of_day(quarter: int) -> int:
        hour = moment(quarter).astimezone(zone).hour
        return next(number for number, (_, end) in enumerate(PARTS_OF_DAY) if hour < end)

    return day, part_of_day


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
