"""What a damaged ledger has of logs that were deleted since, as far as its checksums are right.

Their observations are resolved anew, together with the logs that are still there. The responses of their parts
come along: some observations are of a version that nobody can resolve any more.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from zlib import crc32

from providers.ledger import log_checksums, messages, part_checksums, statements
from providers.ledger.checksum import of_values
from providers.ledger.damage import DamageFound

_LOG = "home, offset, before, skipped, last_ms"
_Row = tuple[Any, ...]


def salvage_deleted(old: sqlite3.Connection, db: sqlite3.Connection) -> None:
    """All numbers stay the same: the new ledger is empty."""
    homes = _verified(old, "homes", "provider, path")
    deleted = {row[0]: row for row in _deleted(old, homes)}
    parts = {row[1] for row in deleted.values() if row[1]}
    contexts = _verified(old, "contexts", log_checksums.CONTEXT)
    kept = {part: rows for part in parts if (rows := _responses(old, part, contexts.keys()))}
    home_ids = {home for _, _, _, home, *_ in deleted.values()}
    db.executemany(
        "INSERT INTO homes(id, provider, path, checksum) VALUES (?, ?, ?, ?)",
        ((home, *homes[home], of_values(*homes[home])) for home in sorted(home_ids)),
    )
    sent = _messages(old, parts, contexts.keys())
    used = {row[3] for rows in kept.values() for row in rows} | {row.context for row in sent}
    db.executemany(
        f"INSERT INTO contexts(id, {log_checksums.CONTEXT}, checksum)"  # noqa: S608
        f" VALUES ({statements.placeholders(range(12))})",
        ((context, *contexts[context], of_values(*contexts[context])) for context in sorted(used)),
    )
    rows = [row for part in sorted(kept) for row in kept[part]]
    db.executemany(f"INSERT INTO responses VALUES ({statements.placeholders(range(12))})", rows)  # noqa: S608
    part_checksums.replace_parts(db, frozenset(kept), rows, {})
    messages.insert(db, sent)
    messages.set_total(db)
    for row in deleted.values():
        _insert(db, row, kept.keys() | {each.part for each in sent}, old)


def _insert(db: sqlite3.Connection, row: _Row, parts: Iterable[int], old: sqlite3.Connection) -> None:
    log, part, path, *state = row
    part = part if part in parts else 0
    checksum = log_checksums.log_checksum(*state) + log_checksums.state_of(0, part)
    db.execute(
        f"INSERT INTO logs(id, part, path, {_LOG}, checksum, inode, size, mtime_ns, whole, gone, judged)"  # noqa: S608
        f" VALUES ({statements.placeholders(range(9))}, 0, 0, 0, 1, 1, 0)",
        (log, part, f"{path}#{log}", *state, checksum),
    )
    with suppress(sqlite3.Error):
        found = old.execute("SELECT observation, checksum FROM observations WHERE log = ?", (log,)).fetchone()
        if found is not None and isinstance(found[0], bytes) and found[1] == crc32(found[0], log):
            db.execute("INSERT INTO observations VALUES (?, ?, ?)", (log, *found))
    with suppress(sqlite3.Error):
        links = old.execute("SELECT name, log FROM links WHERE log = ?", (log,)).fetchall()
        db.executemany("INSERT OR IGNORE INTO links VALUES (?, ?)", links)


def _deleted(old: sqlite3.Connection, homes: dict[int, _Row]) -> Iterator[_Row]:
    """Id, part, path and _LOG of the logs that are not there any more."""
    rows = _readable(old, f"SELECT id, part, path, {_LOG}, judged, checksum FROM logs")  # noqa: S608
    for log, part, path, *state, judged, checksum in rows:
        with suppress(TypeError, ValueError, KeyError, DamageFound):
            if (
                checksum != log_checksums.log_checksum(*state) + log_checksums.state_of(judged, part)
                or state[0] not in homes
            ):
                continue
            if not os.path.lexists(path):
                yield log, part, path, *state


def _verified(old: sqlite3.Connection, table: str, columns: str) -> dict[int, _Row]:
    rows = _readable(old, f"SELECT id, checksum, {columns} FROM {table}")  # noqa: S608
    return {number: tuple(values) for number, checksum, *values in rows if checksum == of_values(*values)}


def _responses(old: sqlite3.Connection, part: int, contexts: Iterable[int]) -> list[_Row]:
    """None unless the checksums of the part and of its contexts are right."""
    try:
        if set(part_checksums.stored(old, [part])) != set(part_checksums.actual(old, [part])):
            return []
        rows = old.execute("SELECT * FROM responses WHERE part = ? ORDER BY 1, 2, 3, 4", (part,)).fetchall()
    except (sqlite3.Error, TypeError, ValueError):
        return []
    return rows if {row[3] for row in rows} <= set(contexts) else []


def _messages(
    old: sqlite3.Connection, parts: Iterable[int], contexts: Iterable[int]
) -> list[messages.MessageRow]:
    """Those whose checksums are right; none of a ledger that had no messages yet."""
    known = set(contexts)
    found: list[messages.MessageRow] = []
    with suppress(sqlite3.Error):
        found.extend(row for row in messages.rows_of(old, parts) if row.is_sound and row.context in known)
    return found


def _readable(old: sqlite3.Connection, query: str) -> Iterator[_Row]:
    """The rows before the first that cannot be read."""
    with suppress(sqlite3.Error):
        yield from old.execute(query)
