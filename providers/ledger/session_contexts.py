"""The newest response of each session of the last minutes, and what is kept of its logs. Read-only."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from providers.domain.context_use import ContextUse
from providers.domain.stable_hash import stable_hash
from providers.ledger.epoch_ms import moment, ms
from providers.ledger.index import Homes, home_labels
from providers.ledger.log_checksums import sound_logs
from providers.ledger.statements import placeholders

_PROMPT = "input + cache_read + cache_write"
_MOST_OBSERVATIONS = 8
"""A session has one log, or one and its copies."""


class SessionContext(Struct, frozen=True):
    """`observations` are those of the logs that name the session."""

    use: ContextUse
    observations: tuple[bytes, ...]


def contexts(db: sqlite3.Connection, homes: Homes, since: datetime, limit: int) -> list[SessionContext]:
    """Of the sessions in these homes (by provider, with their labels) that had a response since then, the newest
    first.
    """
    labels = home_labels(homes)
    known = {
        number: (provider, labels[provider, path])
        for number, provider, path in db.execute("SELECT id, provider, path FROM homes")
        if (provider, path) in labels
    }
    rows = db.execute(
        # Beside a max(), SQLite takes the other columns from the row that has it.
        f"SELECT session, max(at_ms) AS last_ms, home, root, account, project, model, effort,"
        f" {_PROMPT}"
        " FROM parts p CROSS JOIN responses r ON r.part = p.id AND at_ms >= ?1"
        " CROSS JOIN contexts c ON c.id = context"
        f" WHERE p.last_ms >= ?1 AND NOT not_on_lines AND session != '' AND home IN ({placeholders(list(known))})"
        " GROUP BY session ORDER BY last_ms DESC LIMIT ?",
        (ms(since), *known, limit),
    ).fetchall()
    largest = _largest(db, [row[0] for row in rows], ms(since))
    return [
        SessionContext(
            ContextUse(
                provider=known[home][0],
                session=session,
                thread=root or session,
                is_subagent=bool(root) and root != session,
                home=known[home][1],
                account=account or None,
                project=project or None,
                model=model or None,
                effort=effort or None,
                at=moment(last_ms),
                prompt=prompt,
                largest=largest[session],
            ),
            _observations(db, session),
        )
        for session, last_ms, home, root, account, project, model, effort, prompt in rows
    ]


def _largest(db: sqlite3.Connection, sessions: Sequence[str], since_ms: int) -> dict[str, int]:
    rows = db.execute(
        f"SELECT session, max({_PROMPT}) FROM parts p CROSS JOIN responses r ON r.part = p.id"
        " CROSS JOIN contexts c ON c.id = context"
        f" WHERE p.last_ms >= ? AND NOT not_on_lines AND session IN ({placeholders(sessions)}) GROUP BY session",
        (since_ms, *sessions),
    )
    return dict(rows.fetchall())


def _observations(db: sqlite3.Connection, session: str) -> tuple[bytes, ...]:
    rows = db.execute(
        "SELECT log FROM links WHERE name = ? LIMIT ?",
        (stable_hash(session.encode(errors="surrogatepass")), _MOST_OBSERVATIONS),
    )
    sound, _ = sound_logs(db, [row[0] for row in rows])
    return tuple(observation for *_, observation in sound.values())
