"""What account pages say, in words: credits by day, use by surface, past windows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo

from providers.domain.account_pages import CreditsHistory, PastWindow, UsageBreakdown
from tray.view import format as fmt

_NAMES = {"cli": "CLI", "ide": "IDE", "vscode": "VS Code", "github": "GitHub", "api": "API", "sdk": "SDK"}
_LONGEST = 28
_MOST_PARTS = 3
_DAYS_ONLY = timedelta(days=2)
"""A window that is longer is named by its days."""


def surface_name(surface: str) -> str:
    """`cli` → `CLI`, `github_code_review` → `GitHub code review`."""
    words = [_NAMES.get(word.lower(), word) for word in surface.replace("_", " ").split()]
    name = " ".join(words)
    return fmt.plain(name[:1].upper() + name[1:], longest=_LONGEST)


def number(value: float) -> str:
    """`1,234.5`: two decimals at most; what is not 0 is seen."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    if text in ("0", "-0"):
        return "0" if not value else "< 0.01" if value > 0 else "> -0.01"
    return text


def amount(value: float, units: str | None) -> str:
    """`14.75 credits`, `75 %`; without a unit where that is not known."""
    if units == "percent":
        return f"{number(value)} %"
    if units == "credits":
        return f"{number(value)} credit" if value == 1 else f"{number(value)} credits"
    return number(value)


def credit_total(history: CreditsHistory) -> float:
    return sum(day.credits for day in history.days)


def days_covered(days: Iterable[date], today: date) -> int:
    """From the oldest of them up to today."""
    return max(((today - day).days + 1 for day in days), default=0)


def credits_line(history: CreditsHistory, now: datetime) -> str | None:
    """`50.75 credits used in 7 days`; None where none were."""
    if not history.days:
        return None
    span = fmt.plural(days_covered((day.day for day in history.days), now.date()), "day")
    return f"{amount(round(credit_total(history), 6), 'credits')} used in {span}"


def surface_totals(breakdown: UsageBreakdown) -> dict[str, float]:
    """The largest first. Only credits can be added up: what percentages are of differs from day to day."""
    sums: dict[str, float] = {}
    for day in breakdown.days if breakdown.units == "credits" else ():
        for surface, value in day.surfaces.items():
            sums[surface] = sums.get(surface, 0.0) + value
    return dict(sorted(sums.items(), key=lambda each: (-each[1], each[0])))


def model_totals(breakdown: UsageBreakdown) -> dict[tuple[str, str | None], float]:
    """By model and speed, the largest first; as with surfaces, of credits alone."""
    sums: dict[tuple[str, str | None], float] = {}
    for day in breakdown.days if breakdown.units == "credits" else ():
        for use in day.models:
            sums[use.model, use.speed] = sums.get((use.model, use.speed), 0.0) + use.amount
    return dict(sorted(sums.items(), key=lambda each: (-each[1], each[0][0])))


def parts_text(
    parts: Mapping[str, float], units: str | None = None, name: Callable[[str], str] = surface_name
) -> str:
    """`CLI 12.5, Web 2.25 and 2 more`: the largest first."""
    ordered = sorted(parts.items(), key=lambda each: (-abs(each[1]), each[0]))
    unit = " %" if units == "percent" else ""
    texts = [f"{name(part)} {number(value)}{unit}" for part, value in ordered]
    more = len(texts) - _MOST_PARTS
    return ", ".join(texts[:_MOST_PARTS]) + (f" and {more} more" if more > 0 else "")


def day_text(day: date, today: date) -> str:
    return f"{fmt.weekday(day)} {fmt.day_name(day, today)}"


def window_span(window: PastWindow, now: datetime, zone: tzinfo) -> str:
    """`20 Nov – 27 Nov`; of hours `20 Nov 09:00 – 14:00`."""
    begin, end = fmt.local_minute(window.starts_at, zone), fmt.local_minute(window.ends_at, zone)
    today = now.astimezone(zone).date()
    if window.duration >= _DAYS_ONLY:
        return f"{fmt.day_name(begin.date(), today)} – {fmt.day_name(end.date(), today)}"
    began = f"{fmt.day_name(begin.date(), today)} {fmt.clock(window.starts_at, zone)}"
    until = "" if begin.date() == end.date() else f"{fmt.day_name(end.date(), today)} "
    return f"{began} – {until}{fmt.clock(window.ends_at, zone)}"


def is_open(window: PastWindow, now: datetime) -> bool:
    return window.starts_at <= now < window.ends_at


def used_text(window: PastWindow) -> str:
    """`84 % used`; a part of a percent is seen, and 99.6 is not all."""
    return fmt.reading(100 - window.used_percent, used=True)
