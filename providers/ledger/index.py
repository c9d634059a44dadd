"""What the ledger stores: the observation of each log, and the responses resolved from them.

Two layers. An observation belongs to a log and is replaced with it; it stays when the log is deleted, as programs
delete their logs after a month. A response belongs to a **part**, the logs that were resolved together, and is
replaced whenever one of them grows. No prompts, answers or login tokens are stored.

Where a row that is not found would be a home or a log that counts no more, the table itself is searched: it has
checksums, and its indexes have none.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from providers.ledger.checksum import of_values
from providers.ledger.log_checksums import SET_JUDGED, sound_logs
from providers.ledger.statements import chunks, placeholders
from providers.logs import Checkpoint

UNREAD, WHOLE, TORN = 0, 1, 2
"""How a log's file was read: not to its end; to its end; as far as it goes, until it changes."""


class LogEntry(Struct, frozen=True):
    """A log as it was just read; `id` is None for a new one.

    `before` is the fingerprint of what its scanner read, and `names` are its links. `replaces` is the
    deleted log that had its path before. It has no response after `last_ms`.
    """

    id: int | None
    replaces: int | None
    path: str
    stamp: tuple[int, int, int]
    offset: int
    before: bytes
    skipped: int
    whole: int
    observation: bytes
    names: frozenset[int]
    last_ms: int


def storable(text: str) -> str:
    """The text with surrogates escaped: a file name may be any bytes, and SQLite accepts only Unicode."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


Homes = Mapping[str, Mapping[Path, str]]
"""The homes of each provider with their labels."""


def home_labels(homes: Homes) -> dict[tuple[str, str], str]:
    """By provider and path, as the ledger has them."""
    return {
        (provider, storable(str(path))): label
        for provider, own in homes.items()
        for path, label in own.items()
    }


# --- homes and logs -----------------------------------------------------------------------------------------


def home_id(db: sqlite3.Connection, provider: str, path: Path) -> int:
    found = known_home(db, provider, path)
    if found is None:
        home = (provider, storable(str(path)))
        insert = "INSERT INTO homes(provider, path, checksum) VALUES (?, ?, ?)"
        return int(db.execute(insert, (*home, of_values(*home))).lastrowid or 0)
    return found


def known_home(db: sqlite3.Connection, provider: str, path: Path) -> int | None:
    """Its id; None where nothing was ever read of it."""
    home = (provider, storable(str(path)))
    row = db.execute("SELECT id FROM homes NOT INDEXED WHERE provider = ? AND path = ?", home).fetchone()
    return None if row is None else int(row[0])


def generation(db: sqlite3.Connection) -> int:
    """A number that changes whenever any process writes logs or their prices, and differs between ledgers."""
    row = db.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
    return int(row[0], 16) if row else 0


def note_writing(db: sqlite3.Connection) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES ('generation', ?)", (os.urandom(7).hex(),))


def make_of(db: sqlite3.Connection, provider: str) -> str | None:
    """The format version (`make`) with which the provider's logs were read."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (f"make of {provider}",)).fetchone()
    return row[0] if row else None


def set_make(db: sqlite3.Connection, provider: str, make: str) -> None:
    """Set the format version (`make`); all existing logs count as changed from now on."""
    homes = "SELECT id FROM homes WHERE provider = ?"
    db.execute(f"UPDATE logs SET mtime_ns = -1 WHERE home IN ({homes})", (provider,))
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"make of {provider}", make))
    note_writing(db)


