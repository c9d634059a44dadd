"""What the ledger holds: what each log said, and which responses came of it.

Two layers. An observation belongs to a log and is replaced with it; it stays when the log is gone, as programs
delete theirs after a month. A response belongs to a **part**, the logs that were judged together, and is
replaced whenever one of them says more. Nothing here knows of prompts, answers or tokens of login.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from msgspec import Struct

from providers.ledger.database import transaction
from providers.models import BilledResponse, TokenUsage

_CHUNK = 500


class LogRow(Struct, frozen=True, array_like=True):
    """What is known of a log without opening it, as much as tells whether it changed."""

    id: int
    path: str
    inode: int
    size: int
    mtime_ns: int
    offset: int
    whole: bool
    gone: bool

    @property
    def stamp(self) -> tuple[int, int, int]:
        return self.inode, self.size, self.mtime_ns


class LogEntry(Struct, frozen=True, kw_only=True):
    """A log as it was just read; `id` is None for a new one."""

    id: int | None
    path: str
    stamp: tuple[int, int, int]
    offset: int
    tail: bytes
    skipped: int
    whole: bool
    observation: bytes
    names: frozenset[int]


class PricedResponse(Struct, frozen=True):
    """A response with its price in 1e-12 USD, None where no price is known."""

    response: BilledResponse
    pico_usd: int | None


def name_hash(home: int, name: str) -> int:
    """63 bits for a link; links of different homes have nothing to do with each other."""
    return int.from_bytes(blake2b(f"{home}:{name}".encode(), digest_size=8).digest(), "big") >> 1


# --- homes and logs -----------------------------------------------------------------------------------------


def home_id(db: sqlite3.Connection, provider: str, path: Path) -> int:
    db.execute("INSERT OR IGNORE INTO homes(provider, path) VALUES (?, ?)", (provider, str(path)))
    row = db.execute("SELECT id FROM homes WHERE provider = ? AND path = ?", (provider, str(path))).fetchone()
    return int(row[0])


def known_logs(db: sqlite3.Connection, home: int) -> dict[str, LogRow]:
    rows = db.execute(
        "SELECT id, path, inode, size, mtime_ns, offset, whole, gone FROM logs WHERE home = ?",
        (home,),
    )
    return {row[1]: LogRow(*row) for row in rows}


def read_so_far(db: sqlite3.Connection, log: int) -> tuple[bytes, int, bytes]:
    """What stood before the offset, the lines skipped before it, and the observation."""
    tail, skipped, packed = db.execute(
        "SELECT tail, skipped, observation FROM logs JOIN observations ON log = id WHERE id = ?", (log,)
    ).fetchone()
    return bytes(tail), int(skipped), zlib.decompress(packed)


def keep_log(db: sqlite3.Connection, home: int, entry: LogEntry) -> int:
    """Write what a log said; it is not judged yet."""
    values = (*entry.stamp, entry.offset, entry.tail, entry.skipped, entry.whole)
    if entry.id is None:
        cursor = db.execute(
            "INSERT INTO logs(home, path, inode, size, mtime_ns, offset, tail, skipped, whole, gone,"
            " judged, part) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0)",
            (home, entry.path, *values),
        )
        log = int(cursor.lastrowid or 0)
    else:
        log = entry.id
        db.execute(
            "UPDATE logs SET inode = ?, size = ?, mtime_ns = ?, offset = ?, tail = ?, skipped = ?, whole = ?,"
            " path = ?, gone = 0, judged = 0 WHERE id = ?",
            (*values, entry.path, log),
        )
    packed = zlib.compress(entry.observation, 1)
    db.execute("INSERT OR REPLACE INTO observations VALUES (?, ?)", (log, packed))
    # A name that a log no longer has is left: it only makes more logs be judged together.
    db.executemany("INSERT OR IGNORE INTO links VALUES (?, ?)", ((name, log) for name in entry.names))
    return log


def mark_gone(db: sqlite3.Connection, logs: Iterable[int], *, gone: bool) -> None:
    db.executemany("UPDATE logs SET gone = ? WHERE id = ?", ((gone, log) for log in logs))


def move_log(db: sqlite3.Connection, log: int, path: str) -> None:
    db.execute("UPDATE logs SET path = ?, gone = 0 WHERE id = ?", (path, log))


def unjudged(db: sqlite3.Connection, home: int) -> set[int]:
    return {row[0] for row in db.execute("SELECT id FROM logs WHERE home = ? AND judged = 0", (home,))}


def observations(db: sqlite3.Connection, logs: Iterable[int]) -> dict[int, tuple[str, bytes]]:
    """Path and observation of each log."""
    return {
        row[0]: (row[1], zlib.decompress(row[2]))
        for chunk in _chunks(logs)
        for row in db.execute(
            f"SELECT id, path, observation FROM logs JOIN observations ON log = id WHERE id IN ({_marks(chunk)})",
            chunk,
        )
    }


def linked(db: sqlite3.Connection, names: Iterable[int]) -> set[int]:
    """The logs that have one of these names."""
    return {
        row[0]
        for chunk in _chunks(names)
        for row in db.execute(f"SELECT log FROM links WHERE name IN ({_marks(chunk)})", chunk)
    }


def judged_with(db: sqlite3.Connection, logs: Iterable[int]) -> set[int]:
    """The logs that were judged together with one of these the last time, these included."""
    found: set[int] = set()
    for chunk in _chunks(logs):
        query = f"SELECT DISTINCT part FROM logs WHERE part > 0 AND id IN ({_marks(chunk)})"
        found |= {
            row[0]
            for parts in _chunks(row[0] for row in db.execute(query, chunk).fetchall())
            for row in db.execute(f"SELECT id FROM logs WHERE part IN ({_marks(parts)})", parts)
        }
        found |= set(chunk)
    return found


# --- responses ----------------------------------------------------------------------------------------------


def replace_responses(
    db: sqlite3.Connection, home: int, logs: Sequence[int], responses: Iterable[PricedResponse]
) -> None:
    """What these logs, judged together, came to; only rows that differ from what is there are written."""
    part = min(logs)
    old = {row[:3]: row for row in _responses_of(db, logs)}
    contexts = _Contexts(db, home)
    new = {row[:3]: row for priced in responses for row in (_row(priced, contexts, part),)}
    db.executemany(
        "DELETE FROM responses WHERE at_ms = ? AND key = ? AND context = ?",
        (key for key, row in old.items() if new.get(key) != row),
    )
    places = ", ".join("?" * 12)
    db.executemany(
        f"INSERT OR REPLACE INTO responses VALUES ({places})",
        (row for key, row in new.items() if old.get(key) != row),
    )
    db.executemany("UPDATE logs SET judged = 1, part = ? WHERE id = ?", ((part, log) for log in logs))


def _responses_of(db: sqlite3.Connection, logs: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    """What the parts that these logs were of came to."""
    parts = {
        row[0]
        for chunk in _chunks(logs)
        for row in db.execute(f"SELECT DISTINCT part FROM logs WHERE id IN ({_marks(chunk)})", chunk)
    }
    for chunk in _chunks(parts - {0}):
        yield from db.execute(f"SELECT * FROM responses WHERE part IN ({_marks(chunk)})", chunk)


def reprice(db: sqlite3.Connection, price: Callable[[BilledResponse], int | None], prices: str) -> None:
    """Price all that is held anew, if it was priced by other prices than these."""
    held = db.execute("SELECT value FROM meta WHERE name = 'prices'").fetchone()
    if held == (prices,):
        return
    rows = db.execute(
        "SELECT at_ms, key, r.context, model, tier, input, cache_read, cache_write, cache_write_1h, output,"
        " reasoning, web_searches, pico_usd FROM responses r JOIN contexts c ON c.id = r.context"
    )
    with transaction(db):
        changed = ((now, *row[:3]) for row in rows.fetchall() if (now := price(_response(row))) != row[-1])
        db.executemany(
            "UPDATE responses SET pico_usd = ? WHERE at_ms = ? AND key = ? AND context = ?", changed
        )
        db.execute("INSERT OR REPLACE INTO meta VALUES ('prices', ?)", (prices,))


def _response(row: tuple[Any, ...]) -> BilledResponse:
    """As much of a held response as its price depends on."""
    at_ms, key, _, model, tier, *tokens, web_searches, _ = row
    fresh, read, write, write_1h, output, reasoning = tokens
    return BilledResponse(
        at=datetime.fromtimestamp(at_ms / 1000, UTC),
        key=key,
        model=model or None,
        tier=tier or None,
        usage=TokenUsage(
            input_tokens=fresh,
            cache_read_tokens=read,
            cache_write_tokens=write,
            cache_write_1h_tokens=write_1h,
            output_tokens=output,
            reasoning_tokens=reasoning,
        ),
        home=Path(),
        web_searches=web_searches,
    )


class _Contexts:
    """What many responses have in common, under one number."""

    def __init__(self, db: sqlite3.Connection, home: int) -> None:
        self._db = db
        self._home = home
        self._known: dict[tuple[str, ...], int] = {}

    def number(self, response: BilledResponse) -> int:
        words = tuple(
            word or ""
            for word in (
                response.session,
                response.root,
                response.project,
                response.model,
                response.effort,
                response.tier,
                response.originator,
            )
        )
        number = self._known.get(words)
        if number is None:
            names = "session, root, project, model, effort, tier, originator"
            self._db.execute(
                f"INSERT OR IGNORE INTO contexts(home, {names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (self._home, *words),
            )
            row = self._db.execute(
                "SELECT id FROM contexts WHERE home = ? AND session = ? AND root = ? AND project = ? AND model = ?"
                " AND effort = ? AND tier = ? AND originator = ?",
                (self._home, *words),
            ).fetchone()
            number = self._known[words] = int(row[0])
        return number


def _row(priced: PricedResponse, contexts: _Contexts, part: int) -> tuple[int | None, ...]:
    response = priced.response
    usage = response.usage
    return (
        round(response.at.timestamp() * 1000),
        response.key,
        contexts.number(response),
        part,
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        response.web_searches,
        priced.pico_usd,
    )


def _chunks(values: Iterable[int]) -> Iterator[list[int]]:
    rest = list(values)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]


def _marks(values: Sequence[int]) -> str:
    return ", ".join("?" * len(values))
