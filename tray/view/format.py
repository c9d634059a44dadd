"""How values read: percent, bars, countdowns, ages, tokens, money. Pure; every face uses these."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from math import ceil, floor

from providers.domain.currency import decimals
from providers.domain.rules import left_percent

__all__ = ["left_percent"]  # beside all that is defined here

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CELLS = 14
_BARS = {
    "lines": ("━", "─"),
    "blocks": ("█", "░"),
    "ascii": ("=", "~"),
}  # a pair of one width in every proportional font
_FIGURE, _POINT = "\u2007", "\u2008"  # blanks as wide as a digit, and as a decimal point
_DIGITS = 3
_TRACE = "< $0.01"
BLANKS = {ord(_FIGURE): " ", ord(_POINT): None}
"""What `padded` becomes where all characters have one width."""
DOT = "  ·  "
_FAR = timedelta(days=300)


def percent(left: float) -> str:
    """A share left, never overstated: 99.9 is 99, and the last drop is not nothing."""
    return "< 1 %" if 0 < left < 1 else f"{floor(left + 1e-9)} %"


def reading(left: float, *, used: bool = False) -> str:
    """`63 % left`, or `37 % used`: the same number as `padded`, but for the last drop."""
    return f"{padded(left, used=True).strip(_FIGURE)} % used" if used else f"{percent(left)} left"


def done(share: float) -> str:
    """How far something is, 0-1: whole only when it is."""
    return f"{floor(100 * min(1.0, max(0.0, share)) + 1e-9)} %"


def bar(share: float | None, style: str = "lines") -> str:
    """A share, 0-100, as a row of characters of one width; one is filled as soon as it is not 0."""
    full, empty = _BARS[style]
    filled = 0 if share is None else min(max(round(share / 100 * _CELLS), 1 if share > 0 else 0), _CELLS)
    return full * filled + empty * (_CELLS - filled)


def padded(left: float | None, *, used: bool = False) -> str:
    """A percentage that is as wide as any other, without its sign: what is left, or else what is `used`.

    Never overstated: 99.9 left is 99, and the last drop is not nothing.
    """
    if left is None:
        return f"{_FIGURE * (_DIGITS - 1)}\N{FIGURE DASH}"
    if used:
        return f"{99 if 0 < left < 1 else 100 - floor(left + 1e-9)}".rjust(_DIGITS, _FIGURE)
    if 0 < left < 1:
        return f"{_POINT}{max(floor(left * 10), 1) / 10}"
    return f"{floor(left + 1e-9)}".rjust(_DIGITS, _FIGURE)


def countdown(to_go: timedelta) -> str:
    """Time to go in two units, minutes rounded up; `now` when it is over."""
    minutes = ceil(to_go.total_seconds() / 60)
    if minutes <= 0:
        return "now"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    return f"{minutes} m"


def resets(at: datetime, now: datetime, zone: tzinfo) -> str:
    """When a window refills: a countdown within a day, else weekday and time, else the date."""
    if at - now <= timedelta(hours=24):
        to_go = countdown(at - now)
        return "resets now" if to_go == "now" else f"resets in {to_go}"
    local, today = local_minute(at, zone).date(), now.astimezone(zone).date()
    near = (local - today).days < len(_WEEKDAYS)
    return f"resets {_WEEKDAYS[local.weekday()] if near else day_name(local, today)} {clock(at, zone)}"


def unbroken(text: str) -> str:
    """The text with each number and its percent sign kept on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def soon(at: datetime, now: datetime, zone: tzinfo) -> str:
    """A time within days: `21:18` today, `Mon 21:18` within a week, else with its date."""
    local, today = local_minute(at, zone).date(), now.astimezone(zone).date()
    if 0 < (local - today).days < len(_WEEKDAYS):
        return f"{_WEEKDAYS[local.weekday()]} {clock(at, zone)}"
    return moment(at, now, zone)


def on_or_at(when: datetime, now: datetime, zone: tzinfo) -> str:
    """`at 21:18` today, `on Mon 21:18` within a week, else on its date."""
    local, today = local_minute(when, zone).date(), now.astimezone(zone).date()
    return f"{'at' if local == today else 'on'} {soon(when, now, zone)}"


def span(duration: timedelta) -> str:
    """A duration in its largest unit, rounded down: `40 min`, `29 h`, `3 d`."""
    minutes = int(duration.total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def clock(at: datetime, zone: tzinfo) -> str:
    return local_minute(at, zone).strftime("%H:%M")


def local_minute(at: datetime, zone: tzinfo) -> datetime:
    """The nearest one: a server that resets at 14:00 sends 13:59:59, too."""
    with suppress(OverflowError):  # the end of the calendar
        at += timedelta(seconds=30)
    return at.astimezone(zone).replace(second=0, microsecond=0)


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """A time that may lie days away: the time alone today, with its date otherwise."""
    local, today = local_minute(at, zone).date(), now.astimezone(zone).date()
    return clock(at, zone) if local == today else f"{day_name(local, today)} {clock(at, zone)}"


def weekday(day: date) -> str:
    return _WEEKDAYS[day.weekday()]


def day_name(day: date, today: date) -> str:
    """With its year where it could be taken for a day of this one."""
    year = f" {day.year}" if abs(day - today) > _FAR else ""
    return f"{day.day} {_MONTHS[day.month - 1]}{year}"


def age(ago: timedelta) -> str:
    """How long ago, in its largest unit; a clock that went back counts as just now."""
    return "just now" if ago < timedelta(minutes=1) else f"{span(ago)} ago"


def tokens(count: int) -> str:
    """`950`, `1.2 K`, `67 K`, `1.2 M`, `1.3 B`: one decimal below ten."""
    if count < 1000:
        return str(count)
    value, unit = float(count), ""
    for step in ("K", "M", "B", "T"):
        value, unit = value / 1000, step
        if round(value, 1 if value < 9.95 else 0) < 1000:
            break
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"


def money(usd: float) -> str:
    """Dollars and cents; less than a cent is shown as such."""
    return _TRACE if 0 < usd < 0.005 else f"${usd:,.2f}"


def priced(usd: float, *, complete: bool = True) -> str:
    """What tokens would cost: `≈ $2.36`, or as a lower bound `≥ $2.36`; `< $0.01` needs no sign."""
    if not complete:
        return at_least(usd)
    return shown if (shown := money(usd)) == _TRACE else f"≈ {shown}"


def at_least(usd: float) -> str:
    """A lower bound; of less than a cent that is nothing."""
    return f"≥ ${usd:,.2f}"


def balance(amount: Decimal, places: int = 2) -> str:
    return f"{amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):,}"


def amount(value: Decimal, currency: str) -> str:
    """Money as its server reported it: `$12.34`, `12.34 EUR`, `1,234 JPY`."""
    shown = balance(value, decimals(currency))
    return f"${shown}" if currency == "USD" else f"{shown} {plain(currency)}"


def plan(name: str) -> str:
    """`pro` → `Pro`, `free_workspace` → `Free Workspace`."""
    return " ".join(word[:1].upper() + word[1:] for word in name.replace("_", " ").split())


def some(names: Sequence[str], most: int) -> str:
    """`a`, `a and b`, `a, b and 3 more`: at most so many names."""
    shown, left = [plain(name, longest=40) for name in names[:most]], len(names) - most
    if left > 0:
        shown.append(f"{left} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def plain(text: str, longest: int = 60) -> str:
    """Foreign text made safe to show: one line, no terminal control characters, not too long."""
    kept = "".join(character if character.isprintable() else " " for character in text)
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"
