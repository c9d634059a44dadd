"""The time that the responses of a report are from. Pure: clock and zone are arguments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from providers.domain.cost import BURN_MINUTES, DEFAULT_DETAIL, Detail
from providers.ledger.blocks import LOOK_BACK


def span(
    since: date, until: date, zone: tzinfo, now: datetime, detail: Detail = DEFAULT_DETAIL
) -> tuple[datetime, datetime]:
    """The time span of the responses in a report: it also covers this month and the last hours, and those before
    from which it follows where blocks begin.
    """
    month = now.astimezone(zone).date().replace(day=1)
    first = _midnight(since, zone)
    if detail.blocks:
        first = max(first, datetime.min.replace(tzinfo=UTC) + LOOK_BACK) - LOOK_BACK
    start = min(first, _midnight(month, zone), now - timedelta(minutes=BURN_MINUTES))
    return start, max(_after(until, zone), now + timedelta(days=1))


def day_span(since: date | None, until: date | None, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """When the first of these local days begins and the last one ends; None where there is no bound."""
    start = None if since is None else _midnight(since, zone)
    return start, None if until is None else _after(until, zone)


def figures_span(zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """The time span of the responses in `home_figures`: no earlier than that of a 30-day report."""
    today = now.astimezone(zone).date()
    first = min(first_of(30, today), today.replace(day=1))
    return _midnight(first, zone), _after(today, zone)


def recent_span(now: datetime) -> tuple[datetime, datetime]:
    """The time span of the responses that the burn rate is made of."""
    moment = timedelta(milliseconds=1)  # responses are kept to the millisecond
    return now - timedelta(minutes=BURN_MINUTES) + moment, now + moment


def first_of(days: int, last: date) -> date:
    """The first of so many days, up to and including the last one."""
    return last - timedelta(days=days - 1)


def _after(day: date, zone: tzinfo) -> datetime:
    try:
        return _midnight(day + timedelta(days=1), zone)
    except OverflowError:  # the last day of the calendar
        return datetime.max.replace(tzinfo=UTC)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a local day. Where clocks jump over midnight, the moment they jump."""
    try:
        return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    except OverflowError:  # the first day of the calendar, east of Greenwich
        return datetime.min.replace(tzinfo=UTC)
