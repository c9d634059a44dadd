"""The billed responses that the ledger holds: written by part, priced, and priced anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from providers.bill import BilledResponse, TokenUsage
from providers.ledger.database import transaction
from providers.ledger.index import chunks, home_id, marks, storable

_REPRICED_AT_ONCE = 10_000
_LARGEST = 2**63 - 1  # what a column holds: nine million dollars


Price = Callable[[BilledResponse], int | None]
"""What a response costs in 1e-12 USD, None where no price is known."""

_Row = tuple[Any, ...]
"""A row of the table: part, time, key and context name it."""


def replace_responses(
    db: sqlite3.Connection,
    provider: str,
    parts: Sequence[tuple[list[int], list[BilledResponse]]],
    price: Price,
    keep: AbstractSet[int] = frozenset(),
) -> None:
    """What these parts, each the logs that were judged together, came to; only rows that differ are written.

    All at once: logs that were one part may be two now, and the rows of the one are none of the other's. Of the
    parts that the logs `keep` were in nothing goes: what those said is not known any more.
    """
    before = _parts_of(db, [log for part, _ in parts for log in part])
    contexts = _Contexts(db, provider)
    # In the order of the table, which is a tree: by part, and in each by time.
    rows = [
        _row(response, _fitting(price(response)), contexts.number(response), number)
        for number, responses in sorted((min(part), responses) for part, responses in parts)
        for response in responses
    ]
    old = set(_responses_in(db, before))
    stays = _replace(db, old, rows, before & _parts_of(db, keep)) if old else []
    places = ", ".join("?" * 12)
    db.executemany(
        f"INSERT OR REPLACE INTO responses VALUES ({places})", [row for row in rows if row not in old]
    )
    _note_spans(db, before, [*rows, *stays])
    db.executemany(
        "UPDATE logs SET judged = 1, part = ? WHERE id = ?",
        ((min(part), log) for part, _ in parts for log in part),
    )


def _replace(
    db: sqlite3.Connection, old: AbstractSet[_Row], rows: Sequence[_Row], kept: AbstractSet[int]
) -> list[_Row]:
    """Deletes what is told no more; what is left of the parts that are `kept`."""
    new = set(rows)
    # Of what is kept unjudged, that which is told anew goes: it may be told with another time or session.
    told = {row[2] for row in rows}
    stays = [row for row in old - new if row[0] in kept and row[2] not in told]
    db.executemany(
        "DELETE FROM responses WHERE part = ? AND at_ms = ? AND key = ? AND context = ?",
        [row[:4] for row in old - new - set(stays)],
    )
    return stays


def _note_spans(db: sqlite3.Connection, before: AbstractSet[int], rows: Iterable[_Row]) -> None:
    """When each part was: reports look up the parts of their days first."""
    spans: dict[int, tuple[int, int]] = {}
    for part, at, *_ in rows:
        first, last = spans.get(part, (at, at))
        spans[part] = min(first, at), max(last, at)
    db.executemany("DELETE FROM parts WHERE id = ?", ((part,) for part in before))
    db.executemany(
        "INSERT INTO parts VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
        " first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)",
        ((part, *span) for part, span in spans.items()),
    )


def _parts_of(db: sqlite3.Connection, logs: Iterable[int]) -> set[int]:
    """The parts that these logs were of."""
    return {
        row[0]
        for chunk in chunks(logs)
        for row in db.execute(f"SELECT DISTINCT part FROM logs WHERE id IN ({marks(chunk)})", chunk)
    } - {0}


def _responses_in(db: sqlite3.Connection, parts: Iterable[int]) -> Iterator[_Row]:
    for chunk in chunks(parts):
        yield from db.execute(f"SELECT * FROM responses WHERE part IN ({marks(chunk)})", chunk)


def reprice(db: sqlite3.Connection, price: Price, prices: str) -> None:
    """Price all that is held anew, if it was priced by other prices than these; in steps that hold up nobody."""
    if db.execute("SELECT value FROM meta WHERE name = 'prices'").fetchone() == (prices,):
        return
    last = (0, 0, 0, 0)
    while True:
        with transaction(db):
            rows = db.execute(
                "SELECT part, at_ms, key, r.context, model, tier, input, cache_read, cache_write, cache_write_1h,"
                " output, reasoning, web_searches, pico_usd FROM responses r JOIN contexts c ON c.id = r.context"
                " WHERE (part, at_ms, key, r.context) > (?, ?, ?, ?)"
                " ORDER BY part, at_ms, key, r.context LIMIT ?",
                (*last, _REPRICED_AT_ONCE),
            ).fetchall()
            changed = [(now, *row[:4]) for row in rows if (now := _fitting(price(_response(row)))) != row[-1]]
            db.executemany(
                "UPDATE responses SET pico_usd = ? WHERE part = ? AND at_ms = ? AND key = ? AND context = ?",
                changed,
            )
            if len(rows) < _REPRICED_AT_ONCE:
                db.execute("INSERT OR REPLACE INTO meta VALUES ('prices', ?)", (prices,))
                return
        last = rows[-1][:4]


def _fitting(pico_usd: int | None) -> int | None:
    """Only damage, or a price beyond sense, makes a response cost more than a column holds."""
    return pico_usd if pico_usd is not None and pico_usd <= _LARGEST else None


def _response(row: tuple[Any, ...]) -> BilledResponse:
    """As much of a held response as its price depends on."""
    _, at_ms, key, _, model, tier, *tokens, web_searches, _ = row
    fresh, read, write, write_1h, output, reasoning = tokens
    return BilledResponse(
        at=datetime.fromtimestamp(at_ms / 1000, UTC),
        key=key,
        model=model or None,
        tier=tier or None,
        usage=TokenUsage(
            input_tokens=fresh,
            cache_read_tokens=read,
            cache_write_tokens=write,
            cache_write_1h_tokens=write_1h,
            output_tokens=output,
            reasoning_tokens=reasoning,
        ),
        home=Path(),
        web_searches=web_searches,
    )


class _Contexts:
    """What many responses have in common, under one number."""

    def __init__(self, db: sqlite3.Connection, provider: str) -> None:
        self._db = db
        self._provider = provider
        self._homes: dict[Path, int] = {}
        self._known: dict[tuple[int | str | None, ...], int] = {}

    def number(self, response: BilledResponse) -> int:
        home = self._homes.get(response.home)
        if home is None:
            home = self._homes[response.home] = home_id(self._db, self._provider, response.home)
        told = (
            home,
            response.session,
            response.root,
            response.project,
            response.model,
            response.effort,
            response.tier,
            response.originator,
        )
        number = self._known.get(told)
        if number is None:
            number = self._known[told] = self._kept((home, *(storable(word or "") for word in told[1:])))
        return number

    def _kept(self, words: tuple[int | str, ...]) -> int:
        names = ("home", "session", "root", "project", "model", "effort", "tier", "originator")
        self._db.execute(
            f"INSERT OR IGNORE INTO contexts({', '.join(names)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", words
        )
        same = " AND ".join(f"{name} = ?" for name in names)
        return int(self._db.execute(f"SELECT id FROM contexts WHERE {same}", words).fetchone()[0])


def _row(response: BilledResponse, pico_usd: int | None, context: int, part: int) -> _Row:
    usage = response.usage
    return (
        part,
        round(response.at.timestamp() * 1000),
        response.key,
        context,
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        response.web_searches,
        pico_usd,
    )
