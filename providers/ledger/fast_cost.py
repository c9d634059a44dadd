"""The cost of one session and of the last hours as last counted, for a status line that is waited for.

With the standard library alone, and without its checksums: the next count finds what is damaged. A ledger that is
missing, busy, of another version or damaged knows nothing.
"""
# ruff: noqa: S608 - nothing but placeholders is put into a statement

from __future__ import annotations

import sqlite3

from providers.ledger.schema import APPLICATION_ID, SCHEMA
from providers.ledger.statements import placeholders

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

    Value = tuple[float | None, bool]
    """USD, None where nothing is known or has a price; and whether something without a price is left out."""

_BUSY_SECONDS = 0.1
_PICO = 1e12
_UNKNOWN: Value = None, False


def session_cost(path: str, provider: str, session: str) -> Value:
    """All of a session that its person started, with its subagents."""
    return _ask(path, lambda db: _of_session(db, provider, session))


def cost_between(path: str, provider: str, start: float, end: float) -> Value:
    """Of all homes, between two times (epoch s)."""
    return _ask(path, lambda db: _between(db, provider, round(start * 1000), round(end * 1000)))


def _ask(path: str, question: Callable[[sqlite3.Connection], Value]) -> Value:
    address = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        db = sqlite3.connect(f"file:{address}?mode=ro", uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    except sqlite3.Error:
        return _UNKNOWN
    try:
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID or version != len(SCHEMA):
            return _UNKNOWN
        return question(db)
    except (sqlite3.Error, ArithmeticError, TypeError, ValueError):
        return _UNKNOWN
    finally:
        db.close()


def _of_session(db: sqlite3.Connection, provider: str, session: str) -> Value:
    """A session's logs carry its name in their paths; so do those of its subagents, which are below it."""
    contexts = [
        number
        for (number,) in db.execute(
            "SELECT c.id FROM homes h CROSS JOIN contexts c ON c.home = h.id"
            " WHERE h.provider = ? AND (c.session = ? OR c.root = ?)",
            (provider, session, session),
        )
    ]
    parts = [
        number for (number,) in db.execute("SELECT DISTINCT part FROM logs WHERE instr(path, ?)", (session,))
    ]
    if not contexts or not parts:
        return _UNKNOWN
    return _sum(
        db,
        f"part IN ({placeholders(parts)}) AND context IN ({placeholders(contexts)})",
        (*parts, *contexts),
    )


def _between(db: sqlite3.Connection, provider: str, start: int, end: int) -> Value:
    contexts = "SELECT c.id FROM contexts c JOIN homes h ON h.id = c.home WHERE h.provider = ?"
    parts = "SELECT id FROM parts WHERE last_ms >= ? AND first_ms < ?"
    return _sum(
        db,
        f"part IN ({parts}) AND at_ms >= ? AND at_ms < ? AND context IN ({contexts})",
        (start, end, start, end, provider),
    )


def _sum(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> Value:
    """Each response once: one that is in several homes is stored for each."""
    row = db.execute(
        "SELECT sum(usd), count(*), count(usd) FROM (SELECT max(pico_usd) AS usd FROM responses"
        f" WHERE {where} GROUP BY part, at_ms, key)",
        values,
    ).fetchone()
    usd, responses, priced = row
    return (None if usd is None else usd / _PICO), priced < responses
