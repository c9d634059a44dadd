"""Queries the ledger in slices small enough for any time zone and few enough for any report."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES
from providers.ledger.checksum import QUARTER_MS
from providers.ledger.epoch_ms import ms
from providers.ledger.index import Homes, storable
from providers.ledger.messages import MessageRow
from providers.ledger.statements import chunks, placeholders
from providers.ledger.verify import Verifier

_SUMS = ", ".join(f"sum({each.name})" for each in TOKEN_CLASSES)
_MESSAGES = ", ".join(f"m.{name}" for name in MessageRow.__struct_fields__)
_OF_MESSAGES = len(MessageRow.__struct_fields__)


_Texts = tuple[str, str, str, str, str, str, str, bool]
"""Home, session, root, project, model, effort and account of a context, and whether it is `not_on_lines`."""


class Slice(Struct, frozen=True, array_like=True):
    """The responses of one quarter of an hour that share everything else; times in epoch ms.

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


def slices(
    db: sqlite3.Connection,
    provider: str,
    homes: Sequence[Path],
    start: datetime,
    end: datetime,
    verifier: Verifier | None = None,
) -> list[Slice]:
    """The responses with start <= time < end. One found in several homes counts in the first.

    With a `verifier` they are held against their checksums: raises DamageFound.
    """
    if verifier is not None:
        verifier.verify_parts(db)
    numbers = _homes(db, provider, homes)
    if not numbers:
        return []
    rows = _grouped(db, numbers, ms(start), ms(end))
    used = {row[1] for row in rows}
    if verifier is not None:
        verifier.verify_slices(db, numbers, ms(start), ms(end), rows)
        verifier.verify_contexts(db, used)
    contexts = _contexts(db, used)
    return [
        Slice(quarter, *contexts[context], responses, priced, tuple(tokens), pico_usd, first_ms, last_ms)
        for quarter, context, responses, priced, pico_usd, first_ms, last_ms, _, *tokens in rows
    ]


def _grouped(
    db: sqlite3.Connection, numbers: Sequence[int], start_ms: int, end_ms: int
) -> list[tuple[Any, ...]]:
    """The groups of `checksum.of_slices`, of the homes with these numbers."""
    columns, once = "r.*", ""
    if len(numbers) > 1:
        # A response is stored once per home that contains it. Beside a min(), SQLite takes the other columns
        # from the row that has it.
        columns, once = "r.*, min(c.home) AS first_home", "GROUP BY r.key"
    # CROSS JOIN keeps SQLite to this order: the parts of these days are few.
    source = (
        f"SELECT {columns} FROM parts p CROSS JOIN responses r ON r.part = p.id AND r.at_ms >= ? AND r.at_ms < ?"
        " CROSS JOIN contexts c ON c.id = r.context"
        f" WHERE p.last_ms >= ? AND p.first_ms < ? AND c.home IN ({placeholders(numbers)}) {once}"
    )
    return db.execute(
        f"SELECT at_ms / {QUARTER_MS} * {QUARTER_MS} AS quarter, context,"
        f" count(*), count(pico_usd), coalesce(sum(pico_usd), 0), min(at_ms), max(at_ms), sum(at_ms), {_SUMS}"
        f" FROM ({source}) GROUP BY quarter, context",
        (start_ms, end_ms, start_ms, end_ms, *numbers),
    ).fetchall()


def _contexts(db: sqlite3.Connection, used: Iterable[int]) -> dict[int, _Texts]:
    """Their texts, in a separate query: grouping by them would double the time."""
    return {
        row[0]: (*row[1:8], bool(row[8]))
        for chunk in chunks(used)
        for row in db.execute(
            "SELECT c.id, h.path, session, root, project, model, effort, account, not_on_lines FROM contexts c"
            f" JOIN homes h ON h.id = c.home WHERE c.id IN ({placeholders(chunk)})",
            chunk,
        )
    }


