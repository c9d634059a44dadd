"""The document of `tankful usage --json` as the state that views draw, so that all faces have the menu's words.

The way back from `document`. Times come back to the second, and what the clock makes of them is judged anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from providers.domain.cost_summary import CostSummary
from providers.domain.incident import Incident
from providers.domain.limits import (
    Account,
    AccountUsage,
    Credits,
    EarlyReset,
    RateWindow,
    ResetCredits,
    Sourced,
    Spend,
    UsageError,
    UsageSnapshot,
)
from providers.domain.rules import REFRESH_SECONDS
from providers.domain.usage_rate import UsageRate
from tray.engine import account_pages_document
from tray.engine.settings import Settings
from tray.engine.state import State

Document = Mapping[str, Any]
T = TypeVar("T")


def published_state(usage: Document, incidents: Document, settings: Settings) -> State:
    """Raises one of `published.DAMAGED` for what is damaged."""
    accounts = tuple(_account(each) for each in usage["providers"])
    every = max((each.refresh_every for each in accounts), default=timedelta(seconds=REFRESH_SECONDS))
    return State(
        settings=settings,
        snapshot=UsageSnapshot(generated_at=_time(usage["generated_at"]), accounts=accounts),
        incidents={provider: _incident(each) for provider, each in incidents.items()},
        refresh_every=every,
    )


def _account(found: Document) -> AccountUsage:
    known, cost = found["account"], found.get("cost")
    return AccountUsage(
        provider=found["provider"],
        title=found["title"],
        homes=tuple(found["homes"]),
        account=known and Account(id=known["id"], email=known["email"], plan=known["plan"]),
        windows=tuple(_lane(each, _window) for each in found["windows"]),
        credits=_lane_or_none(found["credits"], _credits),
        spend=_lane_or_none(found["spend"], _spend),
        resets=_lane_or_none(found["resets"], _resets),
        limit_reached_at=_time_or_none(found["limit_reached_at"]),
        login_ends_at=_time_or_none(found["login_ends_at"]),
        limits_known=found["limits_known"],
        early_resets=tuple(_early(each) for each in found["early_resets"]),
        rates=tuple(_rate(each["id"], rate) for each in found["windows"] if (rate := each.get("rate"))),
        pages=account_pages_document.from_document(found),
        cost=cost and _cost(cost),
        source_titles=found.get("source_titles", {}),
        error=found["error"] and _error(found["error"]),
        refresh_every=timedelta(seconds=found.get("refresh_seconds", REFRESH_SECONDS)),
    )


def _lane(found: Document, make: Callable[[Document], T]) -> Sourced[T]:
    return Sourced(value=make(found), source=found["source"], fetched_at=_time(found["fetched_at"]))


def _lane_or_none(found: Document | None, make: Callable[[Document], T]) -> Sourced[T] | None:
    return None if found is None else _lane(found, make)


def _window(found: Document) -> RateWindow:
    minutes = found["window_minutes"]
    return RateWindow(
        id=found["id"],
        title=found["title"],
        used_percent=float(found["used_percent"]),
        duration=None if minutes is None else timedelta(minutes=minutes),
        resets_at=_time_or_none(found["resets_at"]),
    )


def _credits(found: Document) -> Credits:
    balance = found["balance"]
    return Credits(
        balance=None if balance is None else Decimal(balance),
        unlimited=found["unlimited"],
        carries_on=found.get("carries_on", True),
    )


def _spend(found: Document) -> Spend:
    return Spend(
        used=Decimal(found["used"]),
        limit=None if found["limit"] is None else Decimal(found["limit"]),
        currency=found["currency"],
        resets_at=_time_or_none(found["resets_at"]),
        carries_on=found["carries_on"],
    )


def _resets(found: Document) -> ResetCredits:
    return ResetCredits(available=found["available"], expires_at=_time_or_none(found["expires_at"]))


def _early(found: Document) -> EarlyReset:
    return EarlyReset(
        window=found["window"],
        at=_time(found["at"]),
        refilled=found["refilled"],
        resets_at=_time_or_none(found["resets_at"]),
    )


def _rate(window: str, found: Document) -> UsageRate:
    return UsageRate(
        window=window,
        percent_per_hour=found["percent_per_hour"],
        slowest=found["slowest"],
        fastest=found["fastest"],
        over=timedelta(minutes=found["over_minutes"]),
        at=_time(found["at"]),
    )


def _cost(found: Document) -> CostSummary | None:
    """None where the 30 days have passed, or nobody knows what was used in them."""
    if found["days_30_tokens"] is None:
        return None
    return CostSummary(
        today_usd=found["today_usd"],
        today_tokens=found["today_tokens"] or 0,  # whether it is known, `has_today` tells
        days_30_usd=found["days_30_usd"],
        days_30_tokens=found["days_30_tokens"],
        priced=found["priced"],
        complete=found["complete"],
        has_logs=found["has_logs"],
        unpriced_models=tuple(found["unpriced_models"]),
        not_on_lines_usd=found.get("not_on_lines_usd"),
        not_on_lines_tokens=found.get("not_on_lines_tokens") or 0,
    )


def _error(found: Document) -> UsageError:
    return UsageError(
        kind=found["kind"],
        message=found["message"],
        remedy=found["remedy"],
        retry_at=_time_or_none(found["retry_at"]),
    )


def _incident(found: Document) -> Incident:
    return Incident(
        title=found["title"], impact=found["impact"], updated_at=_time_or_none(found["updated_at"])
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else _time(text)