def is_complete(db: sqlite3.Connection, provider: str) -> bool | None:
    """Whether the last scan read all its logs completely; None before the first scan."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (f"scan of {provider}",)).fetchone()
    return row[0] == "complete" if row else None


def set_complete(db: sqlite3.Connection, provider: str, complete: bool) -> None:
    value = "complete" if complete else "incomplete"
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"scan of {provider}", value))


def mark_torn(db: sqlite3.Connection, log: int, stamp: tuple[int, int, int]) -> None:
    """A log of which more is known than its damaged file still holds: what is known stays."""
    db.execute(
        "UPDATE logs SET inode = ?, size = ?, mtime_ns = ?, whole = ? WHERE id = ?", (*stamp, TORN, log)
    )
    note_writing(db)


def checkpoint(db: sqlite3.Connection, log: int) -> Checkpoint | None:
    """Where the last scan of a log ended; None where its observation is damaged."""
    sound, _ = sound_logs(db, [log])
    if log not in sound:
        return None
    _, offset, before, skipped, observation = sound[log]
    return Checkpoint(offset, before, skipped, observation)


def mark_deleted(db: sqlite3.Connection, logs: Iterable[int], *, deleted: bool) -> None:
    db.executemany("UPDATE logs SET gone = ? WHERE id = ?", ((deleted, log) for log in logs))


def move_log(db: sqlite3.Connection, log: int, path: str) -> None:
    db.execute("UPDATE logs SET path = ?, gone = 0 WHERE id = ?", (storable(path), log))


def unresolved(db: sqlite3.Connection, provider: str, since_ms: int, limit: int) -> set[int]:
    """Logs that are not resolved yet: the newest of those that may have responses since then, and of the deleted
    ones, which a later version may be unable to resolve."""
    logs = (
        "SELECT l.id, l.last_ms FROM homes h NOT INDEXED JOIN logs l NOT INDEXED ON l.home = h.id"
        " WHERE h.provider = ? AND l.judged = 0"
    )
    query = (
        f"{logs} AND l.gone = 0 AND l.last_ms >= ? UNION ALL {logs} AND l.gone = 1 ORDER BY 2 DESC LIMIT ?"
    )
    return {row[0] for row in db.execute(query, (provider, since_ms, provider, limit))}


def resolved(db: sqlite3.Connection, logs: Iterable[int]) -> set[int]:
    """Those of these logs that are resolved."""
    query = "SELECT id FROM logs WHERE judged = 1 AND id IN"
    return {row[0] for chunk in chunks(logs) for row in db.execute(f"{query} ({placeholders(chunk)})", chunk)}


def never_resolved(db: sqlite3.Connection, logs: Iterable[int], before_ms: int) -> set[int]:
    """Those of these logs that were never resolved, and have no response since then."""
    query = "SELECT id FROM logs WHERE part = 0 AND gone = 0 AND last_ms < ? AND id IN"
    return {
        row[0]
        for chunk in chunks(logs)
        for row in db.execute(f"{query} ({placeholders(chunk)})", (before_ms, *chunk))
    }


def observations(db: sqlite3.Connection, logs: Iterable[int]) -> dict[int, tuple[Path, bytes]]:
    """Home and observation of each log; one that is damaged is absent, and its log is read again next time."""
    sound, damaged = sound_logs(db, logs)
    read_again(db, damaged)
    return {log: (Path(home), observation) for log, (home, *_, observation) in sound.items()}


def read_again(db: sqlite3.Connection, logs: Iterable[int]) -> None:
    db.executemany("UPDATE logs SET mtime_ns = -1 WHERE id = ? AND gone = 0", ((log,) for log in logs))


def logs_of(db: sqlite3.Connection, provider: str, logs: Iterable[int]) -> frozenset[int]:
    """Those of these logs that are the provider's."""
    homes = "SELECT id FROM homes WHERE provider = ?"
    return frozenset(
        row[0]
        for chunk in chunks(logs)
        for row in db.execute(
            f"SELECT id FROM logs WHERE home IN ({homes}) AND id IN ({placeholders(chunk)})",
            (provider, *chunk),
        )
    )


def linked(db: sqlite3.Connection, names: Iterable[int]) -> set[int]:
    """The logs that have one of these names."""
    return {
        row[0]
        for chunk in chunks(names)
        for row in db.execute(f"SELECT log FROM links WHERE name IN ({placeholders(chunk)})", chunk)
    }


def parts_of(db: sqlite3.Connection, logs: Iterable[int]) -> set[int]:
    """The parts that these logs belonged to."""
    return {
        row[0]
        for chunk in chunks(logs)
        for row in db.execute(f"SELECT DISTINCT part FROM logs WHERE id IN ({placeholders(chunk)})", chunk)
    } - {0}


class Member(Struct, frozen=True, array_like=True):
    """A log of a part; `checksum` is that of its observation, None where it has none."""

    id: int
    judged: bool
    checksum: int | None


def part_of(db: sqlite3.Connection, log: int) -> int:
    """The part that a log belongs to; 0 for none."""
    row = db.execute("SELECT part FROM logs WHERE id = ?", (log,)).fetchone()
    return int(row[0]) if row else 0


def members(db: sqlite3.Connection, part: int) -> list[Member]:
    """The logs of a part."""
    rows = db.execute(
        "SELECT l.id, l.judged, o.checksum FROM logs l NOT INDEXED LEFT JOIN observations o ON o.log = l.id"
        " WHERE l.part = ? ORDER BY l.id",
        (part,),
    )
    return [Member(id_, bool(judged), checksum) for id_, judged, checksum in rows]


def set_resolved(db: sqlite3.Connection, parts: Mapping[int, int]) -> None:
    """These logs were resolved, and belong to these parts."""
    db.executemany(
        f"UPDATE logs SET {SET_JUDGED.format(judged='1', part='?2')} WHERE id = ?1", list(parts.items())
    )


def resolved_with(db: sqlite3.Connection, logs: Iterable[int]) -> set[int]:
    """The logs that were last resolved together with one of these, including these."""
    found: set[int] = set()
    for chunk in chunks(logs):
        query = f"SELECT DISTINCT part FROM logs WHERE part > 0 AND id IN ({placeholders(chunk)})"
        found |= {
            row[0]
            for parts in chunks(row[0] for row in db.execute(query, chunk).fetchall())
            for row in db.execute(
                f"SELECT id FROM logs NOT INDEXED WHERE part IN ({placeholders(parts)})", parts
            )
        }
        found |= set(chunk)
    return found
