"""The Retry-After header: seconds, or a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

LONGEST_WAIT = timedelta(hours=6)


def retry_after(value: str | None, now: datetime) -> datetime | None:
    """When to ask again, at most LONGEST_WAIT from `now`, when the answer came; None where it says nothing of use.

    A zero, or a date that is past, comes from servers which refuse the next request all the same.
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
    except (ValueError, OverflowError):  # the latter for a year that no calendar has
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
