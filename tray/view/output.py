"""Snapshots as JSON (schema `tankful.usage/1`) and rows as text. Pure but for `emit`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from providers.domain.blocked import blocked
from providers.domain.cost import CostSummary
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
from providers.domain.merge import is_stale
from providers.domain.pace import pace
from tray.view import format as fmt
from tray.view.extras import recent
from tray.view.menu import is_past
from tray.view.rows import Row, lines


def emit(text: str) -> None:
    """Data to stdout; a character its encoding lacks becomes a question mark rather than an error."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print(text, flush=True)


def as_json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def as_text(rows: tuple[Row, ...]) -> str:
    return "\n".join(lines(rows))


def as_usd(usd: float | None) -> float | None:
    """A millionth of a dollar is the last digit that means anything."""
    return None if usd is None else round(usd, 6)


def as_time(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def usage(snapshot: UsageSnapshot, now: datetime) -> dict[str, Any]:
    """The shape of `tankful usage --json`."""
    return {
        "schema": "tankful.usage/1",
        "generated_at": as_time(snapshot.generated_at),
        "providers": [_account(account, now) for account in snapshot.accounts],
    }


def _account(usage: AccountUsage, now: datetime) -> dict[str, Any]:
    known = usage.account
    return {
        "provider": usage.provider,
        "homes": list(usage.homes),
        "account": {"id": known.id, "email": known.email, "plan": known.plan} if known else None,
        "windows": [_window(lane, now) for lane in usage.windows],
        "credits": _credits(usage.credits, now) if usage.credits else None,
        "spend": _spend(usage.spend, now) if usage.spend else None,
        "resets": _resets(usage.resets, now) if usage.resets else None,
        "blocked": _blocked(usage, now),
        "login_ends_at": as_time(usage.login_ends_at),
        "early_resets": [_early(reset) for reset in recent(usage, now)],
        "daily_tokens": {day.day.isoformat(): day.tokens for day in usage.tokens},
        "cost": _summary(usage.cost) if usage.cost else None,
        "attempts": [_attempt(attempt) for attempt in usage.attempts],
        "error": _error(usage.error) if usage.error else None,
    }


def _window(lane: Sourced[RateWindow], now: datetime) -> dict[str, Any]:
    window = lane.value
    tempo = None if is_past(lane, now) else pace(window, now)
    return {
        "id": window.id,
        "title": window.title,
        "used_percent": window.used_percent,
        "remaining_percent": fmt.left_percent(window.used_percent),
        "window_minutes": round(window.duration.total_seconds() / 60) if window.duration else None,
        "resets_at": as_time(window.resets_at),
        "source": lane.source,
        "fetched_at": as_time(lane.fetched_at),
        "stale": is_stale(lane.fetched_at, window.resets_at, now),
        "pace": None
        if tempo is None
        else {
            "expected_percent": round(tempo.expected_percent, 1),
            "runs_out_at": as_time(tempo.runs_out_at),
            "verdict": tempo.verdict,
        },
    }


def _credits(lane: Sourced[Credits], now: datetime) -> dict[str, Any]:
    balance = lane.value.balance
    return {
        "balance": None if balance is None else f"{balance:f}",
        "unlimited": lane.value.unlimited,
        "source": lane.source,
        "fetched_at": as_time(lane.fetched_at),
        "stale": is_stale(lane.fetched_at, None, now),
    }


def _spend(lane: Sourced[Spend], now: datetime) -> dict[str, Any]:
    spend = lane.value
    return {
        "used": f"{spend.used:f}",
        "limit": None if spend.limit is None else f"{spend.limit:f}",
        "currency": spend.currency,
        "resets_at": as_time(spend.resets_at),
        "source": lane.source,
        "fetched_at": as_time(lane.fetched_at),
        "stale": is_stale(lane.fetched_at, spend.resets_at, now),
    }


def _resets(lane: Sourced[ResetCredits], now: datetime) -> dict[str, Any]:
    return {
        "available": lane.value.available,
        "expires_at": as_time(lane.value.expires_at),
        "source": lane.source,
        "fetched_at": as_time(lane.fetched_at),
        "stale": is_stale(lane.fetched_at, lane.value.expires_at, now),
    }


def _blocked(usage: AccountUsage, now: datetime) -> dict[str, Any] | None:
    block = blocked(usage, now)
    if block is None:
        return None
    return {
        "by": [lane.value.id for lane in block.by],
        "until": as_time(block.until),
        "credits_left": block.credits_left,
    }


def _early(reset: EarlyReset) -> dict[str, Any]:
    return {
        "window": reset.window,
        "at": as_time(reset.at),
        "refilled": reset.refilled,
        "resets_at": as_time(reset.resets_at),
    }


def _summary(cost: CostSummary) -> dict[str, Any]:
    return {
        "today_usd": as_usd(cost.today_usd),
        "days_30_usd": as_usd(cost.days_30_usd),
        "today_tokens": cost.today_tokens,
        "days_30_tokens": cost.days_30_tokens,
        "priced": cost.priced,
        "complete": cost.complete,
    }


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
