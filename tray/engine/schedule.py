"""When to poll servers, read status pages and count logs. It has no clock of its own: the caller passes the time.

Periods are of the wall clock, which goes on while the machine sleeps. A clock that was set back makes all of
it due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from tray.engine import refresh_policy
from tray.engine.refresh_policy import Activity
from tray.engine.state import State
from tray.engine.surroundings import Noticed

JITTER = 0.1
"""By how much of a period a poll may come later: machines that started together drift apart."""
_SHORTEST_PAUSE = timedelta(seconds=1)


class Periods(Struct, frozen=True, kw_only=True):
    """How often: servers are polled, None as `refresh_policy` says; status pages are read, which have at least
    `pages_rest` before the first request and between two; logs counted, while nothing is written and while
    somebody writes them; the clock and the disk looked at.
    """

    poll: timedelta | None = None
    pages: timedelta = timedelta(minutes=10)
    pages_rest: timedelta = timedelta(minutes=1)
    count: timedelta = timedelta(minutes=5)
    count_active: timedelta = timedelta(seconds=30)
    tick: timedelta = timedelta(minutes=1)
    look: timedelta = timedelta(seconds=2)


class Schedule:
    """Used by one thread. `intervals` are the shortest ones of the providers, by their ids."""

    def __init__(
        self,
        periods: Periods,
        chance: Callable[[], float],
        started_at: datetime,
        intervals: Mapping[str, timedelta] = MappingProxyType({}),
    ) -> None:
        self._periods = periods
        self._chance = chance
        self._intervals = intervals
        self._activity = Activity(at=started_at)
        self._polled_at: datetime | None = None
        self._jitter = 1.0
        self._pages_read_at = started_at
        self._pages_after = periods.pages_rest
        self._counted_at: datetime | None = None
        self._counted_on: date | None = None
        self._count_wanted = False
        self._logs_changed = False

    def poll_wanted(self) -> None:
        """As soon as possible: there is a new account, or a network again."""
        self._polled_at = None

    def polled(self, now: datetime) -> None:
        self._polled_at = now
        self._jitter = 1 + JITTER * self._chance()

    def active(self, now: datetime) -> None:
        """A person looks at the figures, or an agent works."""
        self._activity = replace(self._activity, at=now)

    def noticed(self, noticed: Noticed, now: datetime) -> None:
        if noticed.on_battery is not None:
            self._activity = replace(self._activity, on_battery=noticed.on_battery)
        if noticed.woke and not noticed.connected:
            self.polled(now)  # not before there is a network, or the interval is over
        elif noticed.woke or noticed.reconnected:
            self._activity = replace(self._activity, network_at=now)
            self.poll_wanted()

    def every(self, now: datetime, state: State) -> timedelta:
        """How often servers are polled now."""
        offline = refresh_policy.is_offline(state.snapshot)
        chosen = refresh_policy.CHOSEN.get(state.settings.get(refresh_policy.REFRESH))
        return self._periods.poll or refresh_policy.interval(
            self._activity, now, offline=offline, chosen=chosen
        )

    def is_poll_due(self, now: datetime, state: State) -> bool:
        if state.paused_until is not None:
            return False
        reset_at = self._reset_at(state)
        is_after_reset = reset_at is not None and reset_at <= now
        return is_after_reset or _is_due(self._polled_at, self.every(now, state) * self._jitter, now)

    def pages_wanted(self) -> None:
        """As soon as possible: they were switched on."""
        self._pages_after = timedelta(0)

    def pages_read(self, now: datetime, every: timedelta) -> None:
        """They are read now, and again as often as servers are polled, but not too often."""
        self._pages_read_at = now
        self._pages_after = max(self._periods.pages, every) * (1 + JITTER * self._chance())

    def are_pages_due(self, now: datetime) -> bool:
        return _is_due(self._pages_read_at, self._pages_after, now)

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

    def pause(self, now: datetime, state: State) -> float:
        """Seconds until the clock is to be looked at again: a tick, or less where something is due before that."""
        moments = [state.paused_until]
        if state.paused_until is None:
            moments.append(self._reset_at(state))
        if state.paused_until is None and self._polled_at is not None:
            moments.append(self._polled_at + self.every(now, state) * self._jitter)
        if self._logs_changed and self._counted_at is not None and not state.counting:
            moments.append(self._counted_at + self._periods.count_active)
        waits = [moment - now for moment in moments if moment is not None]
        soonest = max(min(waits, default=self._periods.tick), _SHORTEST_PAUSE)
        return min(soonest, self._periods.tick).total_seconds()

    def _reset_at(self, state: State) -> datetime | None:
        accounts = state.snapshot.accounts if state.snapshot else ()
        return refresh_policy.next_reset(accounts, self._intervals, self._polled_at)


def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or not timedelta(0) <= now - last < every
