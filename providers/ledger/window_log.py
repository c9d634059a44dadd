"""The log of windows in the ledger: a row for each window of each account, from its start to its end, for ever.

Whoever notes limits writes it, in the same transaction; any number of processes may note the same readings.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from msgspec.structs import replace

from providers.domain.blocked import is_refused
from providers.domain.limits import CLOCK_SLACK, AccountUsage, RateWindow, Sourced
from providers.domain.rules import ALL_USE_SCOPES
from providers.domain.work_days import SHORTEST_SECONDS
from providers.ledger import history
from providers.ledger.epoch_ms import moment, moment_or_none, ms, ms_or_none
from providers.ledger.row_checksums import INTACT
from providers.ledger.row_checksums import note as note_checksum
from providers.ledger.statements import placeholders
from providers.ledger.windows import Records, WindowReading, WindowRecord, follow

SEEN_EVERY = timedelta(hours=6)
"""That a window is as it was is written only so often, ten times in the length of a short one: disks wear out."""
REDEEMED_WITHIN = timedelta(hours=1)
"""A reset credit that was spent may be reported before or after the reset itself."""
_LATELY, _LONG_AGO = timedelta(weeks=4), timedelta(weeks=12)
_MINUTES = {"session": 300, "weekly": 10_080, "monthly": 43_200}
_COLUMNS = (
    "account, window, starts_ms, resets_ms, used_percent, seen_ms, ended_ms, reset_early, redeemed, moved,"
    " moved_ms, moved_from_ms, spent_ms, refused_ms, credits_used"
)
_PLACES = ", ".join("?" * len(_COLUMNS.split(",")))


def note(db: sqlite3.Connection, usage: AccountUsage, now: datetime) -> None:
    """Store the account's limits and log its windows; must be called in a write transaction."""
    account = usage.account.id if usage.account else None
    if account is None:
        return
    before: dict[str, Records] = {}
    after: dict[str, Records] = {}
    limits = {lane.value.id: lane.value for lane in usage.windows}
    for lane in usage.windows:
        window = lane.value.id
        if lane.fetched_at > now + CLOCK_SLACK or not isfinite(lane.value.used_percent):
            continue
        before[window] = _last(db, account, window)
        open_ = next((each for each in before[window] if each.ended_at is None), None)
        history.note(db, account, lane, now, (open_.seen_at, open_.resets_at) if open_ else None)
        after[window] = follow(before[window], _reading(lane), account, window, now)
    _note_refusal(after, usage, now)
    _note_credits(db, account, after, usage, now)
    for window, records in after.items():
        _save(db, before[window], records, limits[window])


def windows(
    db: sqlite3.Connection,
    since: datetime,
    until: datetime,
    account: str | None = None,
    window: str | None = None,
) -> list[WindowRecord]:
    """Those that were open at some time from `since` until before `until`, in the order in which they began."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM windows WHERE starts_ms < ? AND coalesce(ended_ms, resets_ms, seen_ms) >= ?"  # noqa: S608
        f" AND (?3 IS NULL OR account = ?3) AND (?4 IS NULL OR window = ?4) AND {INTACT['windows']}"
        " ORDER BY starts_ms, account, window",
        (ms(until), ms(since), account, window),
    )
    return [_record(row) for row in rows]


def recent(db: sqlite3.Connection, accounts: Collection[str], now: datetime) -> list[WindowRecord]:
    """The windows that limit all use of these accounts and began lately, in the order in which they began: of
    those of two days and more in the last twelve weeks, of shorter ones in the last four. Plans change, and so do
    limits.
    """
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM windows WHERE account IN ({placeholders(list(accounts))})"  # noqa: S608
        f" AND starts_ms >= ? AND starts_ms <= ? AND {INTACT['windows']} ORDER BY starts_ms, account, window",
        (*accounts, ms(now - _LONG_AGO), ms(now + CLOCK_SLACK)),
    )
    found = map(_record, rows)
    return [each for each in found if now - each.starts_at <= _looked_back(each.window)]


def _looked_back(window: str) -> timedelta:
    length = window_length(window)
    if length is None or RateWindow(id=window, title="", used_percent=0).scope != "account":
        return timedelta(-1)
    return _LATELY if length < timedelta(seconds=SHORTEST_SECONDS) else _LONG_AGO


def fold_history(db: sqlite3.Connection) -> None:
    """Log the windows of the limit history from before there was a log."""
    rows = db.execute(
        f"SELECT account, window, at_ms, used_percent, resets_ms FROM limits WHERE {INTACT['limits']}"  # noqa: S608
        " ORDER BY 1, 2, 3"
    )
    found: dict[tuple[str, str], list[WindowRecord]] = {}
    for account, window, at_ms, used, resets_ms in rows:
        records = found.setdefault((account, window), [])
        reading = WindowReading(moment(at_ms), used, moment_or_none(resets_ms), window_length(window))
        records[-2:] = follow(tuple(records[-2:]), reading, account, window, moment(at_ms))
    for records in found.values():
        _write(db, records)


def _last(db: sqlite3.Connection, account: str, window: str) -> Records:
    """The last two, oldest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM windows WHERE account = ? AND window = ? AND {INTACT['windows']}"  # noqa: S608
        " ORDER BY starts_ms DESC LIMIT 2",
        (account, window),
    ).fetchall()
    return tuple(_record(row) for row in reversed(rows))


