"""The scrub: a slow check of everything that has a checksum, and what is done about damage.

A step of the scrub is due once an hour, and takes a fraction of a second; it goes on where the last one ended.
Where it finds damage, or a report has left a mark, the whole file is checked at once. Parts whose checksums are
wrong are resolved anew from the observations of their logs; a log whose observation is damaged is read again. What
cannot be resolved anew, or is no ledger any more, raises DamageFound: the file is then quarantined.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import astuple

from providers.host.faults import logger_of
from providers.ledger import backfill, index, log_checksums, messages, part_checksums, row_checksums
from providers.ledger.checksum import of_values
from providers.ledger.damage import DamageFound
from providers.ledger.database import GARBLED, transaction
from providers.ledger.log_checksums import has_checksums
from providers.ledger.memory import InMemory
from providers.ledger.quarantine import is_marked, unmark
from providers.ledger.repair import Formats, link, repair, resolvable_parts
from providers.ledger.statements import chunks, placeholders

STEP_SECONDS = 0.25
EVERY_SECONDS = 3_600
_CHECK_SECONDS = 30.0
_BATCH = 100  # logs
_INSTRUCTIONS = 100_000  # between two looks at the clock


_Numbers = TypeVar("_Numbers", "ScrubProgress", "Removed")


class ScrubProgress(Struct, frozen=True):
    """How far the scrub is: all logs up to `log`; when its last step was, and when one last ended (epoch
    seconds, 0 for never).
    """

    log: int = 0
    stepped: int = 0
    ended: int = 0


def progress(db: sqlite3.Connection) -> ScrubProgress:
    return _of_meta(db, "scrub", ScrubProgress)


class Removed(Struct, frozen=True):
    """How many damaged rows of the limit history were deleted when there were some last, and when that was (epoch
    seconds, 0 for never).
    """

    rows: int = 0
    at: int = 0


def removed(db: sqlite3.Connection) -> Removed:
    return _of_meta(db, "removed", Removed)


def check(
    db: sqlite3.Connection, path: Path | InMemory, formats: Formats, now: float, seconds: float = STEP_SECONDS
) -> frozenset[int]:
    """Check the whole ledger if it is marked, else go on with the scrub if that is due.

    Returns the logs that must be resolved anew. Raises DamageFound.
    """
    try:
        return _check(db, path, formats, now, seconds)
    except GARBLED as error:
        raise DamageFound(str(error)) from error


def _check(
    db: sqlite3.Connection, path: Path | InMemory, formats: Formats, now: float, seconds: float
) -> frozenset[int]:
    if isinstance(path, InMemory) and not path.is_copied:
        raise DamageFound("the file")
    if is_marked(path):
        return _check_all(db, formats, now)
    at = progress(db)
    if has_checksums(db) and 0 <= now - at.stepped < EVERY_SECONDS:
        return frozenset()
    if has_checksums(db) and not (part_checksums.is_whole(db) and messages.is_whole(db)):
        return _check_all(db, formats, now)
    until = time.monotonic() + seconds
    while True:
        with transaction(db):
            after = _step(db, formats, at, now)
        if after is None:
            return _check_all(db, formats, now)
        at = after
        if not at.log or time.monotonic() >= until:
            return frozenset()


def confirm(db: sqlite3.Connection, path: Path | InMemory, logs: Iterable[int]) -> None:
    """What was resolved anew is right now; the mark goes. Raises DamageFound."""
    parts = {part for part in _parts(db, logs).values() if part}
    if _damaged_parts(db, parts) or not (part_checksums.is_whole(db) and messages.is_whole(db)):
        raise DamageFound("what was repaired")
    unmark(path)


def _step(db: sqlite3.Connection, formats: Formats, at: ScrubProgress, now: float) -> ScrubProgress | None:
    """the scrub after some more logs; None where something is damaged."""
    logs = [
        row[0] for row in db.execute("SELECT id FROM logs WHERE id > ? ORDER BY id LIMIT ?", (at.log, _BATCH))
    ]
    ended = len(logs) < _BATCH
    if has_checksums(db):
        parts = _damaged_parts(db, logs)
        _, damaged = log_checksums.sound_logs(db, logs)
        if parts or damaged or (ended and (not _is_sound(db) or row_checksums.has_damaged(db))):
            return None
        link(db, formats, logs)
    else:
        backfill.add_checksums(db, logs)
        if ended:
            _delete_damaged_rows(db, now)
            backfill.finish(db)
    after = ScrubProgress(0 if ended else logs[-1], int(now), int(now) if ended else at.ended)
    _note(db, "scrub", after)
    return after


def _note(db: sqlite3.Connection, name: str, numbers: ScrubProgress | Removed) -> None:
    value = " ".join(map(str, astuple(numbers)))
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _of_meta(db: sqlite3.Connection, name: str, kind: type[_Numbers]) -> _Numbers:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    try:
        return kind(*map(int, row[0].split())) if row else kind()
    except (TypeError, ValueError):
        return kind()


def _delete_damaged_rows(db: sqlite3.Connection, now: float) -> None:
    """They cannot be made anew."""
    if rows := row_checksums.delete_damaged(db):
        were = "row of the limit history was" if rows == 1 else "rows of the limit history were"
        logger_of(__name__).warning("ledger: %d damaged %s deleted", rows, were)
        _note(db, "removed", Removed(rows, int(now)))


def _check_all(db: sqlite3.Connection, formats: Formats, now: float) -> frozenset[int]:
    if not _is_sound(db):
        raise DamageFound("the file")
    with transaction(db):
        _delete_damaged_rows(db, now)
        logs = [row[0] for row in db.execute("SELECT id FROM logs ORDER BY id")]
        if not has_checksums(db):
            backfill.add_checksums(db, logs)
            backfill.finish(db)
        _check_homes(db)
        _, damaged = log_checksums.sound_logs(db, logs)
        link(db, formats, set(logs) - damaged)
        parts = _all_parts(db, logs)
        broken = _damaged_parts(db, parts)
        if not messages.is_whole(db):
            broken |= resolvable_parts(db, formats, parts)
        found = repair(db, formats, broken, damaged)
        part_checksums.set_total(db)
        messages.set_total(db)
        db.execute("UPDATE parts SET summed = 0")
        _note(db, "scrub", ScrubProgress(0, int(now), int(now)))
        index.note_writing(db)
    return found


def _is_sound(db: sqlite3.Connection) -> bool:
    """By SQLite's own check of pages and indexes; what takes it too long is taken for sound."""
    ends = time.monotonic() + _CHECK_SECONDS
    db.set_progress_handler(lambda: time.monotonic() > ends, _INSTRUCTIONS)
    try:
        return bool(db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_INTERRUPT:
            raise
        return True
    finally:
        db.set_progress_handler(None, 0)


def _check_homes(db: sqlite3.Connection) -> None:
    for provider, path, checksum in db.execute("SELECT provider, path, checksum FROM homes"):
        if checksum != of_values(provider, path):
            raise DamageFound("a home")


def _all_parts(db: sqlite3.Connection, logs: Iterable[int]) -> set[int]:
    found = set(logs)
    for query in (
        "SELECT id FROM parts",
        "SELECT part FROM part_checksums",
        "SELECT DISTINCT part FROM responses",
        "SELECT DISTINCT part FROM messages",
    ):
        found |= {row[0] for row in db.execute(query)}
    return found


def _damaged_parts(db: sqlite3.Connection, parts: Iterable[int]) -> set[int]:
    numbers = list(parts)
    wrong = {
        each.part
        for each in set(part_checksums.stored(db, numbers)) ^ set(part_checksums.actual(db, numbers))
    }
    spans: dict[int, tuple[int, int]] = {}
    for each in part_checksums.stored(db, numbers):
        first, last = spans.get(each.part, (each.first_ms, each.last_ms))
        spans[each.part] = min(first, each.first_ms), max(last, each.last_ms)
    found = {
        part: (first, last)
        for chunk in chunks(numbers)
        for part, first, last in db.execute(
            f"SELECT id, first_ms, last_ms FROM parts WHERE id IN ({placeholders(chunk)})",  # noqa: S608
            chunk,
        )
    }
    wrong |= {part for part in spans.keys() | found.keys() if spans.get(part) != found.get(part)}
    return wrong | _with_damaged_contexts(db, numbers) | messages.damaged_parts(db, numbers)


def _with_damaged_contexts(db: sqlite3.Connection, parts: Iterable[int]) -> set[int]:
    columns = ", ".join(f"c.{name}" for name in log_checksums.CONTEXT.split(", "))
    return {
        part
        for chunk in chunks(parts)
        for part, checksum, *values in db.execute(
            f"SELECT part, checksum, {columns} FROM (SELECT part, context FROM responses"  # noqa: S608
            f" WHERE part IN ({placeholders(chunk)}) UNION SELECT part, context FROM messages"
            f" WHERE part IN ({placeholders(chunk)})) LEFT JOIN contexts c ON c.id = context",
            (*chunk, *chunk),
        )
        if checksum != of_values(*values)
    }


def _parts(db: sqlite3.Connection, logs: Iterable[int]) -> dict[int, int]:
    return {
        row[0]: row[1]
        for chunk in chunks(logs)
        for row in db.execute(f"SELECT id, part FROM logs WHERE id IN ({placeholders(chunk)})", chunk)  # noqa: S608
    }
