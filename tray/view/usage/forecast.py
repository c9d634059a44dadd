"""What a month comes to if it goes on as the last weeks did. Pure.

After four whole weeks of logs, each day ahead is taken as the average of the last four of its weekday, so that
weekends stay weekends; the range is what the rest comes to if it is like the quietest or the busiest of these
weeks. With fewer whole days, at least `LEAST_DAYS`, each day ahead is their average, and nothing tells a range.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from math import fsum
from typing import Literal

from msgspec import Struct

from tray.view.usage.days import Days

WEEKS = 4
LEAST_DAYS = 3
_WEEK = 7


class Forecast(Struct, frozen=True, kw_only=True):
    """Of the whole month; `low` and `high` are None where the method "days" tells none. `days` were looked at."""

    value: float
    low: float | None
    high: float | None
    method: Literal["weeks", "days"]
    days: int


def forecast(
    so_far: float, by_day: Mapping[date, float], first_log: date | None, today: date
) -> Forecast | None:
    """`by_day` are the days with use, from the four weeks before today to today; `so_far` is this month's sum.

    None on the first day of a month, and as long as there are too few whole days since the first log.
    """
    if today.day == 1 or first_log is None:
        return None
    ahead = _ahead(today)
    known = min((today - first_log).days, WEEKS * _WEEK)
    if known < LEAST_DAYS:
        return None
    used_today = by_day.get(today, 0.0)
    past = [by_day.get(today - timedelta(days=ago), 0.0) for ago in range(1, known + 1)]
    if known < WEEKS * _WEEK:
        mean = fsum(past) / known
        rest = max(0.0, mean - used_today) + mean * len(ahead)
        return Forecast(value=so_far + rest, low=None, high=None, method="days", days=known)
    weeks = [past[week * _WEEK : (week + 1) * _WEEK] for week in range(WEEKS)]
    of_weekday = [fsum(week[ago] for week in weeks) / WEEKS for ago in range(_WEEK)]
    ends = [so_far + _rest(week, ahead, today, used_today) for week in weeks]
    value = so_far + _rest(of_weekday, ahead, today, used_today)
    return Forecast(
        value=value,
        low=min(value, *ends),
        high=max(value, *ends),
        method="weeks",
        days=known,
    )


def _ahead(today: date) -> tuple[date, ...]:
    """The days of this month after today; none in the last days of the calendar."""
    try:
        last = (today.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    except OverflowError:
        return ()
    return tuple(Days(today, last))[1:]


def _rest(week: list[float], ahead: tuple[date, ...], today: date, used_today: float) -> float:
    """`week` has the use of the seven days before today, yesterday first: with as much on the same weekdays.

    Today comes to what its weekday usually does, or to what it has come to already.
    """
    days = [week[_WEEK - 1], *(week[(today - day).days % _WEEK - 1] for day in ahead)]
    return max(0.0, days[0] - used_today) + fsum(days[1:])