def _save(db: sqlite3.Connection, before: Records, after: Records, window: RateWindow) -> None:
    held = {record.starts_at: record for record in before}
    length = window.duration or window_length(window.id) or SEEN_EVERY
    every = min(SEEN_EVERY, length / 10)
    _write(db, (record for record in after if _is_news(held.get(record.starts_at), record, every)))
    for starts_at in held.keys() - {record.starts_at for record in after}:
        db.execute(
            "DELETE FROM windows WHERE account = ? AND window = ? AND starts_ms = ?",
            (before[0].account, before[0].window, ms(starts_at)),
        )


def _is_news(held: WindowRecord | None, record: WindowRecord, every: timedelta) -> bool:
    if held is None or abs(record.seen_at - held.seen_at) >= every:
        return True
    return replace(record, seen_at=held.seen_at) != held


def _note_refusal(after: dict[str, Records], usage: AccountUsage, now: datetime) -> None:
    """The server refused requests although no window was spent: that is said of all that were open."""
    at = usage.limit_reached_at
    if at is None or at > now + CLOCK_SLACK or not is_refused(usage, now):
        return
    just_before = at - history.RESET_SLACK  # clocks differ, and resets come with other seconds
    logged = [record for records in after.values() for record in records]
    if any(record.was_spent(at) or record.was_spent(just_before) for record in logged):
        return
    for window in _own(usage):
        records = after.get(window, ())
        if records and records[-1].ended_at is None and records[-1].starts_at <= at:
            open_ = records[-1]
            after[window] = (*records[:-1], replace(open_, refused_at=open_.refused_at or at))


def _note_credits(
    db: sqlite3.Connection, account: str, after: dict[str, Records], usage: AccountUsage, now: datetime
) -> None:
    """How far the balance fell is said of the window that blocks longest, a reset credit of what it reset."""
    fallen = _fall(db, account, usage)
    if fallen:
        spent = [
            (records[-1].resets_at or now, window)
            for window in _own(usage)
            if (records := after.get(window, ())) and records[-1].was_spent(now)
        ]
        if spent:
            _, window = max(spent)
            *earlier, open_ = after[window]
            used = (open_.credits_used or Decimal(0)) + fallen
            after[window] = (*earlier, replace(open_, credits_used=used))
    redeemed_at = _redeemed(db, account, usage)
    if redeemed_at is not None:
        for window, records in after.items():
            after[window] = tuple(_redeem(record, redeemed_at) for record in records)


def _redeem(record: WindowRecord, at: datetime) -> WindowRecord:
    ended_at = record.ended_at
    if not record.reset_early or ended_at is None or abs(ended_at - at) > REDEEMED_WITHIN:
        return record
    return replace(record, redeemed=True)


def _fall(db: sqlite3.Connection, account: str, usage: AccountUsage) -> Decimal | None:
    """By how much the balance of purchased credits fell since it was last stored; it is stored anew."""
    lane = usage.credits
    if lane is None or lane.value.balance is None or not lane.value.balance.is_finite():
        return None
    held = _purse(db, account, "balance_ms, balance")
    at, balance = ms(lane.fetched_at), f"{lane.value.balance:f}"
    if held is not None and held[0] is not None and (held[0] >= at or held[1] == balance):
        return None
    _store(db, account, "balance_ms = ?, balance = ?", (at, balance))
    if held is None or held[1] is None:
        return None
    return max(Decimal(0), Decimal(held[1]) - lane.value.balance)


