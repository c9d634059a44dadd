"""What the limit history tells of an account now: which windows were reset early, and how fast each is used."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

from providers.domain.budgets import midnight
from providers.domain.limits import CLOCK_SLACK, AccountUsage, EarlyReset, RateWindow, Sourced
from providers.domain.usage_rate import UsageRate, UsedToday
from providers.domain.work_days import ALL, SHORTEST_SECONDS
from providers.ledger.history import GLITCH, LimitChange, early_resets, series
from providers.ledger.rates import lookback, usage_rate, used_since

_WITH_DAYS_OFF = 3


class LimitNews(Struct, frozen=True, kw_only=True):
    early_resets: tuple[EarlyReset, ...] = ()
    rates: tuple[UsageRate, ...] = ()
    used_today: tuple[UsedToday, ...] = ()


def limit_news(
    db: sqlite3.Connection, usage: AccountUsage, now: datetime, since: datetime, zone: tzinfo, work_days: str
) -> LimitNews:
    """The early resets since then and the rates of the account's windows, each by one query for its last hours or
    days.
    """
    if usage.account is None:
        return LimitNews()
    early: list[EarlyReset] = []
    rates: list[UsageRate] = []
    today: list[UsedToday] = []
    until = now + CLOCK_SLACK
    for lane in usage.windows:
        start = min(now, lane.fetched_at) - _needed(lane.value, work_days)
        changes = series(db, usage.account.id, lane.value.id, min(since, start), until)
        early += early_resets(_around(changes, since))
        rate = usage_rate(_around(changes, start), lane, now, zone, work_days)
        if rate is not None:
            rates.append(rate)
        if (used := _used_today(changes, lane, now, zone)) is not None:
            today.append(used)
    return LimitNews(
        early_resets=tuple(sorted(early, key=lambda reset: (reset.at, reset.window))),
        rates=tuple(rates),
        used_today=tuple(today),
    )


def _used_today(
    changes: Sequence[LimitChange], lane: Sourced[RateWindow], now: datetime, zone: tzinfo
) -> UsedToday | None:
    """Of windows of two days and more; shorter ones come and go within it."""
    duration = lane.value.duration
    if duration is None or duration.total_seconds() < SHORTEST_SECONDS:
        return None
    day = now.astimezone(zone).date()
    try:
        start = datetime.fromtimestamp(midnight(day, zone), UTC)
    except (OverflowError, ValueError, OSError):  # a year that the platform lacks
        return None
    found = used_since(_around(changes, start), lane, start)
    if found is None:
        return None
    percent, is_whole = found
    return UsedToday(window=lane.value.id, day=day, percent=percent, at_least=not is_whole)


def _needed(window: RateWindow, work_days: str) -> timedelta:
    needed = lookback(window.duration) + GLITCH if window.duration else timedelta(0)
    return needed if work_days == ALL else _WITH_DAYS_OFF * needed


def _around(changes: Sequence[LimitChange], since: datetime) -> list[LimitChange]:
    """Those since then, preceded by the state at that time."""
    first = bisect_left(changes, since, key=lambda change: change.at)
    return list(changes[max(0, first - 1) :])
