"""Responses that were counted on other machines: each once, beside those of the ledger, in bounded memory.

They are in a database of their own, which SQLite keeps in a temporary file without a name, gone with the process.
"""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from operator import sub
from pathlib import Path
from typing import Any, NamedTuple

from providers.domain.cost import TOKEN_CLASSES
from providers.ledger.database import LedgerError
from providers.ledger.epoch_ms import ms
from providers.ledger.index import storable
from providers.ledger.query import Slice, columns_of
from providers.ledger.rows import AT, COUNTS, KEY, PICO, Origin, Values
from providers.ledger.statements import CHUNK, placeholders
from providers.ledger.steps import Steps

_CLASSES = tuple(each.name for each in TOKEN_CLASSES)
_OUTPUT = _CLASSES.index("output")
_DISJOINT = tuple(number for number, each in enumerate(TOKEN_CLASSES) if each.part_of is None)
_NAMES = "session, root, project, model, effort, account, not_on_lines"
_TOKENS = ", ".join(_CLASSES)
_MICRO = 10**6
_MOST_CONTEXTS = 4_000
_AT_ONCE = 1_000
_SCHEMA = f"""
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -32768;
CREATE TABLE homes(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, path TEXT NOT NULL, machine TEXT NOT NULL,
    label TEXT NOT NULL, UNIQUE(provider, path));
CREATE TABLE contexts(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, session TEXT NOT NULL, root TEXT NOT NULL,
    project TEXT NOT NULL, model TEXT NOT NULL, effort TEXT NOT NULL, account TEXT NOT NULL,
    not_on_lines INTEGER NOT NULL, UNIQUE(home, {_NAMES}));
CREATE TABLE responses(provider TEXT NOT NULL, key INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    context INTEGER NOT NULL, {", ".join(f"{name} INTEGER NOT NULL" for name in _CLASSES)}, pico_usd INTEGER,
    priced INTEGER NOT NULL, responses INTEGER NOT NULL DEFAULT 1, PRIMARY KEY(provider, key)) WITHOUT ROWID;
"""
"""No journal, and one transaction without an end: nothing is rolled back, and no statement commits."""


def _size(table: str) -> str:
    """SQL for how much a copy of a response holds; the greatest one is whole, as in a log that is copied again."""
    return f"({table}.output, {' + '.join(f'{table}.{_CLASSES[number]}' for number in _DISJOINT)})"


_UPDATED = ", ".join(f"{name} = excluded.{name}" for name in (*_CLASSES, "pico_usd", "priced"))
_ADD = (
    f"INSERT INTO responses(provider, key, at_ms, context, {_TOKENS}, pico_usd, priced)"
    f" VALUES ({placeholders(range(6 + len(_CLASSES)))}) ON CONFLICT(provider, key) DO UPDATE"
    f" SET {_UPDATED} WHERE {_size('excluded')} > {_size('responses')}"
)
_EXTEND = (
    f"UPDATE responses SET context = ?, at_ms = ?, {', '.join(f'{name} = ?' for name in _CLASSES)},"
    " pico_usd = ?, priced = ?, responses = 0 WHERE provider = ? AND key = ?"
)


class Whose(NamedTuple):
    """What many responses have in common; a text is empty where it is unknown."""

    provider: str
    machine: str
    home: str
    session: str
    root: str
    project: str
    model: str
    effort: str
    account: str
    not_on_lines: bool


Counted = tuple[Whose, int, int, tuple[int, ...], int | None]
"""A response: whose it is, its key, its time in epoch ms, tokens by TOKEN_CLASSES, and its cost in 1e-12 USD, None
if no price is known.
"""


class StoreFailed(LedgerError):
    """SQLite cannot keep what other machines counted."""


