"""Days of a range of which anything is known. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from tray.view.words import MONTHS, day_name

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

    def name(self, today: date) -> str:
        """`16 – 22 Nov`, `28 Oct – 3 Nov`, `3 Nov`; with the year where it is another one."""
        first, last = self.first, self.last
        end = day_name(last, today)
        if first == last:
            return end
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} – {end}"
        if first.year == last.year:
            return f"{first.day} {MONTHS[first.month - 1]} – {end}"
        return f"{_in_full(first)} – {_in_full(last)}"

    def within(self, first: date) -> Days | None:
        """The part from that day on."""
        return Days(max(first, self.first), self.last) if first <= self.last else None


def _in_full(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


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
