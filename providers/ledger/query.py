"""What the ledger holds, in slices small enough for any time zone and few enough for any report."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers.ledger.index import chunks, marks, storable

QUARTER_MS = 15 * 60 * 1000
"""Every time zone's days begin at a quarter of an hour of UTC."""


class Slice(Struct, frozen=True, array_like=True):
    """The responses of one quarter of an hour that have everything else in common; times in epoch ms.

    `pico_usd` sums the `priced` ones among them; an empty word is one that no log told.
    """

    quarter: int
    home: str
    session: str
    root: str
    project: str
    model: str
    effort: str
    responses: int
    priced: int
    input: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    output: int
    reasoning: int
    pico_usd: int
    first_ms: int
    last_ms: int

    @property
    def thread(self) -> str:
        """The session that the person started, for a subagent too."""
        return self.root or self.session


class Held(Struct, frozen=True):
    """The logs that are there now, by home, and how many of their lines could not be read."""

    files: dict[Path, int]
    skipped_lines: int


def slices(
    db: sqlite3.Connection, provider: str, homes: Sequence[Path], start: datetime, end: datetime
) -> list[Slice]:
    """The responses with start <= time < end. One that stands in several homes is counted in the first."""
    numbers = _homes(db, provider, homes)
    if not numbers:
        return []
    columns, once = "r.*", ""
    if len(numbers) > 1:
        # A response stands once in each home that tells of it. Beside a min(), SQLite takes the other columns
        # from the row that has it.
        columns, once = "r.*, min(c.home) AS first_home", "GROUP BY r.key"
    # CROSS JOIN keeps SQLite to this order: the parts of these days are few.
    source = (
        f"SELECT {columns} FROM parts p CROSS JOIN responses r ON r.part = p.id AND r.at_ms >= ? AND r.at_ms < ?"
        " CROSS JOIN contexts c ON c.id = r.context"
        f" WHERE p.last_ms >= ? AND p.first_ms < ? AND c.home IN ({marks(numbers)}) {once}"
    )
    rows = db.execute(
        f"SELECT at_ms / {QUARTER_MS} * {QUARTER_MS} AS quarter, context,"
        " count(*), count(pico_usd), sum(input), sum(cache_read), sum(cache_write), sum(cache_write_1h),"
        " sum(output), sum(reasoning), coalesce(sum(pico_usd), 0), min(at_ms), max(at_ms)"
        f" FROM ({source}) GROUP BY quarter, context",
        (_ms(start), _ms(end), _ms(start), _ms(end), *numbers),
    ).fetchall()
    contexts = _contexts(db, {row[1] for row in rows})
    return [Slice(quarter, *contexts[context], *sums) for quarter, context, *sums in rows]


def _contexts(db: sqlite3.Connection, used: Iterable[int]) -> dict[int, tuple[Any, ...]]:
    """Their words, apart: to group by them would take SQLite as long as all the rest."""
    return {
        row[0]: row[1:]
        for chunk in chunks(used)
        for row in db.execute(
            "SELECT c.id, h.path, session, root, project, model, effort FROM contexts c"
            f" JOIN homes h ON h.id = c.home WHERE c.id IN ({marks(chunk)})",
            chunk,
        )
    }


def held(db: sqlite3.Connection, provider: str, homes: Sequence[Path]) -> Held:
    numbers = _homes(db, provider, homes)
    rows = db.execute(
        "SELECT h.path, count(*), sum(skipped) FROM logs JOIN homes h ON h.id = home"
        f" WHERE gone = 0 AND home IN ({marks(numbers)}) GROUP BY home",
        numbers,
    ).fetchall()
    return Held({Path(path): count for path, count, _ in rows}, sum(skipped for _, _, skipped in rows))


def _homes(db: sqlite3.Connection, provider: str, homes: Sequence[Path]) -> list[int]:
    rows = db.execute("SELECT path, id FROM homes WHERE provider = ?", (provider,))
    known = dict(rows.fetchall())
    return [known[path] for home in homes if (path := storable(str(home))) in known]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