class OtherMachines:
    """`own` is the name of this machine. A response that several have is that of the first: of this one, and then
    of the others as they were added. Its tokens are those of the most complete copy. Methods raise StoreFailed.
    """

    def __init__(self, own: str) -> None:
        self.own = own
        self._contexts: dict[Whose, int] = {}
        with _reported():
            self._db = sqlite3.connect("", isolation_level=None)
            self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN")

    def add(self, counted: Iterable[Counted]) -> int:
        """Returns how many they were."""
        iterator, count = iter(counted), 0
        with _reported():
            while some := list(islice(iterator, _AT_ONCE)):
                self._db.executemany(
                    _ADD,
                    [
                        (whose.provider, key, at_ms, self._context(whose), *tokens, pico, pico is not None)
                        for whose, key, at_ms, tokens, pico in some
                    ],
                )
                count += len(some)
        return count

    def leave_out(self, own: Iterable[tuple[Origin, Values]]) -> None:
        """What this machine has counted itself; of a copy that is more complete, what it has more remains."""
        iterator = iter(own)
        while some := list(islice(iterator, CHUNK)):
            by_provider: dict[str, dict[int, tuple[Origin, Values]]] = {}
            for origin, values in some:
                by_provider.setdefault(origin.provider, {})[values[KEY]] = origin, values
            with _reported():
                for provider, rows in by_provider.items():
                    self._leave_out(provider, rows)

    def _leave_out(self, provider: str, own: dict[int, tuple[Origin, Values]]) -> None:
        copies = self._db.execute(
            f"SELECT key, pico_usd, {_TOKENS} FROM responses"
            f" WHERE responses AND provider = ? AND key IN ({placeholders(list(own))})",
            (provider, *own),
        ).fetchall()
        whole: list[tuple[str, int]] = []
        for key, pico, *tokens in copies:
            origin, values = own[key]
            held = [int(count or 0) for count in values[COUNTS : COUNTS + len(_CLASSES)]]
            if _rank(tokens) <= _rank(held):
                whole.append((provider, key))
            else:
                more = tuple(map(sub, tokens, held))
                known = values[PICO]
                cost = pico if known is None else 0 if pico is None else pico - known
                priced = known is None and pico is not None
                context = self._context(_own(origin))
                self._db.execute(_EXTEND, (context, values[AT], *more, cost, priced, provider, key))
        self._db.executemany("DELETE FROM responses WHERE provider = ? AND key = ?", whole)

    def slices(
        self, provider: str, start: datetime, end: datetime, names: AbstractSet[str], steps: Steps
    ) -> list[Slice]:
        """As `query.slices`, of what this machine has not counted itself."""
        sums = ", ".join(f"sum({name})" for name in _CLASSES)
        # In two numbers, since SQLite's own cannot hold the dollars of a damaged file.
        money = f"sum(pico_usd / {_MICRO}), sum(pico_usd % {_MICRO})"
        with _reported():
            rows = self._db.execute(
                f"SELECT sum(responses), sum(priced), min(at_ms), max(at_ms), {sums}, {money},"
                f" {steps.start_of('at_ms')}, {columns_of(names)}"
                " FROM responses r JOIN contexts c ON c.id = r.context JOIN homes h ON h.id = c.home"
                " WHERE r.provider = ? AND at_ms >= ? AND at_ms < ?"
                f" GROUP BY {', '.join(str(7 + len(_CLASSES) + place) for place in range(9))}",
                (provider, ms(start), ms(end)),
            ).fetchall()
            paths = dict(self._db.execute("SELECT id, path FROM homes").fetchall())
        return [_slice(row, paths) for row in rows]

    def labels(self, provider: str) -> dict[Path, str]:
        """What their homes are called."""
        return {Path(path): f"{label} ({machine})" for path, machine, label in self._homes(provider)}

    def machine_of(self, provider: str) -> Callable[[str], str]:
        """Says which machine a home is on, by its path."""
        machines = {path: machine for path, machine, _ in self._homes(provider)}
        return lambda home: machines.get(home, self.own)

    def names(self) -> list[str]:
        """The other machines, as they were added."""
        with _reported():
            rows = self._db.execute("SELECT machine FROM homes WHERE machine != '' ORDER BY id").fetchall()
        return list(dict.fromkeys(name for (name,) in rows))

    def _homes(self, provider: str) -> list[tuple[str, str, str]]:
        with _reported():
            return self._db.execute(
                "SELECT path, machine, label FROM homes WHERE provider = ? AND machine != ''", (provider,)
            ).fetchall()

    def _context(self, whose: Whose) -> int:
        number = self._contexts.get(whose)
        if number is None:
            if len(self._contexts) >= _MOST_CONTEXTS:
                self._contexts.clear()
            number = self._contexts[whose] = self._new_context(whose)
        return number

    def _new_context(self, whose: Whose) -> int:
        """The empty machine is this one, whose homes have their own paths; others never have one like these."""
        provider, machine, home, *names = whose
        if machine == self.own:  # a namesake, or this one before its logs were lost
            machine = f"{machine} (export)"
        path = f"on {machine}: {home}" if machine else home
        place = provider, path
        self._db.execute(
            "INSERT OR IGNORE INTO homes(provider, path, machine, label) VALUES (?, ?, ?, ?)",
            (*place, machine, home),
        )
        (number,) = self._db.execute("SELECT id FROM homes WHERE provider = ? AND path = ?", place).fetchone()
        values = number, *names
        self._db.execute(
            f"INSERT OR IGNORE INTO contexts(home, {_NAMES}) VALUES ({placeholders(values)})", values
        )
        of_names = " AND ".join(f"{name} = ?" for name in ("home", *_NAMES.split(", ")))
        (found,) = self._db.execute(f"SELECT id FROM contexts WHERE {of_names}", values).fetchone()
        return int(found)


def _rank(tokens: Sequence[int]) -> tuple[int, int]:
    return tokens[_OUTPUT], sum(tokens[number] for number in _DISJOINT)


def _own(origin: Origin) -> Whose:
    context = origin.context
    return Whose(
        provider=origin.provider,
        machine="",
        home=storable(str(context.home)),
        session=context.session or "",
        root=context.root or "",
        project=context.project or "",
        model=context.model or "",
        effort=context.effort or "",
        account=context.account or "",
        not_on_lines=context.not_on_lines,
    )


def _slice(row: tuple[Any, ...], paths: dict[int, str]) -> Slice:
    ends = 4 + len(_CLASSES)
    responses, priced, first_ms, last_ms = row[:4]
    whole, rest, step, home, *names = row[ends:]
    session, root, project, model, effort, account, not_on_lines = names
    return Slice(
        step,
        paths[home],
        *(session, root, project, model, effort, account, bool(not_on_lines)),
        responses,
        priced,
        row[4:ends],
        (whole or 0) * _MICRO + (rest or 0),
        first_ms,
        last_ms,
    )


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreFailed(
            f"What other machines counted cannot be kept in a temporary file ({error})."
            " Free some space, or set SQLITE_TMPDIR to a folder that can be written."
        ) from error
