"""Days of a range of which anything is known. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

DAYS_A_MONTH = 365.2425 / 12


class Days(Struct, frozen=True):
    """From `first` to `last`, both included; never none."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.count))

    def within(self, first: date) -> Days | None:
        """The part from that day on."""
        return Days(max(first, self.first), self.last) if first <= self.last else None


class Logged(Struct, frozen=True):
    """The first and the last day that logs have anything of, both None where there is nothing."""

    first: date | None = None
    last: date | None = None


def known_days(since: date | None, until: date | None, logged: Logged, today: date) -> Days | None:
    """The days of a range of which the use is known, be it none: from the first log on, and none to come.

    None where the range has no such day. A day ahead counts when something was logged in it, by a clock that is
    ahead.
    """
    if logged.first is None or logged.last is None:
        return None
    first = logged.first if since is None else max(since, logged.first)
    newest = max(today, logged.last)
    last = newest if until is None else min(until, newest)
    return Days(first, last) if first <= last else None
