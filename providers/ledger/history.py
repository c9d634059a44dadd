"""The limits over time: a row whenever a window's usage or reset time changed, with its source, and one for the
last look before a change that came after more than an hour.

They show when a window was reset, or its reset moved, ahead of time: servers do that as a gift, for a purchased
reset, or for a new plan, without notice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile

from msgspec import Struct

from providers.domain.limits import CLOCK_SLACK, EarlyReset, RateWindow, Sourced
from providers.ledger import row_checksums
from providers.ledger.epoch_ms import moment, moment_or_none, ms, ms_or_none

_INTACT = row_checksums.INTACT["limits"]
SAME_RESET_MS = 60_000
"""Servers compute the reset time for each response, and get another second each time."""

NOISE_PERCENT = 2.0
"""Sources round a percentage up, down or to the nearest: of two equal ones, one may be this much lower."""
RESET_SLACK = timedelta(minutes=5)
"""Clocks differ, and a screen shows a reset to the minute."""
_QUIET_MS = 3_600_000
_MOST_CHANGES = 2_000
SET_BACK = timedelta(days=1)
"""A clock that is further behind than this will be set right: its hours will not come again."""
GLITCH = timedelta(minutes=15)
"""Usage that returns within this time never dropped: one of the server's machines lagged behind."""


class LimitChange(Struct, frozen=True):
    """The state of a window from `at` until the next change."""

    at: datetime
    window: str
    used_percent: float
    resets_at: datetime | None
    source: str


def note(
    db: sqlite3.Connection,
    account: str,
    lane: Sourced[RateWindow],
    now: datetime,
    seen: tuple[datetime, datetime | None] | None = None,
) -> None:
    """Store what changed in this lane; one older than the stored one is ignored, unless that is ahead of `now`: it
    is from a clock that has been set back since, and replaced. `seen` is when the window was last seen as it is
    stored, and its reset then, if that is known.
    """
    at, resets_at = ms(lane.fetched_at), lane.value.resets_at
    resets = ms_or_none(resets_at)
    _forget_ahead(db, account, lane.value.id, now)
    held = db.execute(
        "SELECT at_ms, used_percent, resets_ms, source FROM limits"  # noqa: S608
        f" WHERE account = ? AND window = ? AND at_ms <= ? AND {_INTACT} ORDER BY at_ms DESC LIMIT 1",
        (account, lane.value.id, ms(now + CLOCK_SLACK)),
    ).fetchone()
    if held is not None:
        if held[0] >= at or _same(held[:3], lane.value.used_percent, resets) or _lags(held[2], resets, at):
            return
        if seen is not None and held[0] + _QUIET_MS < ms(seen[0]) < at:
            was_to_reset = held[2] if seen[1] is None else ms(seen[1])
            _insert(db, account, lane.value.id, (ms(seen[0]), held[1], was_to_reset, held[3]))
    _insert(db, account, lane.value.id, (at, lane.value.used_percent, resets, lane.source))


def _forget_ahead(db: sqlite3.Connection, account: str, window: str, now: datetime) -> None:
    """After a clock was set back: two histories of the same hours, one in the other, would be full of resets."""
    ahead = "FROM limits WHERE account = ? AND window = ? AND at_ms > ? AND at_ms <= ?"
    until = ms(now + SET_BACK)
    if db.execute(f"SELECT 1 {ahead} LIMIT 1", (account, window, ms(now + CLOCK_SLACK), until)).fetchone():
        db.execute(f"DELETE {ahead}", (account, window, ms(now), until))


def _insert(
    db: sqlite3.Connection, account: str, window: str, row: tuple[int, float, int | None, str]
) -> None:
    db.execute(
        "INSERT OR IGNORE INTO limits(account, window, at_ms, used_percent, resets_ms, source)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (account, window, *row),
    )
    row_checksums.note(db, "limits", account=account, window=window, at_ms=row[0])


def changes(db: sqlite3.Connection, account: str, since: datetime) -> list[LimitChange]:
    """Oldest first."""
    rows = db.execute(
        "SELECT at_ms, window, used_percent, resets_ms, source FROM limits"  # noqa: S608
        f" WHERE account = ? AND at_ms >= ? AND {_INTACT} ORDER BY at_ms, window",
        (account, ms(since)),
    )
    return _changes(rows)


