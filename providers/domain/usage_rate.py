"""How fast a window is used, and how much of it was used today: what the limit history tells of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from msgspec import Struct


class UsedToday(Struct, frozen=True, kw_only=True):
    """How much of a window was used on the local day `day`, in percent; with `at_least` not all of it was seen."""

    window: str
    day: date
    percent: float
    at_least: bool


class UsageRate(Struct, frozen=True, kw_only=True):
    """How fast a window was used in the last hours, by the limit history: percent of the window per hour of work.

    `slowest` and `fastest` bound it. `over` is the span that was looked at, in whole minutes, `at` its end, to the
    second.
    """

    window: str
    percent_per_hour: float
    slowest: float
    fastest: float
    over: timedelta
    at: datetime
