"""The checksums of all responses: one for those of each part in each home, and one over all of these."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from typing import Any, NamedTuple

from providers.ledger.checksum import HIDDEN, PRIME, SHOWN, SHOWN_COLUMNS, by_part, of_responses, weighed
from providers.ledger.statements import chunks, placeholders

TOTALS = "count(*), sum(part), sum(home), sum(first_ms), sum(last_ms), sum(shown), sum(hidden)"
_SHOWN_AT = 5  # where `shown` stands in it


class PartChecksum(NamedTuple):
    """A row of the table: the responses of a part in a home, from `first_ms` to `last_ms`."""

    part: int
    home: int
    first_ms: int
    last_ms: int
    shown: int
    hidden: int


def replace_parts(
    db: sqlite3.Connection,
    before: AbstractSet[int],
    rows: Sequence[tuple[Any, ...]],
    homes: Mapping[int, int],
) -> None:
    """Store spans and checksums of parts instead of those `before`: `rows` are all their responses, in order.

    `homes` are the homes of contexts; of others the ledger knows them.
    """
    old = list(stored(db, before))
    new = list(_of_rows(rows, _Homes(db, homes)))
    db.executemany("DELETE FROM parts WHERE id = ?", ((part,) for part in before))
    db.executemany("DELETE FROM part_checksums WHERE part = ?", ((part,) for part in before))
    _insert(db, new)
    _add_to_total(db, _weight(new) - _weight(old))


def add(db: sqlite3.Connection, changes: Iterable[tuple[int, int, int]]) -> None:
    """Add a difference to what is `shown` of a part in a home."""
    sums: dict[tuple[int, int], int] = {}
    for part, home, difference in changes:
        sums[part, home] = sums.get((part, home), 0) + difference
    db.executemany(
        f"UPDATE part_checksums SET shown = (shown + ?) % {PRIME} WHERE part = ? AND home = ?",  # noqa: S608
        ((difference % PRIME, *where) for where, difference in sums.items()),
    )
    if sums:
        _add_to_total(db, weighed([0] * _SHOWN_AT + [sum(sums.values())]))


def is_of(db: sqlite3.Connection, part: int, homes: AbstractSet[int]) -> bool:
    """Whether a part has responses in one home, and in no other one than these."""
    found = {each.home for each in stored(db, [part])}
    return len(found) == 1 and homes <= found


def grow(
    db: sqlite3.Connection,
    part: int,
    gone: Collection[tuple[Any, ...]],
    new: Collection[tuple[Any, ...]],
    homes: Mapping[int, int],
) -> None:
    """Update span and checksum of a part in one home, of whose rows these were replaced; `homes` are those of
    contexts.
    """
    if not gone and not new:
        return
    old = next(stored(db, [part]), None)
    home = old.home if old is not None else homes[next(iter(new))[3]]
    first = "SELECT at_ms FROM responses WHERE part = ? ORDER BY at_ms"
    span = [db.execute(f"{first} {order} LIMIT 1", (part,)).fetchone() for order in ("", "DESC")]
    db.execute("DELETE FROM parts WHERE id = ?", (part,))
    db.execute("DELETE FROM part_checksums WHERE part = ?", (part,))
    shown, hidden = (old.shown, old.hidden) if old is not None else (0, 0)
    for sign, rows in ((-1, gone), (1, new)):
        if rows:
            more = of_responses(list(rows))
            shown, hidden = (shown + sign * more[0]) % PRIME, (hidden + sign * more[1]) % PRIME
    now = [PartChecksum(part, home, span[0][0], span[1][0], shown, hidden)] if span[0] else []
    _insert(db, now)
    _add_to_total(db, _weight(now) - (_weight([old]) if old is not None else 0))


def stored(db: sqlite3.Connection, parts: Iterable[int]) -> Iterator[PartChecksum]:
    for chunk in chunks(parts):
        rows = db.execute(f"SELECT * FROM part_checksums WHERE part IN ({placeholders(chunk)})", chunk)  # noqa: S608
        yield from map(PartChecksum._make, rows)


def actual(db: sqlite3.Connection, parts: Iterable[int]) -> Iterator[PartChecksum]:
    """What the checksums of these parts should be, by the rows that are there."""
    for chunk in chunks(parts):
        rows = db.execute(
            f"SELECT part, coalesce(home, -1), min(at_ms), max(at_ms), {SHOWN}, {HIDDEN} FROM responses"  # noqa: S608
            f" LEFT JOIN contexts c ON c.id = context WHERE part IN ({placeholders(chunk)}) GROUP BY 1, 2",
            chunk,
        )
        for row in rows:
            part, home, first_ms, last_ms, *sums = row
            yield PartChecksum(
                part, home, first_ms, last_ms, weighed(sums[:SHOWN_COLUMNS]), weighed(sums[SHOWN_COLUMNS:])
            )


def set_parts(db: sqlite3.Connection, parts: Iterable[int]) -> None:
    """Take the rows of these parts as they are: those of an older version had no checksums."""
    numbers = set(parts)
    db.executemany("DELETE FROM part_checksums WHERE part = ?", ((part,) for part in numbers))
    db.executemany("DELETE FROM parts WHERE id = ?", ((part,) for part in numbers))
    _insert(db, list(actual(db, numbers)))


def set_total(db: sqlite3.Connection) -> None:
    """Take the rows of the table as they are."""
    db.execute("INSERT OR REPLACE INTO meta VALUES ('part_checksums', ?)", (str(weighed(_totals(db))),))


def is_whole(db: sqlite3.Connection) -> bool:
    """Whether no part is missing, or covers other days than it did."""
    totals = _totals(db)
    if not has_its_total(db, totals):
        return False
    of_parts = db.execute("SELECT count(*), sum(id), sum(first_ms), sum(last_ms) FROM parts").fetchone()
    count, parts, _, first_ms, last_ms, _, _ = totals
    if [each or 0 for each in of_parts] == [count, parts, first_ms, last_ms]:  # each is in one home
        return True
    spans = (
        "SELECT part, min(first_ms) AS first_ms, max(last_ms) AS last_ms FROM part_checksums GROUP BY part"
    )
    of_checksums = f"SELECT count(*), sum(part), sum(first_ms), sum(last_ms) FROM ({spans})"  # noqa: S608
    return bool(of_parts == db.execute(of_checksums).fetchone())


def has_its_total(db: sqlite3.Connection, totals: Sequence[int] | None = None) -> bool:
    """Whether the table is as it was written; `totals` are those of its rows (TOTALS), if they are known."""
    row = db.execute("SELECT value FROM meta WHERE name = 'part_checksums'").fetchone()
    found = weighed(_totals(db) if totals is None else totals)
    return str(found) == (row[0] if row else "0")


def _insert(db: sqlite3.Connection, new: Sequence[PartChecksum]) -> None:
    db.executemany("INSERT INTO part_checksums VALUES (?, ?, ?, ?, ?, ?)", new)
    spans: dict[int, tuple[int, int]] = {}
    for part, _, first, last, _, _ in new:
        held = spans.get(part)  # it may be in several homes
        spans[part] = (first, last) if held is None else (min(first, held[0]), max(last, held[1]))
    db.executemany(
        "INSERT INTO parts(id, first_ms, last_ms) VALUES (?, ?, ?)",
        [(part, *span) for part, span in spans.items()],
    )


class _Homes(dict[int, int]):
    """Of contexts."""

    def __init__(self, db: sqlite3.Connection, known: Mapping[int, int]) -> None:
        super().__init__(known)
        self._db = db

    def __missing__(self, context: int) -> int:
        row = self._db.execute("SELECT home FROM contexts WHERE id = ?", (context,)).fetchone()
        self[context] = home = int(row[0]) if row else -1
        return home


def _of_rows(rows: Sequence[tuple[Any, ...]], homes: _Homes) -> Iterator[PartChecksum]:
    for part, group in groupby(rows, by_part):
        own = list(group)
        home = homes[own[0][3]]
        contexts = {row[3] for row in own}
        if len(contexts) == 1 or {homes[context] for context in contexts} == {home}:
            yield PartChecksum(part, home, own[0][1], own[-1][1], *of_responses(own))
            continue
        for each in sorted({homes[context] for context in contexts}):
            here = [row for row in own if homes[row[3]] == each]
            yield PartChecksum(part, each, here[0][1], here[-1][1], *of_responses(here))


def _weight(rows: Sequence[PartChecksum]) -> int:
    return weighed([len(rows), *map(sum, zip(*rows, strict=True))]) if rows else 0


def _totals(db: sqlite3.Connection) -> list[int]:
    return [each or 0 for each in db.execute(f"SELECT {TOTALS} FROM part_checksums").fetchone()]  # noqa: S608


def _add_to_total(db: sqlite3.Connection, difference: int) -> None:
    row = db.execute("SELECT value FROM meta WHERE name = 'part_checksums'").fetchone()
    total = (int(row[0] if row else 0) + difference) % PRIME
    db.execute("INSERT OR REPLACE INTO meta VALUES ('part_checksums', ?)", (str(total),))
