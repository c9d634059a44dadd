"""The sums of each day and provider, of which most of the page is made: those of weeks and months, too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from msgspec import Struct

from providers.domain.cost import Tally, tallied
from tray.view.usage.days import Days, Logged

K = TypeVar("K", bound=Any)
DayTallies = Mapping[tuple[date, str], Tally]
"""By day and provider."""


class Daily(Struct, frozen=True):
    """`lines` are the sums of what is on the lines of logs, `beyond` of what is not; what is shown is both."""

    lines: DayTallies
    beyond: DayTallies = {}

    @property
    def providers(self) -> tuple[str, ...]:
        """Those with use, sorted."""
        return tuple(sorted({provider for _, provider in (*self.lines, *self.beyond)}))

    @property
    def logged(self) -> Logged:
        days = {day for day, _ in (*self.lines, *self.beyond)}
        return Logged(min(days), max(days)) if days else Logged()

    def within(self, since: date | None, until: date | None) -> Daily:
        """Of these days, both included; None without a bound."""
        return Daily(_within(self.lines, since, until), _within(self.beyond, since, until))

    def of(self, days: Days) -> Daily:
        return self.within(days.first, days.last)

    def by(self, provider: str) -> Daily:
        return Daily(_by(self.lines, provider), _by(self.beyond, provider))

    @property
    def total(self) -> Tally:
        """What is shown: of nothing it is 0 USD, of something without any price None."""
        return tallied((*self.lines.values(), *self.beyond.values()))

    @property
    def active_days(self) -> tuple[date, ...]:
        """Those with use, in order."""
        return tuple(sorted({day for day, tally in self._all() if has_use(tally)}))

    @property
    def by_day(self) -> dict[date, Tally]:
        """What is shown of each day with use, in order."""
        return summed(self._all())

    @property
    def shown(self) -> dict[tuple[date, str], Tally]:
        """Both, by day and provider."""
        return summed((*self.lines.items(), *self.beyond.items()))

    def _all(self) -> Iterator[tuple[date, Tally]]:
        for (day, _), tally in (*self.lines.items(), *self.beyond.items()):
            yield day, tally


def has_use(tally: Tally) -> bool:
    return tally.responses > 0 or tally.usage.total_tokens > 0


def _within(tallies: DayTallies, since: date | None, until: date | None) -> DayTallies:
    first, last = since or date.min, until or date.max
    return {key: tally for key, tally in tallies.items() if first <= key[0] <= last}


def _by(tallies: DayTallies, provider: str) -> DayTallies:
    return {key: tally for key, tally in tallies.items() if key[1] == provider}


def summed(pairs: Iterable[tuple[K, Tally]]) -> dict[K, Tally]:
    """The sums by key, in its order."""
    found: dict[K, list[Tally]] = {}
    for key, tally in pairs:
        found.setdefault(key, []).append(tally)
    return {
        key: own[0] if len(own) == 1 else tallied(own)
        for key, own in sorted(found.items(), key=lambda each: each[0])
    }
