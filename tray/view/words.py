"""How values read everywhere: percent, countdowns, spans, times, money, names. Pure.

With the standard library alone: faces that must print at once (bars, guard, Claude's status line) import this;
what `format` adds would take milliseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil, floor

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from datetime import date, tzinfo
    from decimal import Decimal

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TRACE = "< $0.01"
_FAR = timedelta(days=300)


def whole(left: float) -> int:
    """A percentage left as a whole number: never overstated, 99.9 is 99; and the last drop is not nothing."""
    return 1 if 0 < left < 1 else floor(left + 1e-9)


def percent(left: float, *, used: bool = False) -> str:
    """`63 %` left, or of the same what is `used`."""
    if used:
        return f"{100 - whole(left)} %"
    return "< 1 %" if 0 < left < 1 else f"{whole(left)} %"


def countdown(seconds: float) -> str:
    """Time to go in two units, minutes rounded up; `now` when it is over."""
    minutes = ceil(seconds / 60)
    if minutes <= 0:
        return "now"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    return f"{minutes} m"


def span(seconds: float) -> str:
    """A duration in its largest unit, rounded down: `40 min`, `29 h`, `3 d`."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def local_minute(at: datetime, zone: tzinfo | None) -> datetime:
    """The nearest one: a server that resets at 14:00 sends 13:59:59, too. Without a `zone` in the system's own."""
    try:  # noqa: SIM105 - contextlib takes its time
        at += timedelta(seconds=30)
    except OverflowError:  # the end of the calendar
        pass
    return at.astimezone(zone).replace(second=0, microsecond=0)


def clock(at: datetime, zone: tzinfo | None) -> str:
    return _clock(local_minute(at, zone))


def soon(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    """A time within days: `21:18` today, `Mon 21:18` within a week, else with its date."""
    local, today = local_minute(at, zone), now.astimezone(zone).date()
    if 0 < (local.date() - today).days < len(WEEKDAYS):
        return f"{WEEKDAYS[local.weekday()]} {_clock(local)}"
    return _moment(local, today)


def on_or_at(when: datetime, now: datetime, zone: tzinfo | None) -> str:
    """`at 21:18` today, `on Mon 21:18` within a week, else on its date."""
    text = soon(when, now, zone)
    return f"on {text}" if " " in text else f"at {text}"


def moment(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    """A time that may lie days away: the time alone today, with its date otherwise."""
    return _moment(local_minute(at, zone), now.astimezone(zone).date())


def day_name(day: date, today: date) -> str:
    """With its year where it could be taken for a day of this one."""
    year = f" {day.year}" if abs(day - today) > _FAR else ""
    return f"{day.day} {MONTHS[day.month - 1]}{year}"


def instant(epoch: float) -> datetime:
    """Of epoch seconds. Raises ArithmeticError, ValueError or OSError for what no calendar has."""
    return datetime.fromtimestamp(epoch, UTC)


def money(usd: float) -> str:
    """Dollars and cents; less than a cent is shown as such."""
    return TRACE if 0 < usd < 0.005 else f"${usd:,.2f}"


def at_least(usd: float) -> str:
    """A lower bound; of less than a cent that is nothing."""
    return f"≥ ${usd:,.2f}"


def balance(amount: Decimal, places: int = 2) -> str:
    """`1,234.50`: an amount without its unit; halves are rounded to even digits."""
    return f"{amount:,.{places}f}"


def plain(text: str, longest: int = 60) -> str:
    """Foreign text made safe to show: one line, no terminal control characters, not too long."""
    kept = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return kept if kept.isprintable() else "".join(each if each.isprintable() else " " for each in kept)


def markup(text: str) -> str:
    """The text as markup: that of Pango, of notices and of tooltips."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def _moment(local: datetime, today: date) -> str:
    return _clock(local) if local.date() == today else f"{day_name(local.date(), today)} {_clock(local)}"
