"""The sums, in tables of SQLite made for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from threading import Lock

from providers.domain import project
from providers.domain.cost import TOKEN_CLASSES, Tally, TokenUsage
from providers.ledger import query
from providers.ledger.epoch_ms import moment
from providers.ledger.index import storable
from providers.ledger.query import Slice
from providers.ledger.rollup.selection import PARTS_OF_DAY, Dimension, Key, Selection
from providers.ledger.sums import PICO, UNKNOWN

_TEXTS = ("provider", "account", "home", "project", "model", "effort", "thread", "session")
_NUMBERS = ("day", "part_of_day")
_SUMS = ("responses", "priced", "pico_usd", *(each.name for each in TOKEN_CLASSES))
_FIRST = date(1, 1, 1).toordinal()  # a Monday
_EXPRESSIONS = {
    "week": f"day - (day - {_FIRST}) % 7",
    "weekday": f"(day - {_FIRST}) % 7",
    "month": "month",
}
_DATES = ("day", "week", "month")

Homes = Mapping[str, Mapping[Path, str]]
"""The homes of each provider with their labels, in order: a response in several counts in the first."""


class Rollup:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._zone: tzinfo | None = None
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        texts = ", ".join(f"{name} TEXT NOT NULL" for name in _TEXTS)
        sums = ", ".join(f"{name} INTEGER NOT NULL" for name in _SUMS)
        self._db.execute(
            f"CREATE TABLE sums(day INTEGER NOT NULL, month INTEGER NOT NULL, part_of_day INTEGER NOT NULL,"
            f" beyond INTEGER NOT NULL, {texts}, {sums})"
        )
        self._slices: list[tuple[str, Slice, str]] = []

    def load(self, db: sqlite3.Connection, homes: Homes) -> None:
        """All that the ledger holds of these homes."""
        start, end = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
        with self._lock:
            self._zone = None
            self._slices = [
                (provider, each, labels.get(each.home, each.home))
                for provider, of_one in homes.items()
                for labels in [{storable(str(path)): label for path, label in of_one.items()}]
                for each in query.slices(db, provider, tuple(of_one), start, end)
            ]

    def tallies(
        self, selection: Selection, by: Sequence[Dimension] = (), *, beyond: bool = False
    ) -> dict[Key, Tally]:
        """The sums by these dimensions, without the groups that have none.

        Without `beyond` of what is on the lines of logs, with it of what is not (see `Context.not_on_lines`).
        """
        columns = [_EXPRESSIONS.get(name, name) for name in by]
        sums = ", ".join(f"sum({name})" for name in _SUMS)
        where, values = _where(selection)
        group = f" GROUP BY {', '.join(str(number + 1) for number in range(len(by)))}" if by else ""
        with self._lock:
            self._use(selection.zone)
            rows = self._db.execute(
                f"SELECT {''.join(f'{column}, ' for column in columns)}{sums} FROM sums"  # noqa: S608
                f" WHERE beyond = ? AND {where}{group}",
                (beyond, *values),
            ).fetchall()
        return {
            tuple(map(_key, by, row)): _tally(row[len(by) :])
            for row in rows
            if row[len(by)]  # a sum over nothing has a row, of nulls
        }

    def _use(self, zone: tzinfo) -> None:
        if self._zone == zone:
            return
        names = project.names(each.project for _, each, _ in self._slices)
        places = ", ".join("?" * (4 + len(_TEXTS) + len(_SUMS)))
        self._db.execute("DELETE FROM sums")
        self._db.executemany(
            f"INSERT INTO sums VALUES ({places})",  # noqa: S608
            (_row(provider, each, label, names, zone) for provider, each, label in self._slices),
        )
        self._zone = zone


def _row(
    provider: str, each: Slice, label: str, names: Mapping[str, str], zone: tzinfo
) -> tuple[int | str, ...]:
    local = moment(each.quarter).astimezone(zone)
    day = local.date()
    part = next(number for number, (_, end) in enumerate(PARTS_OF_DAY) if local.hour < end)
    texts = (each.account, label, names[each.project], each.model, each.effort, each.thread, each.session)
    return (
        day.toordinal(),
        day.replace(day=1).toordinal(),
        part,
        each.not_on_lines,
        provider,
        *(text or UNKNOWN for text in texts),
        each.responses,
        each.priced,
        each.pico_usd,
        *each.tokens,
    )


def _where(selection: Selection) -> tuple[str, list[object]]:
    wanted: list[tuple[str, object]] = [
        (f"{name} = ?", value)
        for name in ("provider", "account", "home", "project", "model")
        if (value := getattr(selection, name)) is not None
    ]
    if selection.since is not None:
        wanted.append(("day >= ?", selection.since.toordinal()))
    if selection.until is not None:
        wanted.append(("day <= ?", selection.until.toordinal()))
    return " AND ".join(["1", *(clause for clause, _ in wanted)]), [value for _, value in wanted]


def _key(name: Dimension, value: int | str) -> date | int | str:
    return date.fromordinal(int(value)) if name in _DATES else value


def _tally(row: Iterable[int]) -> Tally:
    responses, priced, pico_usd, *tokens = row
    return Tally(
        responses=responses,
        usage=TokenUsage(*tokens),
        usd=pico_usd / PICO if priced or not responses else None,
        unpriced=responses - priced,
    )