def _redeemed(db: sqlite3.Connection, account: str, usage: AccountUsage) -> datetime | None:
    """When a reset credit was last found to be spent: there are fewer than before, and none has lapsed."""
    held = _purse(db, account, "resets_ms, resets, expires_ms, redeemed_ms")
    last = moment_or_none(held[3]) if held else None
    lane = usage.resets
    if lane is None:
        return last
    at = ms(lane.fetched_at)
    found = lane.value.available, ms_or_none(lane.value.expires_at)
    if held is not None and held[0] is not None and (held[0] >= at or held[1:3] == found):
        return last
    _store(db, account, "resets_ms = ?, resets = ?, expires_ms = ?", (at, *found))
    if held is None or held[1] is None or found[0] >= held[1] or (held[2] is not None and held[2] <= at):
        return last
    _store(db, account, "redeemed_ms = ?", (at,))
    return lane.fetched_at


def _purse(db: sqlite3.Connection, account: str, columns: str) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = db.execute(
        f"SELECT {columns} FROM purses WHERE account = ? AND {INTACT['purses']}",  # noqa: S608
        (account,),
    ).fetchone()
    return found


def _store(db: sqlite3.Connection, account: str, assignments: str, values: tuple[Any, ...]) -> None:
    db.execute(f"DELETE FROM purses WHERE account = ? AND NOT {INTACT['purses']}", (account,))  # noqa: S608
    db.execute("INSERT OR IGNORE INTO purses(account) VALUES (?)", (account,))
    db.execute(f"UPDATE purses SET {assignments} WHERE account = ?", (*values, account))  # noqa: S608
    note_checksum(db, "purses", account=account)


def _own(usage: AccountUsage) -> list[str]:
    """The windows that limit all use of the account."""
    return [lane.value.id for lane in usage.windows if lane.value.scope in ALL_USE_SCOPES]


def _reading(lane: Sourced[RateWindow]) -> WindowReading:
    window = lane.value
    length = window.duration or window_length(window.id)
    resets_ms = ms_or_none(window.resets_at)  # as it is stored, whichever process reads it next
    return WindowReading(moment(ms(lane.fetched_at)), window.used_percent, moment_or_none(resets_ms), length)


def window_length(window: str) -> timedelta | None:
    """By its id; None where that does not tell."""
    kind = window.rpartition(":")[2]
    minutes = _MINUTES.get(kind) or (int(kind) if kind.isdecimal() and len(kind) < 7 else None)
    return timedelta(minutes=minutes) if minutes else None


def looked_at_every(window: str) -> timedelta:
    """How far apart the looks at a window may be that the log notes."""
    length = window_length(window) or SEEN_EVERY
    return min(SEEN_EVERY, length / 10) + history.RESET_SLACK + CLOCK_SLACK


def was_seen_to_its_end(record: WindowRecord) -> bool:
    """Whether no more can have been used of a window that is over than at the last look at it."""
    ends = record.ended_at or record.resets_at
    if record.spent_at is not None or ends is None:
        return True
    return ends - record.seen_at <= looked_at_every(record.window)


def _write(db: sqlite3.Connection, records: Iterable[WindowRecord]) -> None:
    records = list(records)
    db.executemany(
        f"INSERT OR REPLACE INTO windows({_COLUMNS}) VALUES ({_PLACES})",  # noqa: S608
        [
            (
                each.account,
                each.window,
                ms(each.starts_at),
                ms_or_none(each.resets_at),
                each.used_percent,
                ms(each.seen_at),
                ms_or_none(each.ended_at),
                each.reset_early,
                each.redeemed,
                each.moved,
                ms_or_none(each.moved_at),
                ms_or_none(each.moved_from),
                ms_or_none(each.spent_at),
                ms_or_none(each.refused_at),
                None if each.credits_used is None else f"{each.credits_used:f}",
            )
            for each in records
        ],
    )
    for each in records:
        note_checksum(db, "windows", account=each.account, window=each.window, starts_ms=ms(each.starts_at))


def _record(row: tuple[Any, ...]) -> WindowRecord:
    return WindowRecord(
        account=row[0],
        window=row[1],
        starts_at=moment(row[2]),
        resets_at=moment_or_none(row[3]),
        used_percent=row[4],
        seen_at=moment(row[5]),
        ended_at=moment_or_none(row[6]),
        reset_early=bool(row[7]),
        redeemed=bool(row[8]),
        moved=row[9],
        moved_at=moment_or_none(row[10]),
        moved_from=moment_or_none(row[11]),
        spent_at=moment_or_none(row[12]),
        refused_at=moment_or_none(row[13]),
        credits_used=None if row[14] is None else Decimal(row[14]),
    )
