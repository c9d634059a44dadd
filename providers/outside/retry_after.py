"""The Retry-After header: seconds, or a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(hours=6)


def retry_after(value: str | None, now: datetime) -> datetime | None:
    """When to ask again, at most LONGEST from now; None when the header says nothing that helps.

    A zero, or a date that is past, comes from servers which refuse the next request all the same.
    """
    if value is None:
        return None
    moment = _moment(value.strip(), now)
    if moment is None or moment <= now:
        return None
    return min(moment, now + LONGEST)


def _moment(value: str, now: datetime) -> datetime | None:
    try:
        return now + timedelta(seconds=min(float(value), LONGEST.total_seconds()))
    except (ValueError, OverflowError):
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
