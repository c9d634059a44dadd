"""The Retry-After header: seconds, or a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

LONGEST_WAIT = timedelta(days=1)
"""Servers ask for as much where a day's allowance is spent; one that asks for more may be wrong."""


def retry_after(value: str | None, now: datetime) -> datetime | None:
    """When to retry, at most LONGEST_WAIT from `now`, the time of the response; None if it has no usable value.

    Zero, or a past date, is ignored: servers that send it reject the next request all the same.
    """
    if value is None:
        return None
    moment = _moment(value.strip(), now)
    if moment is None or moment <= now:
        return None
    return min(moment, now + LONGEST_WAIT)


def _moment(value: str, now: datetime) -> datetime | None:
    try:
        return now + timedelta(seconds=min(float(value), LONGEST_WAIT.total_seconds()))
    except (ValueError, OverflowError):
        pass
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter for a year out of range
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
