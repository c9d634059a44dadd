"""The billed responses that the ledger holds: written by part, priced, and priced anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers.ledger.database import transaction
from providers.ledger.index import chunks, home_id, marks, storable
from providers.models import BilledResponse, TokenUsage

_REPRICED_AT_ONCE = 10_000
_LARGEST = 2**63 - 1  # what a column holds: nine million dollars


class PricedResponse(Struct, frozen=True):
    """A response with its price in 1e-12 USD, None where no price is known."""

    response: BilledResponse
    pico_usd: int | None


def replace_responses(
    db: sqlite3.Connection,
    provider: str,
    parts: Sequence[tuple[list[int], list[PricedResponse]]],
    *,
    keep: bool = False,
) -> None:
    """What these parts, each the logs that were judged together, came to; only rows that differ are written.

    All at once: logs that were one part may be two now, and the rows of the one are none of the other's. With
    `keep` nothing goes that was there before.
    """
    logs = [log for part, _ in parts for log in part]
    old = {row[:3]: row for row in _responses_of(db, logs)}
    contexts = _Contexts(db, provider)
    new = {
        row[:3]: row
        for part, responses in parts
        for priced in responses
        for row in (_row(priced, contexts, min(part)),)
    }
    if not keep:
        db.executemany(
            "DELETE FROM responses WHERE at_ms = ? AND key = ? AND context = ?", old.keys() - new.keys()
        )
    places = ", ".join("?" * 12)
    db.executemany(
        f"INSERT OR REPLACE INTO responses VALUES ({places})",
        (row for key, row in new.items() if old.get(key) != row),
    )
    db.executemany(
        "UPDATE logs SET judged = 1, part = ? WHERE id = ?",
        ((min(part), log) for part, _ in parts for log in part),
    )


def _responses_of(db: sqlite3.Connection, logs: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    """What the parts that these logs were of came to."""
    parts = {
        row[0]
        for chunk in chunks(logs)
        for row in db.execute(f"SELECT DISTINCT part FROM logs WHERE id IN ({marks(chunk)})", chunk)
    }
    for chunk in chunks(parts - {0}):
        yield from db.execute(f"SELECT * FROM responses WHERE part IN ({marks(chunk)})", chunk)


def reprice(db: sqlite3.Connection, price: Callable[[BilledResponse], int | None], prices: str) -> None:
    """Price all that is held anew, if it was priced by other prices than these; in steps that hold up nobody."""
    if db.execute("SELECT value FROM meta WHERE name = 'prices'").fetchone() == (prices,):
        return
    last = (-(2**63), 0, 0)
    while True:
        with transaction(db):
            rows = db.execute(
                "SELECT at_ms, key, r.context, model, tier, input, cache_read, cache_write, cache_write_1h,"
                " output, reasoning, web_searches, pico_usd FROM responses r JOIN contexts c ON c.id = r.context"
                " WHERE (at_ms, key, r.context) > (?, ?, ?) ORDER BY at_ms, key, r.context LIMIT ?",
                (*last, _REPRICED_AT_ONCE),
            ).fetchall()
            changed = [(now, *row[:3]) for row in rows if (now := _fitting(price(_response(row)))) != row[-1]]
            db.executemany(
                "UPDATE responses SET pico_usd = ? WHERE at_ms = ? AND key = ? AND context = ?", changed
            )
            if len(rows) < _REPRICED_AT_ONCE:
                db.execute("INSERT OR REPLACE INTO meta VALUES ('prices', ?)", (prices,))
                return
        last = rows[-1][:3]


def _fitting(pico_usd: int | None) -> int | None:
    """Only damage, or a price beyond sense, makes a response cost more than a column holds."""
    return pico_usd if pico_usd is not None and pico_usd <= _LARGEST else None


def _response(row: tuple[Any, ...]) -> BilledResponse:
    """As much of a held response as its price depends on."""
    at_ms, key, _, model, tier, *tokens, web_searches, _ = row
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
        self._known: dict[tuple[int | str, ...], int] = {}

    def number(self, response: BilledResponse) -> int:
        home = self._homes.get(response.home)
        if home is None:
            home = self._homes[response.home] = home_id(self._db, self._provider, response.home)
        told = (
            response.session,
            response.root,
            response.project,
            response.model,
            response.effort,
            response.tier,
            response.originator,
        )
        words: tuple[int | str, ...] = (home, *(storable(word or "") for word in told))
        number = self._known.get(words)
        if number is None:
            number = self._known[words] = self._kept(words)
        return number

    def _kept(self, words: tuple[int | str, ...]) -> int:
        names = ("home", "session", "root", "project", "model", "effort", "tier", "originator")
        self._db.execute(
            f"INSERT OR IGNORE INTO contexts({', '.join(names)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", words
        )
        same = " AND ".join(f"{name} = ?" for name in names)
        return int(self._db.execute(f"SELECT id FROM contexts WHERE {same}", words).fetchone()[0])


def _row(priced: PricedResponse, contexts: _Contexts, part: int) -> tuple[int | None, ...]:
    response = priced.response
    usage = response.usage
    return (
        round(response.at.timestamp() * 1000),
        response.key,
        contexts.number(response),
        part,
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        response.web_searches,
        _fitting(priced.pico_usd),
    )
