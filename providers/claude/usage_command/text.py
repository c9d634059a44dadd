"""What `claude -p "/usage"` prints, parsed strictly: a line is parsed completely, or rejected. Pure.

    Current session: 37% used · resets Nov 20, 2:08pm (UTC)
    Current week (all models): 61% used · resets Jan 2, 2027, 6pm (Europe/Berlin)
    Current week (Sonnet only): 12% used

Facts (2.1.197-2.1.332): percent is floored; minutes are left out when they are 0, the year when it is this one,
the reset when it is not known; times are cut to the minute, in the zone that stands behind them. Weeks of single
models in `limits[]` are not printed. What is printed may have been cached up to an hour ago.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from msgspec import Struct

from providers.claude import limits
from providers.domain.limits import RateWindow

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_SPACES = re.compile(r"[ \t\u00a0\u2007\u2009\u202f]+")
_LINE = re.compile(r"Current (?P<what>[^:]+): (?P<used>[^·]+?) ?(?:· (?P<resets>.+))?", re.IGNORECASE)
_WEEK = re.compile(r"week \((?P<name>[^()]+)\)", re.IGNORECASE)
_USED = re.compile(r"(?P<percent>[0-9]{1,4}(?:[.,][0-9]{1,2})?) ?% used", re.IGNORECASE)
_RESETS = re.compile(
    r"resets (?:(?P<month>[a-z]{3})[a-z]* (?P<day>[0-9]{1,2})(?:, (?P<year>[0-9]{4}))?(?:,| at) )?"
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2}))? ?(?P<half>[ap]m)? \((?P<zone>[^()]+)\)",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:UTC|GMT)(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?")
_CACHED_FOR = timedelta(hours=1)


class Printed(Struct, frozen=True, kw_only=True):
    """The parsed text; `refused` names the lines, and the resets, that could not be parsed."""

    windows: tuple[RateWindow, ...] = ()
    refused: tuple[str, ...] = ()


def parse(text: str, now: datetime) -> Printed:
    """The windows in the text, possibly none. Never raises."""
    found: dict[str, RateWindow] = {}
    refused: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = _SPACES.sub(" ", _STYLE.sub("", raw)).strip()
        parts = _LINE.fullmatch(line)
        if parts is None:
            if line.lower().startswith("current ") and "%" in line:
                refused.append(f"line {number}")
            continue
        kind = _kind(parts["what"])
        resets_at = _reset(parts["resets"], kind, now) if kind and parts["resets"] else None
        window = kind.window(_percent(parts["used"]), resets_at, now) if kind else None
        if window is None or window.id in found:
            refused.append(f"line {number}")
            continue
        if parts["resets"] and window.resets_at is None:
            refused.append(f"line {number}: the reset")
        found[window.id] = window
    return Printed(windows=limits.in_order(found.values()), refused=tuple(refused))


def _kind(what: str) -> limits.Kind | None:
    if what.lower() == "session":
        return limits.SESSION
    week = _WEEK.fullmatch(what)
    if week is None:
        return None
    name = week["name"].strip()
    if name.lower() == "all models":
        return limits.WEEKLY
    name = re.sub(r" only$", "", name, flags=re.IGNORECASE)
    return limits.model(name) if limits.is_name(name) else None


def _percent(text: str) -> float | None:
    """A share used; other words than "used", signs and digit groups are rejected, not converted."""
    match = _USED.fullmatch(text)
    return float(match["percent"].replace(",", ".")) if match else None


def _reset(text: str, kind: limits.Kind, now: datetime) -> datetime | None:
    """The one moment that the text can mean, None where there is none or more than one.

    A time without a day, and a day without a year, mean the nearest one that this window can reset at, which may
    just have passed; a time that a clock shows twice, as the hour after summer time, could be either.
    """
    match = _RESETS.fullmatch(text)
    zone = _zone(match["zone"]) if match else None
    clock = _clock(match["hour"], match["minute"], match["half"]) if match else None
    if match is None or zone is None or clock is None:
        return None
    meant = [
        [at for at in _moments(*day, *clock, zone) if now - at <= _CACHED_FOR and kind.can_reset(at, now)]
        for day in _days(match, now.astimezone(zone).date())
    ]
    nearest = min(filter(None, meant), key=lambda moments: min(abs(at - now) for at in moments), default=[])
    return nearest[0] if len(nearest) == 1 else None


def _days(match: re.Match[str], today: date) -> list[tuple[int, int, int]]:
    """The days that the text can mean: years, months, days."""
    if match["month"] is None:
        near = (today + timedelta(days=ahead) for ahead in (-1, 0, 1))
        return [(day.year, day.month, day.day) for day in near]
    if match["month"].lower() not in _MONTHS:
        return []
    years = [int(match["year"])] if match["year"] else [today.year + ahead for ahead in (-1, 0, 1)]
    return [(year, _MONTHS.index(match["month"].lower()) + 1, int(match["day"])) for year in years]


def _clock(hour: str, minute: str | None, half: str | None) -> tuple[int, int] | None:
    """Hours and minutes of a day; without am or pm both must stand there."""
    hours, minutes = int(hour), int(minute or 0)
    if minutes > 59:
        return None
    if half is None:
        return (hours, minutes) if minute is not None and hours <= 23 else None
    return (hours % 12 + (12 if half.lower() == "pm" else 0), minutes) if 1 <= hours <= 12 else None


def _moments(year: int, month: int, day: int, hour: int, minute: int, zone: tzinfo) -> set[datetime]:
    """The moments at which a clock there shows this: none in a gap, two in an hour that comes twice."""
    found: set[datetime] = set()
    for fold in (0, 1):
        try:
            local = datetime(year, month, day, hour, minute, tzinfo=zone, fold=fold)
            moment = local.astimezone(UTC)
            shown = moment.astimezone(zone)
        except (OverflowError, ValueError):  # no such day
            continue
        if shown.replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0):
            found.add(moment)
    return found


def _zone(name: str) -> tzinfo | None:
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        span = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        if span > timedelta(hours=14):
            return None
        return timezone(-span if offset["sign"] == "-" else span)
    from zoneinfo import ZoneInfo

    try:
        # Only names of a place are unambiguous: "EST" has no summer time, but is often written for New York.
        return ZoneInfo(name) if "/" in name or name in ("UTC", "GMT") else None
    except (OSError, ValueError, KeyError):  # no such zone; no name at all
        return None
