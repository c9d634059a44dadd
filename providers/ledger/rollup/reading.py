"""The slices of the ledger, part by part, held against its checksums."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES
from providers.ledger.checksum import PRIME, QUARTER_MS, SHOWN, of_slices, of_values, weighed
from providers.ledger.damage import DamageFound
from providers.ledger.log_checksums import has_checksums
from providers.ledger.part_checksums import TOTALS, PartChecksum, actual, has_its_total
from providers.ledger.statements import chunks, placeholders
from providers.ledger.verify import Verifier

_AT_ONCE = 400
"""Parts: their slices are in memory together."""
_BLOCK = 64
_COLUMNS = ("home", "first_ms", "last_ms", "shown", "hidden")
_WEIGHED = ", ".join(f"sum({name} * (part % 61 + 1))" for name in _COLUMNS)
_SUMS = ", ".join(f"sum({each.name})" for each in TOKEN_CLASSES)
_GROUPS = (
    f"SELECT part, at_ms / {QUARTER_MS} * {QUARTER_MS} AS quarter, context, count(*), count(pico_usd),"
    f" coalesce(sum(pico_usd), 0), min(at_ms), max(at_ms), sum(at_ms), {_SUMS}"
)


class PartSlice(Struct, frozen=True, array_like=True, gc=False):
    """The responses of a part, in a quarter of an hour, that share their context (a number of the ledger's)."""

    part: int
    quarter: int
    context: int
    sums: tuple[int, ...]
    first_ms: int
    last_ms: int


Origin = tuple[str, str, str, str, str, str, str, str, bool]
"""Provider, home, account, project, model, effort, thread, session of a context; whether it is `not_on_lines`."""


def numbers(ledger: sqlite3.Connection, homes: Collection[tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """Provider and path of those homes that the ledger has, by number. Raises DamageFound."""
    rows = ledger.execute("SELECT id, provider, path, checksum FROM homes NOT INDEXED").fetchall()
    if has_checksums(ledger) and any(row[3] != of_values(*row[1:3]) for row in rows):
        raise DamageFound("a home")
    return {number: (provider, path) for number, provider, path, _ in rows if (provider, path) in homes}


def differences(
    db: sqlite3.Connection, ledger: sqlite3.Connection, homes: Collection[int]
) -> tuple[set[PartChecksum], set[PartChecksum]]:
    """The parts of these homes of which something is not as it was when they were read: as they were, and as they
    are now. Raises DamageFound.
    """
    if not has_checksums(ledger):
        parts = [row[0] for row in ledger.execute("SELECT id FROM parts")]
        now = {each for each in actual(ledger, parts) if each.home in homes}
        return {PartChecksum._make(row) for row in db.execute("SELECT * FROM made_of")}, now
    sums = _blocks(ledger)
    of_homes = repr(sorted(homes))
    then: dict[int, str] = dict(db.execute("SELECT block, sums FROM blocks WHERE homes = ?", (of_homes,)))
    changed = {block for block in then.keys() | sums.keys() if then.get(block) != sums.get(block)}
    if not then:
        changed |= {row[0] for row in db.execute(f"SELECT DISTINCT part / {_BLOCK} FROM made_of")}
    db.execute("DELETE FROM blocks WHERE homes != ?", (of_homes,))
    db.executemany("DELETE FROM blocks WHERE block = ?", ((block,) for block in changed))
    new = ((block, of_homes, sums[block]) for block in changed if block in sums)
    db.executemany("INSERT INTO blocks VALUES (?, ?, ?)", new)
    return set(_in_blocks(db, "made_of", changed)), {
        each for each in _in_blocks(ledger, "part_checksums", changed) if each.home in homes
    }


def _blocks(ledger: sqlite3.Connection) -> dict[int, str]:
    """Sums of parts that follow each other: others where anything of one is. Raises DamageFound."""
    rows = ledger.execute(
        f"SELECT part / {_BLOCK}, {TOTALS}, {_WEIGHED} FROM part_checksums GROUP BY 1"
    ).fetchall()
    totals = list(map(sum, zip(*(row[1 : -len(_COLUMNS)] for row in rows), strict=True))) if rows else []
    if not has_its_total(ledger, totals):
        raise DamageFound("the parts")
    return {row[0]: repr(row[1:]) for row in rows}


def _in_blocks(db: sqlite3.Connection, table: str, blocks: Iterable[int]) -> Iterator[PartChecksum]:
    for block in blocks:
        rows = db.execute(
            f"SELECT part, home, first_ms, last_ms, shown, hidden FROM {table} WHERE part >= ? AND part < ?",
            (block * _BLOCK, (block + 1) * _BLOCK),
        )
        yield from map(PartChecksum._make, rows)


def slices(
    db: sqlite3.Connection, wanted: Collection[PartChecksum], verifier: Verifier
) -> Iterator[list[PartSlice]]:
    """Those of these parts in these homes, of one provider, some parts at a time. Raises DamageFound.

    A response in several homes counts in the first, as in `query.slices`.
    """
    by_part: dict[int, list[PartChecksum]] = {}
    for each in wanted:
        by_part.setdefault(each.part, []).append(each)
    homes = sorted({each.home for each in wanted})
    parts = sorted(by_part)
    for start in range(0, len(parts), _AT_ONCE):
        yield _slices(db, {part: by_part[part] for part in parts[start : start + _AT_ONCE]}, homes, verifier)


def _slices(
    db: sqlite3.Connection,
    parts: Mapping[int, Sequence[PartChecksum]],
    homes: Sequence[int],
    verifier: Verifier,
) -> list[PartSlice]:
    alone = [part for part, own in parts.items() if len(own) == 1]
    shared = [part for part, own in parts.items() if len(own) > 1]
    rows = _grouped(db, alone, homes)
    copies = _once(db, shared, homes) if shared else []
    verifier.verify_contexts(db, {row[2] for row in (*rows, *copies)})
    if has_checksums(db):
        try:
            found = of_slices(
                [
                    (quarter * count, context * count, count, *sums)
                    for _, quarter, context, count, *sums in rows
                ]
            )
            if shared:
                found += _with_copies(db, shared, homes)
        except (TypeError, ValueError) as error:  # no numbers
            raise DamageFound("responses") from error
        if (found - sum(each.shown for own in parts.values() for each in own)) % PRIME:
            raise DamageFound("responses")
    return [
        PartSlice(part, quarter, context, (responses, priced, pico_usd, *tokens), first_ms, last_ms)
        for part, quarter, context, responses, priced, pico_usd, first_ms, last_ms, _, *tokens in rows
        + copies
    ]


def _grouped(db: sqlite3.Connection, parts: Sequence[int], homes: Sequence[int]) -> list[tuple[Any, ...]]:
    return db.execute(
        f"{_GROUPS} FROM responses r CROSS JOIN contexts c ON c.id = context"
        f" WHERE part IN ({placeholders(parts)}) AND home IN ({placeholders(homes)})"
        " GROUP BY part, quarter, context",
        (*parts, *homes),
    ).fetchall()


def _once(db: sqlite3.Connection, parts: Sequence[int], homes: Sequence[int]) -> list[tuple[Any, ...]]:
    """Beside a min(), SQLite takes the other columns from the row that has it. Copies are in the same part."""
    source = (
        f"SELECT r.*, min(home) FROM responses r CROSS JOIN contexts c ON c.id = context"
        f" WHERE part IN ({placeholders(parts)}) AND home IN ({placeholders(homes)}) GROUP BY part, key"
    )
    return db.execute(
        f"{_GROUPS} FROM ({source}) GROUP BY part, quarter, context", (*parts, *homes)
    ).fetchall()


def _with_copies(db: sqlite3.Connection, parts: Sequence[int], homes: Sequence[int]) -> int:
    sums: tuple[int, ...] = db.execute(
        f"SELECT {SHOWN} FROM responses r CROSS JOIN contexts c ON c.id = context"
        f" WHERE part IN ({placeholders(parts)}) AND home IN ({placeholders(homes)})",
        (*parts, *homes),
    ).fetchone()
    return weighed(sums)


def origins(
    db: sqlite3.Connection, contexts: Iterable[int], homes: Mapping[int, tuple[str, str]]
) -> dict[int, Origin]:
    """Of these contexts; `homes` are providers and paths by number."""
    return {
        number: (*homes[home], account, project, model, effort, root or session, session, bool(beyond))
        for chunk in chunks(contexts)
        for number, home, account, project, model, effort, root, session, beyond in db.execute(
            "SELECT id, home, account, project, model, effort, root, session, not_on_lines FROM contexts"
            f" WHERE id IN ({placeholders(chunk)})",
            chunk,
        )
    }