def series(
    db: sqlite3.Connection,
    account: str,
    window: str,
    since: datetime,
    until: datetime,
    most: int = _MOST_CHANGES,
) -> list[LimitChange]:
    """The changes of one window between these moments, preceded by its state at `since`; oldest first.

    Of more than `most` the newest. It reads these rows only, however long the history is.
    """
    rows = db.execute(
        "SELECT at_ms, window, used_percent, resets_ms, source FROM limits"  # noqa: S608
        " WHERE account = :account AND window = :window AND at_ms <= :until AND at_ms >= coalesce("
        "  (SELECT at_ms FROM limits WHERE account = :account AND window = :window AND at_ms < :since"
        f"  AND {_INTACT} ORDER BY at_ms DESC LIMIT 1), 0) AND {_INTACT} ORDER BY at_ms DESC LIMIT :most",
        {
            "account": account,
            "window": window,
            "since": ms(since),
            "until": ms(until),
            "most": most,
        },
    ).fetchall()
    return _changes(reversed(rows))


def early_resets(limit_changes: Iterable[LimitChange]) -> tuple[EarlyReset, ...]:
    """The last early reset of each window, oldest first. `limit_changes` is in order. Pure.

    A reset is early only if the window's end was reported. An unused window ends later with each reading: that is
    not a reset.
    """
    by_window: dict[str, list[LimitChange]] = {}
    for change in limit_changes:
        by_window.setdefault(change.window, []).append(change)
    found: list[EarlyReset] = []
    for window, of_one in by_window.items():
        early = [
            EarlyReset(
                window=window, at=after.at, refilled=_dropped(before, after), resets_at=after.resets_at
            )
            for number, (before, after) in enumerate(pairwise(of_one))
            if _is_early(before, after) and not _returns(before, after, islice(of_one, number + 2, None))
        ]
        found += early[-1:]
    return tuple(sorted(found, key=lambda reset: (reset.at, reset.window)))


def without_glitches(changes_of_one: Sequence[LimitChange]) -> list[LimitChange]:
    """The changes of one window without those that were undone within `GLITCH`. Pure."""
    kept: list[LimitChange] = []
    for number, change in enumerate(changes_of_one):
        if (
            not kept
            or not _is_early(kept[-1], change)
            or not _returns(kept[-1], change, islice(changes_of_one, number + 1, None))
        ):
            kept.append(change)
    return kept


def _is_early(before: LimitChange, after: LimitChange) -> bool:
    if before.resets_at is None or after.at >= before.resets_at - RESET_SLACK:
        return False
    moved = after.resets_at is not None and abs(after.resets_at - before.resets_at) > RESET_SLACK
    return _dropped(before, after) or (moved and before.used_percent > NOISE_PERCENT)


def _dropped(before: LimitChange, after: LimitChange) -> bool:
    return before.used_percent - after.used_percent > NOISE_PERCENT


def _returns(before: LimitChange, after: LimitChange, later: Iterable[LimitChange]) -> bool:
    soon = takewhile(lambda change: change.at - after.at <= GLITCH, later)
    return any(
        change.resets_at is not None
        and before.resets_at is not None
        and abs(change.resets_at - before.resets_at) <= RESET_SLACK
        and change.used_percent >= before.used_percent - NOISE_PERCENT
        for change in soon
    )


def _same(held: tuple[int, float, int | None], used: float, resets: int | None) -> bool:
    _, held_used, held_resets = held
    if held_used == used == 0:
        return True  # an unused window ends later with each reading
    if held_used != used or (held_resets is None) != (resets is None):
        return False
    return held_resets is None or resets is None or abs(held_resets - resets) <= SAME_RESET_MS


def _lags(held_resets: int | None, resets: int | None, at: int) -> bool:
    """Whether it was of an earlier window, which was over: one of the server's machines has not seen the reset."""
    slack_ms = RESET_SLACK / timedelta(milliseconds=1)
    return held_resets is not None and resets is not None and resets <= at and resets < held_resets - slack_ms


def _changes(rows: Iterable[tuple[int, str, float, int | None, str]]) -> list[LimitChange]:
    return [
        LimitChange(moment(at), window, used, moment_or_none(resets), source)
        for at, window, used, resets, source in rows
    ]
