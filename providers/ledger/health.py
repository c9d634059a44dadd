"""The health of the ledger's file: size, known logs, and a quick check of its pages. Read-only."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from providers.ledger import index, integrity, log_checksums
from providers.ledger.database import opened
from providers.ledger.quarantine import is_marked

_CHECK_SECONDS = 2.0
_STEPS = 10_000  # between two checks of the clock
_BUSY_SECONDS = 0.2
_FAR = 32_503_680_000  # the year 3000


class Scrub(Struct, frozen=True, kw_only=True):
    """`checked` is the share of the logs, 0-1, that the scrub of all checksums has reached, and `ended` when it
    last was at its end. `removed` is how many damaged rows of the limit history were deleted at `removed_at`, when
    there were some last.
    """

    checked: float
    ended: datetime | None
    removed: int
    removed_at: datetime | None


class Health(Struct, frozen=True, kw_only=True):
    """`files` is how many logs that still exist are known, `complete` as `Ledger.is_complete`, by provider.

    `sound` is None if the check was cancelled: a large file takes longer than a user waits. `damage_met` says that
    a report left its mark: the next count checks the whole file.
    """

    size: int
    files: int
    complete: dict[str, bool | None]
    sound: bool | None
    damage_met: bool
    has_checksums: bool
    scrub: Scrub


def size_of(path: Path) -> int:
    """Bytes, including its WAL; 0 if there is no file."""
    found = 0
    for suffix in ("", "-wal"):
        try:
            found += path.with_name(path.name + suffix).stat().st_size
        except OSError:
            continue
    return found


def check(path: Path, providers: Sequence[str], seconds: float = _CHECK_SECONDS) -> Health:
    """Checks an existing ledger. Raises LedgerError."""
    with opened(path, busy_seconds=_BUSY_SECONDS) as db:
        (files,) = db.execute("SELECT count(*) FROM logs WHERE gone = 0").fetchone()
        complete = {provider: index.is_complete(db, provider) for provider in providers}
        ends = time.monotonic() + seconds
        db.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
        sound: bool | None
        try:
            sound = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_INTERRUPT:
                raise
            sound = None
        db.set_progress_handler(None, 0)
        return Health(
            size=size_of(path),
            files=int(files),
            complete=complete,
            sound=sound,
            damage_met=is_marked(path),
            has_checksums=log_checksums.has_checksums(db),
            scrub=scrub(db, is_sound=sound is not False),
        )


def scrub(db: sqlite3.Connection, *, is_sound: bool = True) -> Scrub:
    """How far the slow check of everything is: takes a millisecond. Of a damaged file no logs are counted."""
    at, lost = integrity.progress(db), integrity.removed(db)
    return Scrub(
        checked=_share(db, at.log) if is_sound else 0.0,
        ended=_time(at.ended),
        removed=lost.rows,
        removed_at=_time(lost.at),
    )


def _time(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _FAR else None


def _share(db: sqlite3.Connection, log: int) -> float:
    before, count = db.execute(
        "SELECT count(*) FILTER (WHERE id <= ?), count(*) FROM logs", (log,)
    ).fetchone()
    return before / count if count else 0.0
