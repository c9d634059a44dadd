"""The days that a range means, and those of the period before it. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from tray.view.usage.days import Days

RANGES = {
    "today": "Today",
    "7d": "7 days",
    "14d": "14 days",
    "30d": "30 days",
    "90d": "90 days",
    "week": "This week",
    "month": "This month",
    "ytd": "Year to date",
    "all": "All",
    "custom": "Custom",
}
DEFAULT_RANGE = "30d"
_LENGTHS = {"today": 1, "7d": 7, "14d": 14, "30d": 30, "90d": 90}

Span = tuple[date | None, date | None]
"""The first and the last one, both included; None without a bound."""


def days_of(name: str, since: str, until: str, today: date) -> Span:
    """Of a range and of the days of a custom one, as `query.parse` leaves them: without a last day it ends today,
    without a first day it has 30 days.
    """
    match name or DEFAULT_RANGE:
        case "all":
            return None, today
        case "week":
            return today - timedelta(days=today.weekday()), today
        case "month":
            return today.replace(day=1), today
        case "ytd":
            return today.replace(month=1, day=1), today
        case "custom":
            return _custom(since, until, today)
        case known:
            return today - timedelta(days=_LENGTHS[known] - 1), today


def _custom(since: str, until: str, today: date) -> Span:
    last = date.fromisoformat(until) if until else today
    if not since:
        return last - timedelta(days=_LENGTHS[DEFAULT_RANGE] - 1), last
    first = date.fromisoformat(since)
    return first, max(first, last)


def days_before(name: str, since: str, until: str, today: date) -> Span | None:
    """The period to compare with: of a week, a month and a year its same days before; else as many days right
    before. None for all days.
    """
    first, last = days_of(name, since, until, today)
    if first is None or last is None:
        return None
    match name:
        case "week":
            return first - timedelta(days=7), last - timedelta(days=7)
        case "month":
            return (first - timedelta(days=1)).replace(day=1), _month_earlier(last)
        case "ytd":
            return first.replace(year=first.year - 1), _year_earlier(last)
        case _:
            length = last - first + timedelta(days=1)
            return first - length, last - length


def _month_earlier(day: date) -> date:
    """The same day of the last month, or its last one."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def _year_earlier(day: date) -> date:
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def title_before(name: str, since: str, until: str, today: date) -> str:
    """Of the period before: `21 Sep – 20 Oct`; "" for all days."""
    before = days_before(name, since, until, today)
    return "" if before is None else span_title(before, today)


def span_title(span: Span, today: date) -> str:
    first, last = span
    return RANGES["all"] if first is None or last is None else Days(first, last).name(today)
