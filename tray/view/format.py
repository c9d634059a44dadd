"""How values read: bars, countdowns, ages, tokens, prices; what is not of our types is in `words`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from math import floor

from providers.domain.currency import decimals
from providers.domain.rules import left_percent
from tray.view import words
from tray.view.words import (
    WEEKDAYS,
    at_least,
    balance,
    clock,
    day_name,
    local_minute,
    markup,
    moment,
    money,
    on_or_at,
    percent,
    plain,
    soon,
)

__all__ = [  # beside all that is defined here
    "at_least",
    "balance",
    "clock",
    "day_name",
    "left_percent",
    "local_minute",
    "markup",
    "moment",
    "money",
    "on_or_at",
    "percent",
    "plain",
    "soon",
]

_CELLS = 14
_BARS = {
    "lines": ("━", "─"),
    "blocks": ("█", "░"),
    "ascii": ("=", "~"),
}  # a pair of one width in every proportional font
_FIGURE, _POINT = "\u2007", "\u2008"  # blanks as wide as a digit, and as a decimal point
_DIGITS = 3
BLANKS = {ord(_FIGURE): " ", ord(_POINT): None}
"""What `padded` becomes where all characters have one width."""
DOT = "  ·  "


def reading(left: float, *, used: bool = False) -> str:
    """`63 % left`, or `37 % used`: the same number as `padded`, but for the last drop."""
    return f"{percent(left, used=used)} {'used' if used else 'left'}"


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
        return f"{100 - words.whole(left)}".rjust(_DIGITS, _FIGURE)
    if 0 < left < 1:
        return f"{_POINT}{max(floor(left * 10), 1) / 10}"
    return f"{words.whole(left)}".rjust(_DIGITS, _FIGURE)


def countdown(to_go: timedelta) -> str:
    return words.countdown(to_go.total_seconds())


def resets(at: datetime, now: datetime, zone: tzinfo) -> str:
    """When a window refills: a countdown within a day, else weekday and time, else the date."""
    if at - now <= timedelta(hours=24):
        to_go = countdown(at - now)
        return "resets now" if to_go == "now" else f"resets in {to_go}"
    local, today = local_minute(at, zone).date(), now.astimezone(zone).date()
    near = (local - today).days < len(WEEKDAYS)
    return f"resets {WEEKDAYS[local.weekday()] if near else day_name(local, today)} {clock(at, zone)}"


def unbroken(text: str) -> str:
    """The text with each number and its percent sign kept on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def span(duration: timedelta) -> str:
    return words.span(duration.total_seconds())


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


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


def priced(usd: float, *, complete: bool = True) -> str:
    """What tokens would cost: `≈ $2.36`, or as a lower bound `≥ $2.36`; `< $0.01` needs no sign."""
    if not complete:
        return at_least(usd)
    return shown if (shown := money(usd)) == words.TRACE else f"≈ {shown}"


def amount(value: Decimal, currency: str) -> str:
    """Money as its server reported it: `$12.34`, `12.34 EUR`, `1,234 JPY`."""
    shown = balance(value, decimals(currency))
    return f"${shown}" if currency == "USD" else f"{shown} {plain(currency)}"


def plan(name: str) -> str:
    """`pro` → `Pro`, `free_workspace` → `Free Workspace`."""
    return " ".join(word[:1].upper() + word[1:] for word in name.replace("_", " ").split())


def plural(number: int, one: str, many: str = "") -> str:
    """`1 day`, `1,200 days`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def share(part: float, whole: float) -> str:
    """`12 %`; what is not 0 is seen, and so is what is missing of all. "" of nothing."""
    if whole <= 0:
        return ""
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "< 1 %"
    return "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def some(names: Sequence[str], most: int, longest: int = 40) -> str:
    """`a`, `a and b`, `a, b and 3 more`: at most so many names."""
    shown, left = [plain(name, longest=longest) for name in names[:most]], len(names) - most
    if left > 0:
        shown.append(f"{left} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
