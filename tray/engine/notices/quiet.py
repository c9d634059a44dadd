"""Hours of the day without notices. Pure."""

from __future__ import annotations

from datetime import datetime, time, tzinfo


def is_quiet(hours: str | None, now: datetime, zone: tzinfo) -> bool:
    """Whether these hours ("22:00-07:00", a value of the setting) include this moment of the person's day.

    The first minute belongs to them, the last does not; from a time to the same time is the whole day.
    """
    if hours is None:
        return False
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    local = now.astimezone(zone).time()
    if start < end:
        return start <= local < end
    return local >= start or local < end
