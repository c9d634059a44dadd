"""Queries when the person sent messages: how many in each step of time, and all times by account and home."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from struct import unpack_from

from providers.ledger.damage import DamageFound
from providers.ledger.epoch_ms import ms
from providers.ledger.index import Homes, storable
from providers.ledger.message_checksums import INTACT_MESSAGES, is_damage
from providers.ledger.messages import MessageRow
from providers.ledger.query import home_numbers
from providers.ledger.statements import placeholders
from providers.ledger.steps import QUARTERS, Steps
from providers.ledger.verify import Verifier

_MESSAGES = ", ".join(f"m.{name}" for name in MessageRow.__struct_fields__)
_OF_MESSAGES = len(MessageRow.__struct_fields__)
_OF_HOME = (
    "FROM messages m CROSS JOIN contexts c ON c.id = m.context"
    " WHERE m.first_ms < ? AND ? <= m.last_ms AND ? = c.home"
)


def message_counts(
    db: sqlite3.Connection,
    provider: str,
    homes: Sequence[Path],
    start: datetime,
    end: datetime,
    verifier: Verifier | None = None,
    steps: Steps = QUARTERS,
) -> Counter[int]:
    """How many messages the person sent with start <= time < end, by the start of each step (epoch ms). One found
    in several homes counts once. Raises DamageFound.
    """
    _verify_messages(db, verifier)
    numbers = home_numbers(db, provider, homes)
    if len(numbers) != 1:
        sent = _sent(db, numbers, ms(start), ms(end), verifier)
        return Counter(steps.start(at) for _, times in sent for at in times)
    try:
        return _counted(db, numbers[0], (ms(start), ms(end)), verifier, steps)
    except sqlite3.OperationalError as error:
        if is_damage(error):
            raise DamageFound("messages") from error
        raise


def _counted(
    db: sqlite3.Connection, home: int, span: tuple[int, int], verifier: Verifier | None, steps: Steps
) -> Counter[int]:
    """Of one home: each row by what SQL knows of it; but the times of those that are in several steps."""
    start, end = span
    values = (end, start, home)
    step, last = steps.start_of("m.first_ms"), steps.start_of("m.last_ms")
    in_one = f"{step} = {last} AND m.first_ms >= ? AND m.last_ms < ?"
    # Without LIMIT, SQLite would sort all of each row.
    each = (
        f"SELECT {step} AS step, length(m.packed) / 16 AS count, m.context,"
        f" {INTACT_MESSAGES} AS intact {_OF_HOME} AND {in_one} LIMIT -1"
    )
    groups = db.execute(
        f"SELECT step, sum(count), count(*), min(intact), min(context), max(context) FROM ({each}) GROUP BY step",
        (*values, *span),
    ).fetchall()
    rows = db.execute(
        f"SELECT m.context, {INTACT_MESSAGES}, m.packed {_OF_HOME} AND NOT ({in_one})", (*values, *span)
    ).fetchall()
    if not all(group[3] for group in groups) or not all(row[1] for row in rows):
        raise DamageFound("messages")
    contexts = [number for group in groups for number in group[4:]] + [row[0] for row in rows]
    if verifier is not None and contexts:
        count = sum(group[2] for group in groups) + len(rows)
        verifier.verify_contexts_of(db, count, (min(contexts), max(contexts)), _OF_HOME, values)
    found = Counter({step: count for step, count, *_ in groups})
    for _, _, packed in rows:
        times = unpack_from(f"<{len(packed) // 16}q", packed)
        found.update(steps.start(at) for at in times if start <= at < end)
    return found


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
        for texts, times in _sent(
            db, home_numbers(db, provider, tuple(labels)), ms(start), ms(end), verifier
        ):
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
