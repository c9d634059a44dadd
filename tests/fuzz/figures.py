"""What an input holds: the oracle for limits. No number may be shown that comes from none of the input.

Nothing here knows a format. All numbers of the bytes are collected, wherever they stand, and a figure is accepted
if it is one of them, or follows from them by one of these rules:

    share of a window   x; 100 - x; 100 * x / y (used of a limit), and what that leaves
    amount of money     x; x / 10^k for k up to 6 (minor units), rounded to a whole number of those
    length of a window  x seconds, minutes, hours or days, to 2 %; or a length that a name means (`LENGTHS`)
    moment              x seconds or milliseconds since 1970; x seconds after now, or after a time in the input;
                        a time in ISO 8601, without a zone in UTC
    moment by a clock   hour and minute stand together in the text, as 18:10, 6:10 PM or 6pm; with another day than
                        yesterday, today or tomorrow, that day's number too
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cached_property, lru_cache
from math import isfinite
from zoneinfo import ZoneInfo

_DATE = r"(?<!\d)\d{4}-(?:\d\d-\d\d|W\d\d-\d)"
_TIME = re.compile(
    rf"{_DATE}(?:[T ]\d\d:?(?:\d\d:?(?:\d\d(?:[.,]\d+)?)?)?\s?(?:Z|[+-]\d\d:?(?:\d\d)?(?::?\d\d)?)?)?"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"[+-]?\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?|[+-]?\.\d+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+,\d{1,2}(?!\d)")
_QUOTED = re.compile(r'"([^"\\\n]{4,120})"')
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?[^\S\n]*([AaPp][Mm])?")
_ZONE = re.compile(r"\(([^()\n]{1,60})\)")
_OFFSET = re.compile(r"(?:UTC|GMT)([+-])(\d{1,2})(?::?(\d\d))?")
_UNITS = (1 / 60, 1.0, 60.0, 1440.0)
LENGTHS = (300.0, 1_440.0, 10_080.0, 43_200.0, 525_600.0)
"""Minutes: a session, a day, a week, a month, a year."""


class Figures:
    """All numbers and times of one input, as of `now`."""

    def __init__(self, content: bytes, now: datetime) -> None:
        self.text = _STYLE.sub("", content.decode("utf-8", "replace"))
        self.now = now

    @cached_property
    def numbers(self) -> list[float]:
        """In order; those of times and UUIDs are none."""
        rest = _TIME.sub(" ", _UUID.sub(" ", self.text))
        found = {each for part in _NUMBER.findall(rest) if (each := _float(part)) is not None}
        for part in _GROUPED.findall(rest):
            whole = part.replace(",", "") if re.search(r",\d{3}", part) else part.replace(",", ".")
            found.add(float(whole))
        return sorted(found | {-each for each in found if each > 0})

    @cached_property
    def times(self) -> list[float]:
        """Epoch seconds of all times in ISO 8601, in order."""
        texts = {*(found[0] for found in _TIME.finditer(self.text)), *_QUOTED.findall(self.text)}
        return sorted(each for text in texts if (each := _epoch(text)) is not None)

    def holds(self, value: float) -> bool:
        return _has(self.numbers, value)

    def is_share(self, value: float) -> bool:
        for share in (value, 100 - value):
            if self.holds(share):
                return True
        return any(
            self.holds(share * whole / 100)
            for whole in self.numbers
            if whole > 0
            for share in (value, 100 - value)
        )

    def is_amount(self, value: float) -> bool:
        return self.holds(value) or any(_has(self.numbers, value * 10**places, 0.5) for places in range(7))

    def is_length(self, minutes: float) -> bool:
        if minutes in LENGTHS:
            return True
        return any(_is_near(minutes, each * unit) for each in self.numbers for unit in _UNITS)

    def is_moment(self, at: datetime) -> bool:
        epoch = at.timestamp()
        if _has(self.times, epoch, 0.01) or _has(self.numbers, epoch, 0.01):
            return True
        if _has(self.numbers, epoch * 1000, 10):
            return True
        return any(_has(self.numbers, epoch - since, 1) for since in (self.now.timestamp(), *self.times))

    def is_clock(self, at: datetime, *zones: tzinfo) -> bool:
        """Whether a clock in one of these zones, or in one that the text names, shows a time of the text."""
        return any(self._shows(at.astimezone(zone)) for zone in (*zones, *self._zones))

    def _shows(self, local: datetime) -> bool:
        days = abs((local.date() - self.now.astimezone(local.tzinfo).date()).days)
        return (local.hour, local.minute) in self._clocks and (days <= 1 or self.holds(local.day))

    @cached_property
    def _clocks(self) -> set[tuple[int, int]]:
        found = set()
        for hour, minute, half in _CLOCK.findall(self.text):
            hours = int(hour) % 12 + 12 * (half.lower() == "pm") if half else int(hour)
            found.add((hours, int(minute or 0)))
        return found

    @cached_property
    def _zones(self) -> list[tzinfo]:
        return [zone for name in set(_ZONE.findall(self.text)) if (zone := _zone(name)) is not None]


def _has(ordered: list[float], value: float, slack: float = 0.0) -> bool:
    """Whether it is there, but for rounding; an integer of hundreds of digits never is."""
    try:
        value = float(value)
    except OverflowError:
        return False
    slack = max(slack, abs(value) * 1e-9, 1e-9)
    place = bisect_left(ordered, value - slack)
    return place < len(ordered) and ordered[place] <= value + slack


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= max(0.5, abs(other) * 0.02)


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


@lru_cache(20_000)
def _epoch(text: str) -> float | None:
    try:
        parsed = datetime.fromisoformat(text.strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


@lru_cache(1000)
def _zone(name: str) -> tzinfo | None:
    if offset := _OFFSET.fullmatch(name):
        span = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(-span if offset[1] == "-" else span) if span < timedelta(hours=24) else None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None
