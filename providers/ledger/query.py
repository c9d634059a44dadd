"""Queries the ledger in slices small enough for any time zone and few enough for any report."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES, Detail
from providers.ledger.checksum import QUARTER_MS
from providers.ledger.epoch_ms import ms
from providers.ledger.index import storable
from providers.ledger.statements import chunks, placeholders
from providers.ledger.steps import QUARTERS, Steps
from providers.ledger.verify import Verifier

_SUMMED = (
    f"sum(at_ms / {QUARTER_MS} * {QUARTER_MS}), sum(context), count(*), count(pico_usd),"
    " coalesce(sum(pico_usd), 0), min(at_ms), max(at_ms), sum(at_ms), "
    + ", ".join(f"sum({each.name})" for each in TOKEN_CLASSES)
)
"""The groups of `checksum.of_slices`."""
_WIDTH = 8 + len(TOKEN_CLASSES)
_KEY = _WIDTH + 3
"""Where the key of a group begins, after its first and last context and its step."""

NAMES = frozenset({"session", "root", "project", "effort", "account"})
"""The texts that only some reports show."""
NO_NAMES = frozenset[str]()
_TEXTS = ("session", "root", "project", "model", "effort", "account")

_Texts = tuple[str, str, str, str, str, str, str, bool]
"""Home, session, root, project, model, effort and account of a slice, and whether it is `not_on_lines`."""
_Source = tuple[str, tuple[int, ...]]
"""From where rows come, as SQL with its values."""


class Slice(Struct, frozen=True, array_like=True, gc=False):
    """The responses of one quarter of an hour, or other step, that share everything else; times in epoch ms.

    `tokens` are sums by TOKEN_CLASSES; `pico_usd` is the sum of the `priced` ones; an empty string is a value that
    no log contains.
    """

    quarter: int
    home: str
    session: str
    root: str
    project: str
    model: str
    effort: str
    account: str
    not_on_lines: bool
    responses: int
    priced: int
    tokens: tuple[int, ...]
    pico_usd: int
    first_ms: int
    last_ms: int

    @property
    def thread(self) -> str:
        """The session that the user started, for a subagent too."""
        return self.root or self.session


class Held(Struct, frozen=True):
    """The existing logs, by home, and how many of their lines could not be parsed."""

    files: dict[Path, int]
    skipped_lines: int


def names_of(detail: Detail) -> frozenset[str]:
    """Those of NAMES that such a report needs."""
    groups = detail.groups | {detail.models_of}
    return NAMES if "session" in groups else NAMES & groups


def slices(
    db: sqlite3.Connection,
    provider: str,
    homes: Sequence[Path],
    start: datetime,
    end: datetime,
    verifier: Verifier | None = None,
    names: AbstractSet[str] = NAMES,
    steps: Steps = QUARTERS,
) -> list[Slice]:
    """The responses with start <= time < end. One found in several homes counts in the first. Of NAMES, those that
    are not among `names` are empty.

    With a `verifier` they are held against their checksums: raises DamageFound.
    """
    if verifier is not None:
        verifier.verify_parts(db)
    numbers = home_numbers(db, provider, homes)
    if not numbers:
        return []
    span = ms(start), ms(end)
    source = _source(numbers, span)
    # To group by the texts of a session would take twice the time, and make no fewer groups.
    by_context = "session" in names
    rows = _grouped(db, source, steps, "context" if by_context else columns_of(names))
    if verifier is not None:
        verifier.verify_slices(db, numbers, *span, [row[:_WIDTH] for row in rows])
        if rows:
            used = min(row[_WIDTH] for row in rows), max(row[_WIDTH + 1] for row in rows)
            verifier.verify_contexts_of(db, sum(row[2] for row in rows), used, *source)
    keys = {row[_KEY:] for row in rows}
    texts = _contexts(db, keys) if by_context else _with_paths(db, keys)
    return [
        Slice(row[_KEY - 1], *texts[row[_KEY:]], row[2], row[3], row[8:_WIDTH], row[4], row[5], row[6])
        for row in rows
    ]


def _source(numbers: Sequence[int], span: tuple[int, int]) -> _Source:
    """The responses of this time (epoch ms) in the homes with these numbers, with their contexts `c`."""
    # CROSS JOIN keeps SQLite to this order: the parts of these days are few.
    source = (
        "FROM parts p CROSS JOIN responses r ON r.part = p.id AND r.at_ms >= ? AND r.at_ms < ?"
        " CROSS JOIN contexts c ON c.id = r.context"
        f" WHERE p.last_ms >= ? AND p.first_ms < ? AND c.home IN ({placeholders(numbers)})"
    )
    if len(numbers) > 1:
        # A response is stored once per home that contains it. Beside a min(), SQLite takes the other columns
        # from the row that has it.
        once = f"SELECT r.*, min(c.home) AS first_home {source} GROUP BY r.key"
        source = f"FROM ({once}) r CROSS JOIN contexts c ON c.id = r.context"
    return source, (*span, *span, *numbers)


def columns_of(names: AbstractSet[str]) -> str:
    texts = (name if name not in NAMES or name in names else f"'' AS {name}" for name in _TEXTS)
    return f"home, {', '.join(texts)}, not_on_lines"


def _grouped(db: sqlite3.Connection, source: _Source, steps: Steps, key: str) -> list[tuple[Any, ...]]:
    """By step and the columns of this key: what is _SUMMED, first and last number of a context, step and key."""
    rows, values = source
    places = ", ".join(f"{_KEY + place}" for place in range(key.count(",") + 2))
    return db.execute(
        f"SELECT {_SUMMED}, min(context), max(context), {steps.start_of('at_ms')}, {key} {rows} GROUP BY {places}",
        values,
    ).fetchall()


def _contexts(db: sqlite3.Connection, keys: Iterable[tuple[int]]) -> dict[tuple[Any, ...], _Texts]:
    return {
        (row[0],): (*row[1:8], bool(row[8]))
        for chunk in chunks(number for (number,) in keys)
        for row in db.execute(
            "SELECT c.id, h.path, session, root, project, model, effort, account, not_on_lines FROM contexts c"
            f" JOIN homes h ON h.id = c.home WHERE c.id IN ({placeholders(chunk)})",
            chunk,
        )
    }


def _with_paths(db: sqlite3.Connection, keys: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], _Texts]:
    paths = dict(db.execute("SELECT id, path FROM homes NOT INDEXED").fetchall())
    return {key: (paths[key[0]], *key[1:7], bool(key[7])) for key in keys}


def held(db: sqlite3.Connection, provider: str, homes: Sequence[Path]) -> Held:
    numbers = home_numbers(db, provider, homes)
    rows = db.execute(
        "SELECT h.path, count(*), sum(skipped) FROM logs NOT INDEXED JOIN homes h ON h.id = home"
        f" WHERE gone = 0 AND home IN ({placeholders(numbers)}) GROUP BY home",
        numbers,
    ).fetchall()
    return Held({Path(path): count for path, count, _ in rows}, sum(skipped for _, _, skipped in rows))


def home_numbers(db: sqlite3.Connection, provider: str, homes: Sequence[Path]) -> list[int]:
    """Of those that the ledger knows, in this order."""
    rows = db.execute("SELECT path, id FROM homes NOT INDEXED WHERE provider = ?", (provider,))
    known = dict(rows.fetchall())
    return [known[path] for home in homes if (path := storable(str(home))) in known]
