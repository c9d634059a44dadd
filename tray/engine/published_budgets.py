"""The budgets of snapshot.json as of now, with the standard library alone.

What is published of a budget is how much was used, and of which day or window that is; whether that is over, what
the period will come to, and whether the budget is spent, is judged here by the reader's own clock.
"""

from __future__ import annotations

from datetime import date

from providers.domain import budgets, rules
from providers.domain.work_days import ALL, work_spans
from tray.engine.iso_time import epoch, iso
from tray.engine.published_settings import work_days

_FIRST_YEAR, _LAST_YEAR = -62_135_500_000.0, 253_402_200_000.0
"""In epoch seconds: what has a date."""
TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from datetime import tzinfo
    from typing import Any

    Document = dict[str, Any]


def as_of(snapshot: Document, now: float, zone: tzinfo | None = None) -> list[Document]:
    """The budgets that are set, as of `now` (epoch s): by period, of a share one for each account.

        {"period": "day" | "week" | "month", "unit": "usd" | "percent", "limit": 20.0, "used": 12.4 | null,
         "at_least": false, "up_to_date": true, "forecast": 18.2 | null, "verdict": "ok" | "will_exceed" |
         "nearly_spent" | "spent" | "unknown", "starts_at": ISO | null, "ends_at": ISO | null, "provider": null,
         "title": null, "account": null}

    `used` is null once its period is over, and while it is not known; `at_least` says that it is a lower bound,
    `up_to_date` is false where that is because nobody has looked for new logs. Percentages are of the weekly limit
    of an account; dollars are those of all accounts, which have no provider.
    """
    days = work_days(snapshot)
    return [judged(fact, now, days, zone) for fact in snapshot.get("budgets", ())]


def judged(fact: Document, now: float, days: str = ALL, zone: tzinfo | None = None) -> Document:
    """A budget as published, as of `now`; `days` are the work days (see `work_days.DAYS`)."""
    starts, ends = _bounds(fact, zone)
    has_begun = "day" not in fact if starts is None else starts - rules.CLOCK_SLACK_SECONDS <= now
    used = fact["used"] if has_begun and (ends is None or now < ends) else None
    expected = None
    if used is not None and starts is not None and ends is not None:
        work = work_spans(now, starts - now, ends - now, days, zone)
        rate = _rate(fact.get("rate"), now)
        expected = budgets.forecast(used, now - starts, ends - now, work, rate)
    return {
        "period": fact["period"],
        "unit": fact["unit"],
        "limit": fact["limit"],
        "used": used,
        "at_least": fact["at_least"],
        "up_to_date": fact.get("up_to_date", True),
        "forecast": None if expected is None else round(expected, 2),
        "verdict": budgets.verdict(used, fact["limit"], expected),
        "starts_at": _iso(starts),
        "ends_at": _iso(ends),
        **{name: fact.get(name) for name in ("provider", "title", "account")},
    }


def _bounds(fact: Document, zone: tzinfo | None) -> tuple[float | None, float | None]:
    """When the period of a budget begins and ends: that of its `day`, or that of its window."""
    if "day" in fact:
        day = date.fromisoformat(fact["day"])
        try:
            first, after = budgets.days_of(fact["period"], day)
            return budgets.midnight(first, zone), budgets.midnight(after, zone)
        except (OverflowError, ValueError, OSError):  # a year that the platform lacks
            return None, None
    ends, minutes = fact.get("resets_at"), fact.get("window_minutes")
    if ends is None:
        return None, None
    until = epoch(ends)
    return (None if minutes is None else until - minutes * 60), until


def _rate(rate: Document | None, now: float) -> float | None:
    """Percent per hour of work time, while that still says something of now."""
    if rate is None:
        return None
    age = now - epoch(rate["at"])
    per_hour: float = rate["percent_per_hour"]
    return per_hour if rules.is_rate_current(rate["over_minutes"] * 60, age) else None


def _iso(at: float | None) -> str | None:
    return iso(at) if at is not None and _FIRST_YEAR <= at <= _LAST_YEAR else None
