"""How often servers are polled: the more seldom, the longer nobody has looked or worked. Pure.

These are intervals of the engine. A provider's own interval, a server's Retry-After and the backoff after errors
hold beside them (`providers.polling`): a poll that comes too early for an account leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain.limits import AccountUsage, UsageSnapshot
from providers.setting import Choice, Menu, Setting

WHILE_ACTIVE = timedelta(minutes=2)
STEPS = (
    (timedelta(minutes=5), WHILE_ACTIVE),
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(hours=4), timedelta(minutes=15)),
)
"""Up to so long after the last activity, so often."""
LONGEST = timedelta(minutes=30)
ON_BATTERY = 2
AFTER_RESET = timedelta(seconds=30)
RECONNECTING = timedelta(minutes=1)
RECONNECTS_FOR = timedelta(minutes=5)
"""After the network has changed or the machine has slept: name servers and proxies may follow later."""
LONGEST_PAUSE = timedelta(hours=24)
"""One that would last longer began before the clock was set back."""


REFRESH = Setting(
    "refresh.every",
    Choice(("auto", "2m", "5m", "15m", "30m", "60m")),
    "auto",
    "How often limits are read: auto is every two minutes while you work, and every half hour otherwise. No "
    "account is asked more often than its provider allows.",
    menu=Menu(
        text="Read limits",
        names=lambda: {
            "auto": "More often while you work",
            "2m": "Every 2 minutes",
            "5m": "Every 5 minutes",
            "15m": "Every 15 minutes",
            "30m": "Every half hour",
            "60m": "Every hour",
        },
    ),
)
CHOSEN = {f"{minutes}m": timedelta(minutes=minutes) for minutes in (2, 5, 15, 30, 60)}
"""What a person may choose instead of the steps above."""


class Activity(Struct, frozen=True, kw_only=True):
    """`at` is when a person last opened the menu, an agent last wrote a log, or tankful started. `network_at` is
    when the network last changed while servers could not be reached, or the machine woke.
    """

    at: datetime
    on_battery: bool = False
    network_at: datetime | None = None


def interval(
    activity: Activity, now: datetime, *, offline: bool = False, chosen: timedelta | None = None
) -> timedelta:
    """How often servers are polled now: as it was `chosen`, or as `activity` says. After a clock that was set
    back, the distance counts.
    """
    if offline and activity.network_at is not None and abs(now - activity.network_at) < RECONNECTS_FOR:
        return RECONNECTING
    if chosen is not None:
        return chosen
    idle = abs(now - activity.at)
    every = next((every for within, every in STEPS if idle <= within), LONGEST)
    return every * ON_BATTERY if activity.on_battery else every


def is_offline(snapshot: UsageSnapshot | None) -> bool:
    """Whether an account could not be asked for want of a connection."""
    accounts = snapshot.accounts if snapshot else ()
    return any(account.error is not None and account.error.kind == "offline" for account in accounts)


def next_reset(
    accounts: Iterable[AccountUsage], intervals: Mapping[str, timedelta], polled_at: datetime | None
) -> datetime | None:
    """When the first window is read after its reset, None if all are: `intervals` are those of the providers."""
    found = [
        at
        for account in accounts
        for lane in account.windows
        if lane.value.resets_at is not None and lane.fetched_at < lane.value.resets_at
        for at in [
            max(
                lane.value.resets_at + AFTER_RESET,
                lane.fetched_at + intervals.get(account.provider, timedelta(0)),
            )
        ]
        if polled_at is None or polled_at < at
    ]
    return min(found, default=None)


def promised(before: timedelta, now: timedelta, *, polling: bool) -> timedelta:
    """The interval by which values are judged as old. A shorter one counts from the end of a poll on: a value of
    a long interval is not stale just because somebody looks at it, and is being asked for anew.
    """
    return max(before, now) if polling else now


def is_pause_over(until: datetime, now: datetime) -> bool:
    return not now < until <= now + LONGEST_PAUSE
