"""When the person sent messages, and in which sessions: never what they wrote.

The messages of a part that share their context are one row: their times and keys, packed, with a checksum. One
over all rows shows where one is missing.
"""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from zlib import crc32

from msgspec import Struct

from providers.domain.cost import SentMessage
from providers.ledger.checksum import PRIME, weighed
from providers.ledger.contexts import Contexts
from providers.ledger.damage import DamageFound
from providers.ledger.message_checksums import NUMBERS
from providers.ledger.statements import chunks, placeholders

_TOTAL = "count(*), sum(part), sum(context), sum(first_ms), sum(last_ms), sum(checksum)"


class MessageRow(Struct, frozen=True, array_like=True):
    """A row of the table; `packed` holds all times (epoch ms), and then the keys in the same order."""

    part: int
    context: int
    first_ms: int
    last_ms: int
    packed: bytes
    checksum: int

    @property
    def is_sound(self) -> bool:
        return self.checksum == _checksum(self.part, self.context, self.first_ms, self.last_ms, self.packed)

    def times_and_keys(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Of all messages, in the same order. Raises DamageFound."""
        if not self.is_sound:
            raise DamageFound("messages")
        count = len(self.packed) // 16
        numbers = struct.unpack(f"<{2 * count}q", self.packed)
        return numbers[:count], numbers[count:]

    def messages(self) -> list[tuple[int, int]]:
        """Time and key of each. Raises DamageFound."""
        return list(zip(*self.times_and_keys(), strict=True))


_COLUMNS = ", ".join(MessageRow.__struct_fields__)


def replace_messages(
    db: sqlite3.Connection,
    contexts: Contexts,
    parts: Sequence[tuple[list[int], list[SentMessage]]],
    before: AbstractSet[int],
    kept: AbstractSet[int] = frozenset(),
    new: AbstractSet[int] = frozenset(),
) -> None:
    """Store the messages of these parts, whose responses have these contexts, in place of those of parts `before`.

    Of parts that are also `kept`, messages stay that were not found anew: the content of some of their logs is no
    longer known. Nothing is stored of `new` logs. Raises DamageFound.
    """
    before = before | {min(logs) for logs, _ in parts} - new
    old = {(row.part, row.context): row for row in rows_of(db, before)}
    now = _packed(_grouped(contexts, parts, [row for row in old.values() if row.part in kept]))
    obsolete = [row for where, row in old.items() if now.get(where) != row]
    replace(db, obsolete, [row for where, row in now.items() if old.get(where) != row])


class MessageChange(Struct, frozen=True):
    """Messages of a part that are no more, and new ones."""

    part: int
    gone: Sequence[SentMessage]
    new: Sequence[SentMessage]


def changed(
    db: sqlite3.Connection, contexts: Contexts, change: MessageChange
) -> tuple[list[MessageRow], list[MessageRow]] | None:
    """The rows that this changes, before and after; None where it is about others than the part has rows of.

    Raises DamageFound.
    """
    if not change.gone and not change.new:
        return [], []
    old = {row.context: row for row in rows_of(db, [change.part])}
    contexts.know(old)
    found: dict[int, set[tuple[int, int]]] = {}
    for messages, is_new in ((change.gone, False), (change.new, True)):
        for each, context in zip(messages, contexts.numbers_of_messages(messages), strict=True):
            if context not in old:
                return None
            held = found.setdefault(context, set(old[context].messages()))
            message = each.at_ms, each.key
            if (message in held) is is_new:
                return None
            held ^= {message}
    now = _packed({(change.part, context): held for context, held in found.items() if held})
    return [old[context] for context in found], list(now.values())


def replace(db: sqlite3.Connection, obsolete: Sequence[MessageRow], added: Sequence[MessageRow]) -> None:
    """Put these rows in place of those."""
    if not obsolete and not added:
        return
    db.executemany(
        "DELETE FROM messages WHERE part = ? AND context = ?", [(row.part, row.context) for row in obsolete]
    )
    insert(db, added)
    _add_to_total(db, _weight(added) - _weight(obsolete))


def _grouped(
    contexts: Contexts,
    parts: Sequence[tuple[list[int], list[SentMessage]]],
    kept: Sequence[MessageRow],
) -> dict[tuple[int, int], list[tuple[int, int]]]:
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    sent = [(min(logs), each) for logs, messages in parts for each in messages]
    numbers = contexts.numbers_of_messages([each for _, each in sent])
    for (part, each), context in zip(sent, numbers, strict=True):
        found.setdefault((part, context), []).append((each.at_ms, each.key))
    if kept:
        keys = {key for messages in found.values() for _, key in messages}
        for row in kept:
            if left := [message for message in row.messages() if message[1] not in keys]:
                found.setdefault((row.part, row.context), []).extend(left)
    return found


def _packed(
    found: Mapping[tuple[int, int], Iterable[tuple[int, int]]],
) -> dict[tuple[int, int], MessageRow]:
    rows = {}
    for (part, context), messages in found.items():
        times, keys = zip(*sorted(messages), strict=True)
        packed = struct.pack(f"<{2 * len(times)}q", *times, *keys)
        span = times[0], times[-1]
        checksum = _checksum(part, context, *span, packed)
        rows[part, context] = MessageRow(part, context, *span, packed, checksum)
    return rows


def rows_of(db: sqlite3.Connection, parts: Iterable[int]) -> Iterator[MessageRow]:
    for chunk in chunks(parts):
        rows = db.execute(f"SELECT {_COLUMNS} FROM messages WHERE part IN ({placeholders(chunk)})", chunk)
        yield from (MessageRow(*row) for row in rows)


def insert(db: sqlite3.Connection, rows: Iterable[MessageRow]) -> None:
    """Without their weight in the total."""
    db.executemany(
        f"INSERT INTO messages({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
        [(row.part, row.context, row.first_ms, row.last_ms, row.packed, row.checksum) for row in rows],
    )


def delete(db: sqlite3.Connection, parts: Iterable[int]) -> None:
    """Those of these parts, without their weight in the total."""
    db.executemany("DELETE FROM messages WHERE part = ?", ((part,) for part in parts))


def damaged_parts(db: sqlite3.Connection, parts: Iterable[int]) -> set[int]:
    return {row.part for row in rows_of(db, parts) if not row.is_sound}


def is_whole(db: sqlite3.Connection) -> bool:
    """Whether no row is missing, nor the context of one."""
    row = db.execute("SELECT value FROM meta WHERE name = 'messages'").fetchone()
    lost = "SELECT 1 FROM messages WHERE context NOT IN (SELECT id FROM contexts) LIMIT 1"
    return _actual_total(db) == int(row[0] if row else 0) and db.execute(lost).fetchone() is None


def set_total(db: sqlite3.Connection) -> None:
    """Take the rows of the table as they are."""
    db.execute("INSERT OR REPLACE INTO meta VALUES ('messages', ?)", (str(_actual_total(db)),))


def _checksum(part: int, context: int, first_ms: int, last_ms: int, packed: bytes) -> int:
    """-1 for what are no such values."""
    try:
        return crc32(packed, crc32(NUMBERS.pack(part, context, first_ms, last_ms)))
    except (struct.error, TypeError):
        return -1


def _weight(rows: Sequence[MessageRow]) -> int:
    sums = (
        len(rows),
        sum(row.part for row in rows),
        sum(row.context for row in rows),
        sum(row.first_ms for row in rows),
        sum(row.last_ms for row in rows),
        sum(row.checksum for row in rows),
    )
    return weighed(sums)


def _actual_total(db: sqlite3.Connection) -> int:
    return weighed([each or 0 for each in db.execute(f"SELECT {_TOTAL} FROM messages").fetchone()])


def _add_to_total(db: sqlite3.Connection, difference: int) -> None:
    row = db.execute("SELECT value FROM meta WHERE name = 'messages'").fetchone()
    total = (int(row[0] if row else 0) + difference) % PRIME
    db.execute("INSERT OR REPLACE INTO meta VALUES ('messages', ?)", (str(total),))
