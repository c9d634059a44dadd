"""The billed responses in the ledger: written by part, and priced."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec.structs import astuple

from providers.domain.cost import BilledResponse
from providers.ledger import part_checksums
from providers.ledger.contexts import Contexts
from providers.ledger.damage import DamageFound
from providers.ledger.index import parts_of, set_resolved
from providers.ledger.log_checksums import SET_JUDGED, has_checksums
from providers.ledger.statements import chunks, placeholders

_LARGEST = 2**63 - 1  # what a column holds: nine million dollars


Price = Callable[[BilledResponse], int | None]
"""The cost of a response in 1e-12 USD, None if no price is known."""

Row = tuple[Any, ...]
"""A row of the table; part, time, key and context are its primary key."""


def replace_responses(
    db: sqlite3.Connection,
    provider: str,
    parts: Sequence[tuple[list[int], list[BilledResponse]]],
    price: Price,
    keep: AbstractSet[int] = frozenset(),
    new: AbstractSet[int] = frozenset(),
) -> Contexts:
    """Store the responses of these parts (logs resolved together); only changed rows are written. Returns their
    contexts.

    All at once: logs that were one part may be two now. Nothing is deleted from the parts that the logs `keep`
    were in: the content of those logs is no longer known. The `new` logs are not stored yet, and have higher
    numbers than all that are.
    """
    known = [log for part, _ in parts for log in part if log not in new]
    before = parts_of(db, known) | {min(part) for part, _ in parts} - new
    contexts = Contexts(db, provider)
    owned = [(min(part), each) for part, responses in parts for each in responses]
    rows = priced_rows(owned, contexts, price)
    rows.sort()  # the table is a tree
    old = set(_responses_in(db, before))
    if keep:
        _check_kept(db, parts_of(db, keep))
    stays = _replace(db, old, rows, before & parts_of(db, keep)) if old else []
    rows = _insert(db, rows, old)
    part_checksums.replace_parts(db, before, sorted([*rows, *stays]) if stays else rows, contexts.homes)
    set_resolved(db, {log: min(part) for part, _ in parts for log in part if log not in new})
    db.executemany(
        f"UPDATE logs SET {SET_JUDGED.format(judged='1', part='part')} WHERE id = ?", ((log,) for log in keep)
    )
    return contexts


def _insert(db: sqlite3.Connection, rows: list[Row], old: AbstractSet[Row]) -> list[Row]:
    """Insert those that are not there yet; returns all of them, each primary key once."""
    statement = f"INTO responses VALUES ({placeholders(range(12))})"
    try:
        db.executemany(f"INSERT {statement}", [row for row in rows if row not in old] if old else rows)
    except sqlite3.IntegrityError:
        rows = list({row[:4]: row for row in rows}.values())
        db.executemany(f"INSERT OR REPLACE {statement}", rows)
    return rows


def _replace(
    db: sqlite3.Connection, old: AbstractSet[Row], rows: Sequence[Row], kept: AbstractSet[int]
) -> list[Row]:
    """Deletes obsolete rows; returns the remaining rows of the parts that are `kept`."""
    new = set(rows)
    # Of the kept rows, those that are written again are deleted: with the same key, time or session may differ,
    # and without the logs that are not known any more, a response may have another key.
    keys = {row[2] for row in rows}
    same = set(map(_but_key, rows))
    stays = [row for row in old - new if row[0] in kept and row[2] not in keys and _but_key(row) not in same]
    db.executemany(
        "DELETE FROM responses WHERE part = ? AND at_ms = ? AND key = ? AND context = ?",
        [row[:4] for row in old - new - set(stays)],
    )
    return stays


def _check_kept(db: sqlite3.Connection, parts: AbstractSet[int]) -> None:
    """No log can say whether their responses are right."""
    if has_checksums(db) and set(part_checksums.stored(db, parts)) != set(part_checksums.actual(db, parts)):
        raise DamageFound("responses of deleted logs")


def _but_key(row: Row) -> Row:
    """The time, the context and the usage of a response."""
    return row[1], *row[3:-1]


def _responses_in(db: sqlite3.Connection, parts: Iterable[int]) -> Iterator[Row]:
    for chunk in chunks(parts):
        yield from db.execute(f"SELECT * FROM responses WHERE part IN ({placeholders(chunk)})", chunk)


def storable_price(pico_usd: int | None) -> int | None:
    """Only corruption, or an absurd price, makes a response cost more than a column holds."""
    return pico_usd if pico_usd is not None and pico_usd <= _LARGEST else None


def priced_rows(owned: Sequence[tuple[int, BilledResponse]], contexts: Contexts, price: Price) -> list[Row]:
    """The rows of responses, each with its part."""
    numbers = contexts.numbers([each for _, each in owned])
    return [
        (
            *(part, each.at_ms, each.key, context, *astuple(each.usage), each.web_searches),
            storable_price(price(each)),
        )
        for (part, each), context in zip(owned, numbers, strict=True)
    ]


def insert_rows(db: sqlite3.Connection, part: int, rows: Sequence[Row], contexts: Contexts) -> None:
    """Add rows to a part that has its responses in one home."""
    db.executemany(f"INSERT INTO responses VALUES ({placeholders(range(12))})", rows)
    part_checksums.grow(db, part, [], rows, contexts.homes)


def replace_rows(
    db: sqlite3.Connection, part: int, gone: AbstractSet[Row], new: AbstractSet[Row], contexts: Contexts
) -> bool:
    """Put these rows of a part in place of those. False, with nothing written, where its rows are not the ones
    expected, or not all in one home.
    """
    same = "part = ? AND at_ms = ? AND key = ? AND context = ?"
    keys = {row[:4] for row in gone | new}
    found = {row for key in keys for row in db.execute(f"SELECT * FROM responses WHERE {same}", key)}
    homes = {contexts.homes[row[3]] for row in gone | new}
    if found != gone or not part_checksums.is_of(db, part, homes):
        return False
    db.executemany(f"DELETE FROM responses WHERE {same}", [row[:4] for row in gone])
    db.executemany(f"INSERT INTO responses VALUES ({placeholders(range(12))})", sorted(new))
    part_checksums.grow(db, part, gone, new, contexts.homes)
    return True
