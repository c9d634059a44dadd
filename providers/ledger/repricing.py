"""Gives the stored responses other prices: those alone whose price may have changed, in short steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from providers.domain.cost import TOKEN_CLASSES, BilledResponse, Context, TokenUsage
from providers.ledger import part_checksums
from providers.ledger.checksum import repriced
from providers.ledger.database import transaction
from providers.ledger.index import note_writing
from providers.ledger.responses import storable_price

if TYPE_CHECKING:
    from providers.ledger.prices.changed import Span
    from providers.ledger.prices.pricing import Rates

_BATCH = 10_000
_TOKENS = ", ".join(each.name for each in TOKEN_CLASSES)
_NEXT = (
    f"SELECT part, at_ms, key, r.context, home, model, tier, {_TOKENS}, web_searches, pico_usd"  # noqa: S608
    " FROM responses r CROSS JOIN temp.repriced x ON x.context = r.context"
    " CROSS JOIN contexts c ON c.id = r.context"
    " WHERE (part, at_ms, key, r.context) > (?, ?, ?, ?) AND at_ms >= x.first_ms AND at_ms < x.end_ms"
    " ORDER BY part, at_ms, key, r.context LIMIT ?"
)


def reprice(db: sqlite3.Connection, rates: Rates) -> None:
    """Unless the responses have these prices already. The caller holds the lock of those who write responses.

    While it is under way no prices are noted: where it is killed, the next one looks at all responses.
    """
    rows = db.execute("SELECT name, value FROM meta WHERE name IN ('prices', 'own prices')")
    noted = {name: str(value) for name, value in rows}
    if noted.get("prices") != rates.fingerprint:
        spans = _spans(db, rates, noted)
        with transaction(db):
            db.execute("DELETE FROM meta WHERE name IN ('prices', 'own prices')")
        for batch in _batches(db, spans):
            _reprice(db, rates, batch)
    elif noted.get("own prices") == rates.own_text:
        return
    with transaction(db):
        db.execute("INSERT OR REPLACE INTO meta VALUES ('prices', ?)", (rates.fingerprint,))
        db.execute("INSERT OR REPLACE INTO meta VALUES ('own prices', ?)", (rates.own_text,))


def _spans(db: sqlite3.Connection, rates: Rates, noted: Mapping[str, str]) -> dict[int, Span]:
    """When responses may have other prices, by their contexts."""
    from providers.ledger.prices.changed import ALL_TIME, changed_since

    changed = None
    if noted.keys() >= {"prices", "own prices"}:
        changed = changed_since(noted["own prices"], noted["prices"], rates)
    found: dict[tuple[str, str], Span | None] = {}
    spans: dict[int, Span] = {}
    for context, model, tier in db.execute("SELECT id, model, tier FROM contexts"):
        if (model, tier) not in found:
            found[model, tier] = ALL_TIME if changed is None else changed(model or None, tier or None)
        span = found[model, tier]
        if span is not None:
            spans[context] = span
    return spans


_Row = tuple[Any, ...]


def _batches(db: sqlite3.Connection, spans: Mapping[int, Span]) -> Iterator[list[_Row]]:
    """The responses of these contexts in these times, with all that their price depends on."""
    db.execute("CREATE TEMP TABLE repriced(context INTEGER PRIMARY KEY, first_ms, end_ms)")
    db.executemany(
        "INSERT INTO temp.repriced VALUES (?, ?, ?)", ((key, *span) for key, span in spans.items())
    )
    last: _Row = (0, 0, 0, 0)
    while rows := db.execute(_NEXT, (*last, _BATCH)).fetchall() if spans else []:
        yield rows
        last = rows[-1][:4]
    db.execute("DROP TABLE temp.repriced")


def _reprice(db: sqlite3.Connection, rates: Rates, rows: list[_Row]) -> None:
    changed = [
        (now, *row[:5], repriced(row[-1], now))
        for row in rows
        if (now := storable_price(rates.pico_usd(_response(row)))) != row[-1]
    ]
    if not changed:
        return
    with transaction(db):
        db.executemany(
            "UPDATE responses SET pico_usd = ? WHERE part = ? AND at_ms = ? AND key = ? AND context = ?",
            [row[:5] for row in changed],
        )
        note_writing(db)
        part_checksums.add(db, ((row[1], row[5], row[6]) for row in changed))
        db.executemany(
            "UPDATE parts SET summed = 0 WHERE id = ?", ((part,) for part in {row[1] for row in changed})
        )


def _response(row: _Row) -> BilledResponse:
    """As much of a stored response as its price depends on."""
    _, at_ms, key, _, _, model, tier, *tokens, web_searches, _ = row
    context = Context(home=Path(), model=model or None, tier=tier or None)
    return BilledResponse(at_ms, key, context, TokenUsage(*tokens), web_searches)
