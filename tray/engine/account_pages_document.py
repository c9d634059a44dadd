"""The pages of an account as `tankful usage --json` has them, and the way back. Pure.

    credits_history     {days: [{date, credits, surfaces: {NAME: credits}}], …}
    usage_breakdown     {units, counted_until, days: [{date, surfaces, models: [{model, speed, amount}]}], …}
    plan_limit_history  {counted_until, windows: [{starts_at, ends_at, used_percent, plan, models, complete}], …}

Each also has `dropped`, `source` and `fetched_at`, and is null where nothing is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from providers.domain.account_pages import (
    PAGES,
    AccountPage,
    AccountPages,
    CreditDay,
    CreditsHistory,
    ModelUse,
    PastWindow,
    PlanLimitHistory,
    SurfaceDay,
    UsageBreakdown,
)
from tray.engine.document_values import as_time

Document = Mapping[str, Any]
_PLACES = 6


def pages(known: AccountPages) -> dict[str, Any]:
    return {
        "credits_history": _credits(known.credits_history),
        "usage_breakdown": _breakdown(known.usage_breakdown),
        "plan_limit_history": _plan(known.plan_limit_history),
    }


def from_document(found: Document) -> AccountPages:
    """The inverse of `pages`; raises one of `published.DAMAGED`."""
    bought, breakdown, plan = map(found.get, PAGES)
    return AccountPages(
        credits_history=None if bought is None else _credits_of(bought),
        usage_breakdown=None if breakdown is None else _breakdown_of(breakdown),
        plan_limit_history=None if plan is None else _plan_of(plan),
    )


def _origin(page: AccountPage) -> dict[str, Any]:
    return {"dropped": page.dropped, "source": page.source, "fetched_at": as_time(page.fetched_at)}


def _credits(page: CreditsHistory | None) -> dict[str, Any] | None:
    if page is None:
        return None
    days = [
        {
            "date": each.day.isoformat(),
            "credits": round(each.credits, _PLACES),
            "surfaces": dict(each.surfaces),
        }
        for each in page.days
    ]
    return {"days": days, **_origin(page)}


def _breakdown(page: UsageBreakdown | None) -> dict[str, Any] | None:
    if page is None:
        return None
    days = [
        {
            "date": each.day.isoformat(),
            "surfaces": dict(each.surfaces),
            "models": [{"model": use.model, "speed": use.speed, "amount": use.amount} for use in each.models],
        }
        for each in page.days
    ]
    return {"units": page.units, "counted_until": as_time(page.counted_until), "days": days, **_origin(page)}


def _plan(page: PlanLimitHistory | None) -> dict[str, Any] | None:
    if page is None:
        return None
    windows = [
        {
            "starts_at": as_time(each.starts_at),
            "ends_at": as_time(each.ends_at),
            "used_percent": each.used_percent,
            "plan": each.plan,
            "models": dict(each.models),
            "complete": each.complete,
        }
        for each in page.windows
    ]
    return {"counted_until": as_time(page.counted_until), "windows": windows, **_origin(page)}


def _origin_of(found: Document) -> dict[str, Any]:
    at = _time(found["fetched_at"])
    return {"dropped": found["dropped"], "source": found["source"], "fetched_at": at}


def _credits_of(found: Document) -> CreditsHistory:
    days = tuple(
        CreditDay(day=date.fromisoformat(each["date"]), surfaces=_numbers(each["surfaces"]))
        for each in found["days"]
    )
    return CreditsHistory(days=days, **_origin_of(found))


def _breakdown_of(found: Document) -> UsageBreakdown:
    days = tuple(
        SurfaceDay(
            day=date.fromisoformat(each["date"]),
            surfaces=_numbers(each["surfaces"]),
            models=tuple(
                ModelUse(model=use["model"], speed=use["speed"], amount=float(use["amount"]))
                for use in each["models"]
            ),
        )
        for each in found["days"]
    )
    until = found["counted_until"]
    return UsageBreakdown(
        units=found["units"], counted_until=until and _time(until), days=days, **_origin_of(found)
    )


def _plan_of(found: Document) -> PlanLimitHistory:
    windows = tuple(
        PastWindow(
            starts_at=_time(each["starts_at"]),
            ends_at=_time(each["ends_at"]),
            used_percent=float(each["used_percent"]),
            plan=each["plan"],
            models=_numbers(each["models"]),
            complete=each["complete"],
        )
        for each in found["windows"]
    )
    until = found["counted_until"]
    return PlanLimitHistory(counted_until=until and _time(until), windows=windows, **_origin_of(found))


def _numbers(found: Document) -> dict[str, float]:
    return {name: float(value) for name, value in found.items()}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
