"""Axes with round numbers, and few of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil, floor, log10
from typing import Literal

from tray.view.words import MONTHS, WEEKDAYS

Step = Literal["day", "week", "month"]
"""Weeks begin on Monday; a week is its Monday, a month its first day."""

_ALL_DAYS, _ALL_WEEKS = 92, 2 * 371
_LABELS = 12


def ticks(top: float, *, whole: bool = False, most: int = 4) -> tuple[float, ...]:
    """From 0 to the first round number that is not below `top`: steps of 1, 2 or 5 times a power of ten."""
    if not 0 < top < float("inf"):
        return (0.0, 1.0)
    rough = top / most
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    if whole:
        step = max(step, 1.0)
    return tuple(step * number for number in range(ceil(top / step - 1e-9) + 1))


def step_for(since: date, until: date) -> Step:
    """How so many days are best shown."""
    days = (until - since).days + 1
    if days <= _ALL_DAYS:
        return "day"
    return "week" if days <= _ALL_WEEKS else "month"


def begin_of(day: date, step: Step) -> date:
    """The day, the Monday of its week, or the first of its month."""
    if step == "week":
        return max(day, date.min + timedelta(days=day.weekday())) - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def steps(since: date, until: date, step: Step) -> tuple[date, ...]:
    """All days, weeks or months that have a part in it, in order; none if `until` is before `since`."""
    found, last = [], begin_of(until, step)
    at = begin_of(since, step)
    while at <= last:
        found.append(at)
        if at == last:  # the last day of the calendar has no next one
            break
        at = _next(at, step)
    return tuple(found)


def _next(at: date, step: Step) -> date:
    if step == "month":
        return at.replace(year=at.year + 1, month=1) if at.month == 12 else at.replace(month=at.month + 1)
    return at + timedelta(days=7 if step == "week" else 1)


def name_of(begin: date, step: Step) -> str:
    """In full: `Tue 3 Nov 2026`, `Week of 2 Nov 2026`, `November 2026` as `Nov 2026`."""
    if step == "month":
        return f"{MONTHS[begin.month - 1]} {begin.year}"
    day = f"{begin.day} {MONTHS[begin.month - 1]} {begin.year}"
    return f"{WEEKDAYS[begin.weekday()]} {day}" if step == "day" else f"Week of {day}"


def date_labels(dates: Sequence[date], step: Step) -> dict[int, str]:
    """The dates that have a label below the axis, by their place: 12 at most, evenly apart."""
    if not dates:
        return {}
    if step == "month":
        every = _every(len(dates), (1, 2, 3, 6, 12, 24, 60, 120))
        chosen = [place for place, day in enumerate(dates) if (day.month - 1) % every == 0 or len(dates) == 1]
        chosen = chosen if every <= 12 else chosen[:: every // 12]
        return {place: _month_label(dates, place, chosen) for place in chosen}
    if step == "day" and len(dates) <= 8:
        return {place: f"{WEEKDAYS[day.weekday()]} {day.day}" for place, day in enumerate(dates)}
    every = _every(len(dates), (1, 2, 7, 14, 28, 56, 112, 224) if step == "day" else (1, 2, 4, 8, 13, 26, 52))
    first = _first_monday(dates) if step == "day" and every % 7 == 0 else 0
    return {
        place: f"{dates[place].day} {MONTHS[dates[place].month - 1]}"
        for place in range(first, len(dates), every)
    }


def _every(count: int, steps: Sequence[int]) -> int:
    return next((each for each in steps if ceil(count / each) <= _LABELS), ceil(count / _LABELS))


def _first_monday(dates: Sequence[date]) -> int:
    return next((place for place, day in enumerate(dates) if day.weekday() == 0), 0)


def _month_label(dates: Sequence[date], place: int, chosen: Sequence[int]) -> str:
    day = dates[place]
    before = [dates[each].year for each in chosen if each < place][-1:]
    name = MONTHS[day.month - 1]
    return name if before == [day.year] else f"{name} {day.year}"


def quantiles(values: Sequence[float], parts: int) -> tuple[float, ...]:
    """The bounds between so many equal parts of the values; none if there are no values."""
    ordered = sorted(values)
    return tuple(
        ordered[max(0, floor(len(ordered) * number / parts) - 1)] for number in range(1, parts) if ordered
    )


def level_of(value: float, bounds: Sequence[float]) -> int:
    """0 to len(bounds): how many of them it reaches."""
    return sum(value >= bound for bound in bounds)
