"""When to poll servers and count logs. It has no clock of its own: the caller passes the time.

Periods are of the wall clock, which goes on while the machine sleeps. A clock that was set back makes all of
it due.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from msgspec import Struct

JITTER = 0.1
"""By how much of a period a poll may come later: machines that started together drift apart."""
_SHORTEST_PAUSE = timedelta(seconds=1)


class Periods(Struct, frozen=True, kw_only=True):
    """How often: servers are polled; logs counted, while nothing is written and while somebody writes them;
    the clock and the disk looked at.
    """

    poll: timedelta = timedelta(minutes=5)
    count: timedelta = timedelta(minutes=5)
    count_active: timedelta = timedelta(seconds=30)
    tick: timedelta = timedelta(minutes=1)
    look: timedelta = timedelta(seconds=2)


class Schedule:
    """Used by one thread."""

    def __init__(self, periods: Periods, chance: Callable[[], float]) -> None:
        self._periods = periods
        self._chance = chance
        self._polled_at: datetime | None = None
        self._poll_after = periods.poll
        self._counted_at: datetime | None = None
        self._counted_on: date | None = None
        self._count_wanted = False
        self._logs_changed = False

    def poll_wanted(self) -> None:
        """As soon as possible: there is a new account."""
        self._polled_at = None

    def polled(self, now: datetime) -> None:
        self._polled_at = now
        self._poll_after = self._periods.poll * (1 + JITTER * self._chance())

    def is_poll_due(self, now: datetime) -> bool:
        return _is_due(self._polled_at, self._poll_after, now)

    def count_wanted(self) -> None:
        """As soon as possible: there is something new to count."""
        self._count_wanted = True

    def logs_changed(self) -> None:
        self._logs_changed = True

    def counting(self, now: datetime, today: date) -> None:
        """A count begins now; what is written from here on is for the next one."""
        self._counted_at, self._counted_on = now, today
        self._count_wanted = self._logs_changed = False

    def counted(self, now: datetime) -> None:
        self._counted_at = now

    def is_count_due(self, now: datetime, today: date, *, counting: bool) -> bool:
        """Also when a day begins: what is counted of today is of the day before."""
        if counting:
            return False
        every = self._periods.count_active if self._logs_changed else self._periods.count
        return self._count_wanted or today != self._counted_on or _is_due(self._counted_at, every, now)

    def pause(self, now: datetime, *, counting: bool) -> float:
        """Seconds until the clock is to be looked at again: a tick, or less where something is due before that."""
        waits = []
        if self._polled_at is not None:
            waits.append(self._polled_at + self._poll_after - now)
        if self._logs_changed and self._counted_at is not None and not counting:
            waits.append(self._counted_at + self._periods.count_active - now)
        soonest = max(min(waits, default=self._periods.tick), _SHORTEST_PAUSE)
        return min(soonest, self._periods.tick).total_seconds()


def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or not timedelta(0) <= now - last < every