def message_counts(
    db: sqlite3.Connection,
    provider: str,
    homes: Sequence[Path],
    start: datetime,
    end: datetime,
    verifier: Verifier | None = None,
) -> Counter[int]:
    """How many messages the person sent with start <= time < end, by quarter of an hour (epoch ms). One found in
    several homes counts once. Raises DamageFound.
    """
    _verify_messages(db, verifier)
    sent = _sent(db, _homes(db, provider, homes), ms(start), ms(end), verifier)
    return Counter(at // QUARTER_MS * QUARTER_MS for _, times in sent for at in times)


MessageTimes = dict[tuple[str, str], list[int]]
"""Epoch ms in order, by account ("" where no log says) and the label of the home."""


def message_times(
    db: sqlite3.Connection,
    homes: Homes,
    start: datetime,
    end: datetime,
    verifier: Verifier | None = None,
) -> MessageTimes:
    """The messages with start <= time < end, one in several homes in the first. `homes` are those of each provider
    with their labels. Raises DamageFound.
    """
    _verify_messages(db, verifier)
    found: MessageTimes = {}
    for provider, labels in homes.items():
        names = {storable(str(path)): label for path, label in labels.items()}
        for texts, times in _sent(db, _homes(db, provider, tuple(labels)), ms(start), ms(end), verifier):
            found.setdefault((texts[4], names[texts[0]]), []).extend(times)
    return {key: sorted(times) for key, times in found.items()}


def _verify_messages(db: sqlite3.Connection, verifier: Verifier | None) -> None:
    if verifier is not None:
        verifier.verify_parts(db)
        verifier.verify_messages(db)


def _sent(
    db: sqlite3.Connection,
    numbers: Sequence[int],
    start_ms: int,
    end_ms: int,
    verifier: Verifier | None = None,
) -> Iterator[tuple[tuple[str, str, str, str, str], list[int]]]:
    """Home, session, root, project and account of each context, with the times of its messages."""
    rows = db.execute(
        f"SELECT {_MESSAGES}, h.path, c.session, c.root, c.project, c.account FROM messages m"
        " CROSS JOIN contexts c ON c.id = m.context CROSS JOIN homes h ON h.id = c.home"
        f" WHERE first_ms < ? AND last_ms >= ? AND c.home IN ({placeholders(numbers)}) ORDER BY part, c.home",
        (end_ms, start_ms, *numbers),
    ).fetchall()
    if verifier is not None:
        verifier.verify_contexts(db, {row[1] for row in rows})
    part, seen = 0, set[int]()
    for row in rows:
        if row[0] != part:
            part, seen = row[0], set()  # one in several homes is in one part, and counts in the first
        times, keys = MessageRow(*row[:_OF_MESSAGES]).times_and_keys()
        if len(numbers) > 1:
            times = tuple(at for at, key in zip(times, keys, strict=True) if key not in seen)
            seen.update(keys)
        home, session, root, project, account = row[_OF_MESSAGES:]
        yield (home, session, root, project, account), [at for at in times if start_ms <= at < end_ms]


def held(db: sqlite3.Connection, provider: str, homes: Sequence[Path]) -> Held:
    numbers = _homes(db, provider, homes)
    rows = db.execute(
        "SELECT h.path, count(*), sum(skipped) FROM logs NOT INDEXED JOIN homes h ON h.id = home"
        f" WHERE gone = 0 AND home IN ({placeholders(numbers)}) GROUP BY home",
        numbers,
    ).fetchall()
    return Held({Path(path): count for path, count, _ in rows}, sum(skipped for _, _, skipped in rows))


def _homes(db: sqlite3.Connection, provider: str, homes: Sequence[Path]) -> list[int]:
    rows = db.execute("SELECT path, id FROM homes NOT INDEXED WHERE provider = ?", (provider,))
    known = dict(rows.fetchall())
    return [known[path] for home in homes if (path := storable(str(home))) in known]
