"""What an account used since its window began. Read-only.

Parts that lie in it as a whole are summed already, for the counters; only of the others are responses looked at.
"""

from __future__ import annotations

import sqlite3

from msgspec import Struct


class AccountWindow(Struct, frozen=True):
    """`since_ms` is in epoch ms."""

    provider: str
    account: str
    since_ms: int


_SUMMED = """
    SELECT coalesce(sum(s.pico_usd), 0), count(*) - count(s.pico_usd)
    FROM counters c CROSS JOIN sums s ON s.counter = c.id CROSS JOIN parts p ON p.id = s.part
    WHERE c.provider = ?1 AND c.account = ?2 AND p.summed = 1 AND p.first_ms >= ?3
"""
_OTHERS = """
    SELECT coalesce(sum(pico_usd), 0), count(*) - count(pico_usd) FROM (
        SELECT pico_usd FROM parts p CROSS JOIN responses r ON r.part = p.id AND at_ms >= ?3
            CROSS JOIN contexts c ON c.id = context AND c.not_on_lines = 0 AND c.account = ?2
            CROSS JOIN homes h ON h.id = home AND h.provider = ?1
        WHERE p.last_ms >= ?3 AND (p.summed = 0 OR p.first_ms < ?3)
        GROUP BY part, at_ms, key
    )
"""


def window_cost(db: sqlite3.Connection, window: AccountWindow) -> int | None:
    """In 1e-12 USD; None if something of it has no price. A response that is in several homes counts once."""
    values = (window.provider, window.account, window.since_ms)
    found = [db.execute(statement, values).fetchone() for statement in (_SUMMED, _OTHERS)]
    return None if any(unpriced for _, unpriced in found) else sum(pico_usd for pico_usd, _ in found)
