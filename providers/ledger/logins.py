"""Which account was signed in to a home, and when: a fallback for responses whose log names no account."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from providers.ledger import row_checksums
from providers.ledger.epoch_ms import ms
from providers.ledger.index import storable
from providers.ledger.log_checksums import SET_JUDGED

_INTACT = row_checksums.INTACT["logins"]


class SeenLogin(Struct, frozen=True):
    """The account that was signed in to a home at `seen_at`; it is known to have been since `since`."""

    account: str
    since: datetime
    seen_at: datetime


def note(db: sqlite3.Connection, home: int, login: SeenLogin | None) -> bool:
    """Store that this login was seen in the home, None for no known one; must be called in a write transaction.
    Whether logs are to be resolved again: those with responses that were nobody's until now.

    Between the last time that one account was seen and the first time of the next, it is unknown who was
    signed in.
    """
    unknown = f"login of {home} unknown"
    if login is None:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, '')", (unknown,))
        return False
    was_unknown = db.execute("DELETE FROM meta WHERE name = ?", (unknown,)).rowcount > 0
    last = db.execute(
        f"SELECT since_ms, until_ms, account FROM logins WHERE home = ? AND {_INTACT}"  # noqa: S608
        " ORDER BY since_ms DESC LIMIT 1",
        (home,),
    ).fetchone()
    seen = ms(login.seen_at)
    since = min(ms(login.since), seen)
    if last is not None and last[2] == login.account:
        db.execute(
            "UPDATE logins SET until_ms = max(until_ms, ?) WHERE home = ? AND since_ms = ?",
            (seen, home, last[0]),
        )
        row_checksums.note(db, "logins", home=home, since_ms=last[0])
        return was_unknown and _resolve_again(db, home, last[1] + 1)
    if last is not None:
        since = max(since, last[1] + 1)
    db.execute(
        "INSERT OR REPLACE INTO logins(home, since_ms, until_ms, account) VALUES (?, ?, ?, ?)",
        (home, since, max(since, seen), login.account),
    )
    row_checksums.note(db, "logins", home=home, since_ms=since)
    return _resolve_again(db, home, since)


def _resolve_again(db: sqlite3.Connection, home: int, since_ms: int) -> bool:
    """Whether there are logs of the home with responses since then."""
    unresolved = SET_JUDGED.format(judged="0", part="part")
    logs = db.execute(f"UPDATE logs SET {unresolved} WHERE home = ? AND last_ms >= ?", (home, since_ms))  # noqa: S608
    return logs.rowcount > 0


class LoginHistory:
    """The logins of a provider's homes over time."""

    def __init__(self, db: sqlite3.Connection, provider: str) -> None:
        self._spans: dict[str, tuple[list[int], list[tuple[int, str]]]] = {}
        rows = db.execute(
            "SELECT path, since_ms, until_ms, account FROM logins JOIN homes ON id = home WHERE provider = ?"  # noqa: S608
            f" AND {_INTACT} ORDER BY since_ms",
            (provider,),
        )
        for path, since, until, account in rows:
            starts, spans = self._spans.setdefault(path, ([], []))
            starts.append(since)
            spans.append((until, account))

    def account(self, home: Path, at_ms: int) -> str | None:
        """Who was signed in to this home at `at_ms` (epoch ms); None where that is unknown."""
        if not self._spans:
            return None
        starts, spans = self._spans.get(storable(str(home)), ((), ()))
        number = bisect_right(starts, at_ms)
        if not number:
            return None
        until, account = spans[number - 1]
        return account if at_ms <= until else None
