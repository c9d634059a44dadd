"""How values read in a bar: as everywhere in tankful, without the libraries of `tray.view.format`. Pure."""

from __future__ import annotations

import time

from providers.domain.visible import visible

UNKNOWN = "–"
_LONGEST = 40


def whole(left: float) -> int:
    """A percentage as a whole number: never overstated, and the last drop is not nothing."""
    return 1 if 0 < left < 1 else int(left + 1e-9)


def percent(left: float, *, used: bool = False) -> str:
    """`63 %`; of what is `used` if that is what the person wants to see."""
    if used:
        return f"{100 - whole(left)} %"
    return "< 1 %" if 0 < left < 1 else f"{whole(left)} %"


def clock(at: float, now: float) -> str:
    """`14:00` today, `Mon 14:00` within a week, else `7 Dec 14:00`; of epoch seconds."""
    at += 30  # to the nearest minute: a server that resets at 14:00 sends 13:59:59, too
    then, today = time.localtime(at), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    if 0 < at - now < 6 * 86400:
        return time.strftime("%a %H:%M", then)
    return f"{then.tm_mday} {time.strftime('%b %H:%M', then)}"


def at(when: float, now: float) -> str:
    """`at 14:00`, `on Mon 14:00`."""
    text = clock(when, now)
    return f"on {text}" if " " in text else f"at {text}"


def countdown(seconds: float) -> str:
    """Time to go in two units, minutes rounded up; `now` when it is over."""
    minutes = int(-(-seconds // 60))
    if minutes <= 0:
        return "now"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    return f"{minutes} m"


def age(seconds: float) -> str:
    """In its largest unit, rounded down."""
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def money(usd: float) -> str:
    return "< $0.01" if 0 < usd < 0.005 else f"${usd:,.2f}"


def plain(text: str) -> str:
    """On one line, without terminal control characters."""
    return visible(text).replace("\n", " ")


def name(text: str) -> str:
    """A name that somebody else chose: on one line, and not too long."""
    return plain(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
