"""What a budget of the person's own comes to by the end of its day, week or month: rules on plain numbers.

They import nothing but datetime, so that fast paths can share them. `used`, `limit` and forecasts are in the
budget's own unit, spans in seconds, negative if past. A week begins on Monday; a day goes from one local midnight
to the next.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from providers.domain import rules

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from typing import Literal

    BudgetResult = Literal["kept", "exceeded", "unknown"]
    BudgetVerdict = Literal["ok", "will_exceed", "nearly_spent", "spent", "unknown"]
    Spans = Sequence[tuple[float, float]]

NEARLY_SPENT = 0.8
"""The share of a budget from which on it is nearly spent."""


def days_of(period: str, day: date) -> tuple[date, date]:
    """The first day of the period that a day lies in, and the first one after it.

    Raises OverflowError or ValueError at the end of the calendar.
    """
    if period == "day":
        return day, day + timedelta(days=1)
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def past_periods(period: str, day: date, count: int) -> list[tuple[date, date]]:
    """The first day of each of the last `count` periods before the one that a day lies in, and the first one after
    it; the newest first, and fewer at the begin of the calendar.
    """
    found: list[tuple[date, date]] = []
    try:
        first, _ = days_of(period, day)
        while len(found) < count:
            found.append(days_of(period, first - timedelta(days=1)))
            first = found[-1][0]
    except (OverflowError, ValueError):
        pass
    return found


def result(used: float | None, limit: float, *, at_least: bool = False) -> BudgetResult:
    """What became of a budget whose period is over; `at_least` if `used` is a lower bound."""
    if used is None:
        return "unknown"
    if used > limit:
        return "exceeded"
    return "unknown" if at_least else "kept"


def midnight(day: date, zone: tzinfo | None) -> float:
    """When it begins, in epoch seconds; without a zone in the system's own.

    Raises OverflowError, ValueError or OSError for a year that the platform lacks.
    """
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def forecast(
    used: float, elapsed: float, left: float, work: Spans | None = None, per_hour: float | None = None
) -> float | None:
    """What is used by the end of a period if use goes on at the rate of `per_hour`, or else at its mean so far.

    `work` is the work time within it, in seconds from now; None where all of it counts. None for as long as the
    mean says nothing, and for figures that make no sense.
    """
    if not (elapsed >= 0 and left >= 0 and elapsed + left > 0):
        return None
    spans = work or [(-elapsed, left)]
    done, ahead = rules.worked(spans, -elapsed, 0), rules.worked(spans, 0, left)
    if per_hour is not None:
        return used + max(0.0, per_hour) * ahead / 3600
    share = min(done / (done + ahead) if done + ahead > 0 else 0.0, elapsed / (elapsed + left))
    if share * 100 < rules.MEAN_TELLS_PERCENT:
        return None
    return max(used, used * ((done + ahead) / done))


def verdict(used: float | None, limit: float, expected: float | None) -> BudgetVerdict:
    """The most urgent one that holds; `expected` is the forecast."""
    if used is None:
        return "unknown"
    if used >= limit:
        return "spent"
    if used >= NEARLY_SPENT * limit:
        return "nearly_spent"
    return "will_exceed" if expected is not None and expected > limit else "ok"
