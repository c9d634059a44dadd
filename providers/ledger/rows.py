"""The ledger's rows one by one, oldest first, for exports: in bounded memory, however many there are."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES, Context
from providers.ledger.epoch_ms import moment, moment_or_none
from providers.ledger.history import LimitChange
from providers.ledger.index import storable
from providers.ledger.row_checksums import INTACT
from providers.ledger.statements import placeholders
from providers.ledger.verify import Verifier

_STEP_MS = 7 * 24 * 3_600_000
"""So much is sorted at once. Each step is a transaction of its own: a slow reader of a pipe does not keep SQLite
from shortening its journal.
"""
MOST_CONTEXTS = 4_000
"""So many are remembered at once. Contexts come and go with their sessions."""
_TOKENS = ", ".join(each.name for each in TOKEN_CLASSES)
_TOTAL = " + ".join(each.name for each in TOKEN_CLASSES if each.part_of is None)
_CONTEXT = "session, root, project, model, effort, tier, originator, account"


class Origin(Struct, frozen=True):
    """What many responses have in common; all of them share the object."""

    provider: str
    context: Context


Values = tuple[int, int, int, int | None, int, int, int, int, int, int, int, int, float | None, int]
"""A billed response: context and home (numbers of the ledger's own), time in epoch ms, its cost in 1e-12 USD,
tokens by TOKEN_CLASSES, all tokens, web searches, and the cost in USD, both None if no price is known; at last its
key, as in BilledResponse. There are millions: no struct is made.
"""
CONTEXT: Final = 0
AT: Final = 2
PICO: Final = 3
COUNTS: Final = 4
USD: Final = 12
KEY: Final = 13
"""Where the context, the time, the money, the first count, again the money and the key stand in Values."""


class LimitRow(Struct, frozen=True):
    """How a window of an account changed."""

    account: str
    change: LimitChange


class Names(Struct, frozen=True):
    """The provider of each account that has logs, and all spellings of all projects."""

    accounts: dict[str, str] = {}
    projects: tuple[str, ...] = ()


def responses(
    db: sqlite3.Connection,
    homes: Mapping[str, Sequence[Path]] | None,
    start_ms: int,
    end_ms: int,
    verifier: Verifier | None = None,
) -> Iterator[tuple[Origin, Values]]:
    """Those with start <= time < end, by time. `homes` are those wanted, by provider; None for all of them.

    One found in several homes is that of the first. With a `verifier` they are held against their checksums before
    the first one is returned: raises DamageFound.
    """
    known = {
        number: (provider, Path(path))
        for number, provider, path in db.execute("SELECT id, provider, path FROM homes NOT INDEXED")
    }
    numbers = list(known) if homes is None else _numbers(known, homes)
    if not numbers:
        return
    if verifier is not None:
        verifier.verify_parts(db)
        verifier.verify_span(db, numbers, start_ms, end_ms)
        own = db.execute(f"SELECT id FROM contexts WHERE home IN ({placeholders(numbers)})", numbers)
        verifier.verify_contexts(db, [row[0] for row in own])
    origins: dict[int, Origin] = {}
    for step in _steps(db, start_ms, end_ms):
        for values in _values(db, numbers, step):
            origin = origins.get(values[0])
            if origin is None:
                if len(origins) >= MOST_CONTEXTS:  # as rows come by time, those are over
                    origins.clear()
                provider, path = known[values[1]]
                origin = origins[values[0]] = Origin(provider, _context(db, values[0], path))
            yield origin, values


def _values(db: sqlite3.Connection, numbers: Sequence[int], span: tuple[int, int]) -> Iterator[Values]:
    """Of the homes with these numbers, from the start of the span (epoch ms) until before its end."""
    # A response is stored once for each home that contains it. Beside a min(), SQLite takes the other columns from
    # the row that has it.
    home, once = ("min(c.home)", "GROUP BY p.id, at_ms, key") if len(numbers) > 1 else ("c.home", "")
    # CROSS JOIN keeps SQLite to this order, in which the copies of a response follow each other.
    return db.execute(
        f"SELECT context, {home}, at_ms, pico_usd, {_TOKENS}, {_TOTAL}, web_searches, pico_usd / 1e12, key"
        " FROM parts p CROSS JOIN responses r ON r.part = p.id AND r.at_ms >= ? AND r.at_ms < ?"
        " CROSS JOIN contexts c ON c.id = r.context"
        f" WHERE p.last_ms >= ? AND p.first_ms < ? AND c.home IN ({placeholders(numbers)}) {once}"
        " ORDER BY at_ms, key",
        (*span, *span, *numbers),
    )


def limits(db: sqlite3.Connection, start_ms: int, end_ms: int) -> Iterator[LimitRow]:
    """The changes with start <= time < end, by account, window and time; without those that are damaged."""
    rows = db.execute(
        "SELECT account, at_ms, window, used_percent, resets_ms, source FROM limits"
        f" WHERE at_ms >= ? AND at_ms < ? AND {INTACT['limits']} ORDER BY account, window, at_ms",
        (start_ms, end_ms),
    )
    for account, at_ms, window, used, resets_ms, source in rows:
        yield LimitRow(account, LimitChange(moment(at_ms), window, used, moment_or_none(resets_ms), source))


def names(db: sqlite3.Connection) -> Names:
    accounts = db.execute(
        "SELECT DISTINCT c.account, h.provider FROM contexts c JOIN homes h ON h.id = c.home"
        " WHERE c.account != ''"
    )
    projects = db.execute("SELECT DISTINCT project FROM contexts")
    return Names(dict(accounts.fetchall()), tuple(row[0] for row in projects))


def _numbers(known: Mapping[int, tuple[str, Path]], homes: Mapping[str, Sequence[Path]]) -> list[int]:
    wanted = {(provider, storable(str(path))) for provider, paths in homes.items() for path in paths}
    return [number for number, (provider, path) in known.items() if (provider, str(path)) in wanted]


def _context(db: sqlite3.Connection, number: int, home: Path) -> Context:
    row = db.execute(f"SELECT {_CONTEXT}, not_on_lines FROM contexts WHERE id = ?", (number,)).fetchone()
    words = dict(zip(_CONTEXT.split(", "), (word or None for word in row[:-1]), strict=True))
    return Context(home=home, **words, not_on_lines=bool(row[-1]))


def _steps(db: sqlite3.Connection, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """The spans in which there is anything: a log may name any year."""
    at = start_ms
    while at < end_ms:
        (first,) = db.execute(
            "SELECT min(max(first_ms, ?1)) FROM parts WHERE last_ms >= ?1 AND first_ms < ?2", (at, end_ms)
        ).fetchone()
        if first is None:
            return
        at = min(first + _STEP_MS, end_ms)
        yield first, at
