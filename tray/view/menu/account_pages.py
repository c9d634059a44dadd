"""An account's own pages in its submenu: credits by day, use by surface, past windows. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from providers.domain.account_pages import CreditsHistory, PlanLimitHistory, UsageBreakdown
from providers.domain.limits import AccountUsage
from tray.view import account_pages as pages
from tray.view import format as fmt
from tray.view.rows import Row, separator_row, submenu_row, text_row

_MOST_DAYS = 7
_MOST_WINDOWS = 8
_MOST_SURFACES = 8
_LONG_WINDOW = timedelta(days=2)
_OLD = timedelta(hours=3)


def account_page_rows(key: str, usage: AccountUsage, now: datetime, zone: tzinfo) -> Iterator[Row]:
    """A submenu for each page with anything on it."""
    known = usage.pages
    if known.credits_history is not None and known.credits_history.days:
        yield submenu_row(f"{key}:credit-days", "Credits history", _credits(key, known.credits_history, now))
    if known.usage_breakdown is not None and known.usage_breakdown.days:
        yield submenu_row(f"{key}:surfaces", "Usage by surface", _surfaces(key, known.usage_breakdown, now))
    if known.plan_limit_history is not None and known.plan_limit_history.windows:
        rows = _windows(key, known.plan_limit_history, now, zone)
        yield submenu_row(f"{key}:past-windows", "Past windows", rows)


def _credits(key: str, history: CreditsHistory, now: datetime) -> Iterator[Row]:
    today = now.date()
    for day in history.days[:_MOST_DAYS]:
        text = f"{pages.day_text(day.day, today)}{fmt.DOT}{pages.amount(day.credits, 'credits')}"
        if len(day.surfaces) > 1:
            text += f"{fmt.DOT}{pages.parts_text(day.surfaces)}"
        elif day.surfaces:
            text += f"{fmt.DOT}{pages.surface_name(next(iter(day.surfaces)))}"
        yield text_row(f"{key}:credit-day:{day.day}", text)
    yield separator_row(f"{key}:credit-days:line")
    if (total := pages.credits_line(history, now)) is not None:
        yield text_row(f"{key}:credit-days:total", total)
    yield from _age(f"{key}:credit-days", history.fetched_at, now)


def _surfaces(key: str, breakdown: UsageBreakdown, now: datetime) -> Iterator[Row]:
    """In credits the sums of all days; in percent the newest days."""
    totals = pages.surface_totals(breakdown)
    whole = sum(value for value in totals.values() if value > 0)
    for surface, value in list(totals.items())[:_MOST_SURFACES]:
        parts = (pages.surface_name(surface), pages.amount(value, "credits"), fmt.share(value, whole))
        yield text_row(f"{key}:surface:{surface}", fmt.DOT.join(filter(None, parts)))
    if not totals:
        for day in breakdown.days[:_MOST_DAYS]:
            parts_text = pages.parts_text(day.surfaces, breakdown.units) or "nothing by surface"
            text = f"{pages.day_text(day.day, now.date())}{fmt.DOT}{parts_text}"
            yield text_row(f"{key}:surface-day:{day.day}", text)
    yield separator_row(f"{key}:surfaces:line")
    if totals:
        span = pages.days_covered((day.day for day in breakdown.days), now.date())
        yield text_row(f"{key}:surfaces:span", f"In {fmt.plural(span, 'day')}")
    yield from _age(f"{key}:surfaces", breakdown.fetched_at, now)


def _windows(key: str, history: PlanLimitHistory, now: datetime, zone: tzinfo) -> Iterator[Row]:
    """Weeks, where there are any: of short windows there are many."""
    weeks = [window for window in history.windows if window.duration >= _LONG_WINDOW]
    for window in (weeks or history.windows)[:_MOST_WINDOWS]:
        parts = [pages.window_span(window, now, zone), pages.used_text(window)]
        if pages.is_open(window, now):
            parts.append("so far")
        ident = f"{window.starts_at:%Y%m%d%H%M%S}-{window.ends_at:%Y%m%d%H%M%S}"
        yield text_row(f"{key}:past-window:{ident}", fmt.DOT.join(parts))
    yield separator_row(f"{key}:past-windows:line")
    yield from _age(f"{key}:past-windows", history.fetched_at, now)


def _age(key: str, fetched_at: datetime, now: datetime) -> Iterator[Row]:
    begin = "Last updated" if now - fetched_at > _OLD else "Updated"
    yield text_row(f"{key}:age", f"{begin} {fmt.age(now - fetched_at)}")
