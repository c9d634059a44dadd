"""Which responses are asked for, and what their sums are grouped by."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Literal, get_args

from msgspec import Struct

from providers.ledger.epoch_ms import moment, ms
from providers.ledger.spans import day_span

Dimension = Literal[
    "day",
    "week",
    "month",
    "weekday",
    "part_of_day",
    "provider",
    "account",
    "home",
    "project",
    "model",
    "effort",
    "thread",
    "session",
]
"""`day`, `week` (its Monday) and `month` (its first day) are dates; `weekday` is 0 (Monday) to 6; `part_of_day` an
index of PARTS_OF_DAY; `account` an account's id; `home` a label; `thread` the session that a person started, whose
subagents' own are `session`. All but dates and numbers are text, UNKNOWN where no log says.
"""
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Filter = Literal["provider", "account", "home", "project", "model"]
FILTERS: tuple[Filter, ...] = get_args(Filter)
PARTS_OF_DAY = ((0, 6), (6, 12), (12, 17), (17, 22), (22, 24))
"""Hours of the local day, the second not included."""
ALL_TIME = -(2**62), 2**62
"""Epoch ms."""

Key = tuple[date | int | str, ...]


class Selection(Struct, frozen=True, kw_only=True):
    """Local days in `zone`, both included, None without a bound; of the rest None means all."""

    zone: tzinfo = UTC
    since: date | None = None
    until: date | None = None
    provider: str | None = None
    account: str | None = None
    home: str | None = None
    project: str | None = None
    model: str | None = None

    @property
    def span(self) -> tuple[int, int]:
        """From when until before when, in epoch ms."""
        start, end = day_span(self.since, self.until, self.zone)
        return span_of(start, end)

    @property
    def filters(self) -> dict[Filter, str]:
        """Those that are given."""
        return {name: value for name in FILTERS if (value := getattr(self, name)) is not None}


def span_of(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    first, last = ALL_TIME
    return first if start is None else ms(start), last if end is None else ms(end)


def local_time(at_ms: int, zone: tzinfo) -> datetime:
    """On the last day of the calendar, which a log may name, that of UTC where there is no other."""
    at = moment(at_ms)
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def part_of_day(hour: int) -> int:
    """Its index in PARTS_OF_DAY."""
    return next(number for number, (_, end) in enumerate(PARTS_OF_DAY) if hour < end)
