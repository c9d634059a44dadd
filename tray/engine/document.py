"""The published form of a snapshot: the shape of `tankful usage --json`, which snapshot.json holds too. Pure.

Facts alone: what the clock makes of them (`stale`, `pace`, `blocked`) is judged by `published`, by whoever reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from providers.domain.cost_summary import CostSummary, DayCost
from providers.domain.limits import (
    AccountUsage,
    Attempt,
    Credits,
    EarlyReset,
    RateWindow,
    ResetCredits,
    Sourced,
    Spend,
    UsageError,
    UsageSnapshot,
)
from providers.domain.rules import left_percent
from providers.domain.usage_rate import UsageRate
from providers.domain.work_days import ALL
from tray.engine import account_pages_document, published, published_budgets
from tray.engine.document_values import as_time, as_usd, burn


def usage(
    snapshot: UsageSnapshot,
    now: datetime,
    work_days: str = ALL,
    zone: tzinfo | None = None,
    budgets: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The document of `tankful usage --json`, as of `now`; `zone` is the system's own if not given.

    `budgets` are as published (`budgets.facts`).
    """
    at = now.timestamp()
    document = {
        "schema": "tankful.usage/1",
        "generated_at": as_time(snapshot.generated_at),
        "providers": accounts(snapshot),
    }
    judged = [published_budgets.judged(fact, at, work_days, zone) for fact in budgets]
    return {**published.as_of(document, at, work_days, zone), "budgets": judged}


def accounts(snapshot: UsageSnapshot) -> list[dict[str, Any]]:
    return [_account(account) for account in snapshot.accounts]


def _account(usage: AccountUsage) -> dict[str, Any]:
    known = usage.account
    rates = {rate.window: rate for rate in usage.rates}
    return {
        "provider": usage.provider,
        "title": usage.title,
        "homes": list(usage.homes),
        "account": {"id": known.id, "email": known.email, "plan": known.plan} if known else None,
        "windows": [_window(lane, rates.get(lane.value.id)) for lane in usage.windows],
        "credits": _credits(usage.credits) if usage.credits else None,
        "spend": _spend(usage.spend) if usage.spend else None,
        "resets": _resets(usage.resets) if usage.resets else None,
        "limits_known": usage.limits_known,
        "limit_reached_at": as_time(usage.limit_reached_at),
        "login_ends_at": as_time(usage.login_ends_at),
        "refresh_seconds": usage.refresh_every.total_seconds(),
        "early_resets": [_early(reset) for reset in usage.early_resets],
        "daily_tokens": {day.day.isoformat(): day.tokens for day in usage.tokens},
        **account_pages_document.pages(usage.pages),
        "cost": cost_summary(usage.cost) if usage.cost else None,
        "source_titles": dict(usage.source_titles),
        "attempts": [_attempt(attempt) for attempt in usage.attempts],
        "error": _error(usage.error) if usage.error else None,
    }


def _window(lane: Sourced[RateWindow], rate: UsageRate | None) -> dict[str, Any]:
    """`rate` is absent where there is none."""
    window = lane.value
    return {
        "id": window.id,
        "title": window.title,
        "scope": window.scope,
        "used_percent": window.used_percent,
        "remaining_percent": left_percent(window.used_percent),
        "window_minutes": round(window.duration.total_seconds() / 60) if window.duration else None,
        "resets_at": as_time(window.resets_at),
        **({"rate": rate_data(rate)} if rate else {}),
        **_origin(lane),
    }


def rate_data(rate: UsageRate) -> dict[str, Any]:
    return {
        "percent_per_hour": rate.percent_per_hour,
        "slowest": rate.slowest,
        "fastest": rate.fastest,
        "over_minutes": round(rate.over.total_seconds() / 60),
        "at": as_time(rate.at),
    }


def _credits(lane: Sourced[Credits]) -> dict[str, Any]:
    balance = lane.value.balance
    return {
        "balance": None if balance is None else f"{balance:f}",
        "unlimited": lane.value.unlimited,
        "carries_on": lane.value.carries_on,
        **_origin(lane),
    }


def _spend(lane: Sourced[Spend]) -> dict[str, Any]:
    spend = lane.value
    return {
        "used": f"{spend.used:f}",
        "limit": None if spend.limit is None else f"{spend.limit:f}",
        "currency": spend.currency,
        "resets_at": as_time(spend.resets_at),
        "carries_on": spend.carries_on,
        **_origin(lane),
    }


def _resets(lane: Sourced[ResetCredits]) -> dict[str, Any]:
    return {
        "available": lane.value.available,
        "expires_at": as_time(lane.value.expires_at),
        **_origin(lane),
    }


def _origin(lane: Sourced[Any]) -> dict[str, Any]:
    return {"source": lane.source, "fetched_at": as_time(lane.fetched_at)}


def _early(reset: EarlyReset) -> dict[str, Any]:
    return {
        "window": reset.window,
        "at": as_time(reset.at),
        "refilled": reset.refilled,
        "resets_at": as_time(reset.resets_at),
    }


def cost_summary(cost: CostSummary) -> dict[str, Any]:
    return {
        "today_usd": as_usd(cost.today_usd),
        "days_7_usd": as_usd(cost.days_7_usd),
        "days_30_usd": as_usd(cost.days_30_usd),
        "month_usd": as_usd(cost.month_usd),
        "today_tokens": _tokens(cost.today_usd, cost.today_tokens),
        "days_7_tokens": cost.days_7_tokens,
        "days_30_tokens": cost.days_30_tokens,
        "not_on_lines_usd": as_usd(cost.not_on_lines_usd),
        "not_on_lines_tokens": cost.not_on_lines_tokens,
        "month_tokens": _tokens(cost.month_usd, cost.month_tokens),
        "burn": burn(cost.burn),
        "last_days": days(cost.last_days),
        "priced": cost.priced,
        "complete": cost.complete,
        "has_logs": cost.has_logs,
        "unpriced_models": list(cost.unpriced_models),
    }


def _tokens(usd: float | None, tokens: int) -> int | None:
    """Nothing used costs nothing: without a price nothing is unknown."""
    return None if usd is None and not tokens else tokens


def days(costs: Iterable[DayCost]) -> list[dict[str, Any]]:
    return [{"day": cost.day.isoformat(), "usd": as_usd(cost.usd), "tokens": cost.tokens} for cost in costs]


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "source": attempt.source,
        "ok": attempt.ok,
        "error": _error(attempt.error) if attempt.error else None,
        "ms": attempt.ms,
        "notes": list(attempt.notes),
    }


def _error(error: UsageError) -> dict[str, Any]:
    return {
        "kind": error.kind,
        "message": error.message,
        "remedy": error.remedy,
        "retry_at": as_time(error.retry_at),
    }
