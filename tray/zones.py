"""The person's time zone, by name, so that summer time is right for days that have passed."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local_zone() -> tzinfo:
    """The system's zone; where its name cannot be told, its present offset."""
    import warnings

    import tzlocal

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # a zone that disagrees with the clock is still the one that is set
            return tzlocal.get_localzone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.now().astimezone().tzinfo or ZoneInfo("UTC")


def named_zone(name: str) -> ZoneInfo:
    """Raises ValueError with a sentence when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}; try Europe/Berlin or UTC") from None


def zone_name(zone: tzinfo) -> str:
    return getattr(zone, "key", None) or str(zone)
