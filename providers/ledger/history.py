"""The limits over time: a row whenever a window's use or its reset changed, and who said so."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from providers.models import WindowLane

SAME_RESET_MS = 60_000
"""Servers reckon a reset anew for each answer, and arrive at another second."""


class Change(Struct, frozen=True):
    """What a window was at from `at` on, until the next change."""

    at: datetime
    window: str
    used_percent: float
    resets_at: datetime | None
    source: str


def note(db: sqlite3.Connection, account: str, lanes: Sequence[WindowLane]) -> None:
    """Keep what is new in these lanes; one older than what is held already tells nothing."""
    for lane in lanes:
        at, resets_at = _ms(lane.fetched_at), lane.window.resets_at
        resets = None if resets_at is None else _ms(resets_at)
        held = db.execute(
            "SELECT at_ms, used_percent, resets_ms FROM limits WHERE account = ? AND window = ?"
            " ORDER BY at_ms DESC LIMIT 1",
            (account, lane.window.id),
        ).fetchone()
        if held is not None and (held[0] >= at or _same(held, lane.window.used_percent, resets)):
            continue
        db.execute(
            "INSERT OR IGNORE INTO limits VALUES (?, ?, ?, ?, ?, ?)",
            (account, lane.window.id, at, lane.window.used_percent, resets, lane.source),
        )


def changes(db: sqlite3.Connection, account: str, since: datetime) -> list[Change]:
    """Oldest first."""
    rows = db.execute(
        "SELECT at_ms, window, used_percent, resets_ms, source FROM limits WHERE account = ? AND at_ms >= ?"
        " ORDER BY at_ms, window",
        (account, _ms(since)),
    )
    return [
        Change(_moment(at), window, used, None if resets is None else _moment(resets), source)
        for at, window, used, resets, source in rows
    ]


def _same(held: tuple[int, float, int | None], used: float, resets: int | None) -> bool:
    _, held_used, held_resets = held
    if held_used != used or (held_resets is None) != (resets is None):
        return False
    return held_resets is None or resets is None or abs(held_resets - resets) <= SAME_RESET_MS


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
