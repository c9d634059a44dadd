"""The person's time zone, by name where it has one, so that summer time is right for days that have passed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# What tzlocal calls a zone that it read from a file of no name, as /etc/localtime can be.
_NO_KEYS = ("local", "localtime")
# Where else, beside /etc/timezone, some systems name their zone.
_ELSEWHERE = ("var/db/zoneinfo", "etc/sysconfig/clock", "etc/conf.d/clock", "system/bin/getprop")


def local_zone() -> tzinfo:
    """The system's zone: by its IANA key, or by the system's own rules where it has none (`TZ=CET-1CEST,…`)."""
    try:
        if key := linked_key():
            return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such zone is installed
        pass
    return _zone_by_tzlocal()


def linked_key(environ: Mapping[str, str] = os.environ, root: str = "/") -> str | None:
    """The key of the zone that /etc/localtime links to, as most systems have it. None unless that is all they say:
    tzlocal weighs what contradicts, but takes 8 ms even where nothing does.
    """
    path = os.path.join(root, "etc/localtime")
    if environ.get("TZ") or not os.path.islink(path):
        return None
    if any(os.path.exists(os.path.join(root, other)) for other in _ELSEWHERE):
        return None
    key = os.path.realpath(path).partition("/zoneinfo/")[2]
    try:
        with open(os.path.join(root, "etc/timezone"), "rb") as file:
            named = file.read(256).strip().decode("ascii", "replace")
    except FileNotFoundError:
        named = key
    except OSError:
        return None
    return key if key and named == key else None


def _zone_by_tzlocal() -> tzinfo:
    import warnings

    import tzlocal

    try:
        with warnings.catch_warnings():
            # A zone that disagrees with the clock is still the one that is set.
            warnings.simplefilter("ignore")
            zone = tzlocal.get_localzone()
        key = getattr(zone, "key", None)
        return PlatformZone() if key is None or key in _NO_KEYS else ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return PlatformZone()


class PlatformZone(tzinfo):
    """The rules the platform's own `localtime` follows, whatever TZ holds: a POSIX rule, a file, nonsense."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        return None if at is None else at.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, at: datetime | None) -> None:
        """Not distinguished from the offset."""

    def tzname(self, at: datetime | None) -> str:
        return str(timezone(self.utcoffset(at) or timedelta(0)))

    def fromutc(self, at: datetime) -> datetime:
        there = at.replace(tzinfo=UTC).astimezone()
        local = there.replace(tzinfo=self, fold=0)
        # The hour that an autumn night has twice.
        return local if self.utcoffset(local) == there.utcoffset() else local.replace(fold=1)


def named_zone(name: str) -> ZoneInfo:
    """Raises ValueError with a sentence when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; try Europe/Berlin or UTC") from None


def zone_name(zone: tzinfo) -> str:
    """Its IANA key; without one its present offset, as `UTC-03:00`."""
    key = getattr(zone, "key", None)
    return str(key) if key else str(timezone(datetime.now(zone).utcoffset() or timedelta(0)))
