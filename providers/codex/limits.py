"""Codex's windows, credits and names, whichever way they came: one rule for all its sources.

A window is known by how long it is, never by the slot it was sent in: a plan with a weekly limit alone has it
in the slot where others have their five hours.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

import msgspec
from msgspec import Struct

from providers.models import Credits, RateWindow

_NAMED = {300: ("session", "5h"), 10_080: ("weekly", "Weekly"), 43_200: ("monthly", "Monthly")}
_LARGEST_BALANCE = Decimal(10) ** 15
_LARGEST_PERCENT = 10_000
_FURTHEST_RESET = timedelta(days=400)
_RESET_SLACK = timedelta(days=1)
_PLAN = re.compile(r"[\w .+-]{1,40}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


class _SentCredits(Struct, frozen=True):
    has_credits: bool = False
    unlimited: bool = False
    balance: str | float | None = None


def window(
    used_percent: float, minutes: float | None, resets_at: float | None, now: datetime
) -> RateWindow | None:
    """A window from what was sent; 0 for a length or a reset means that it is not known.

    `resets_at` is in epoch seconds. None when the share used is no share at all.
    """
    if not 0 <= used_percent <= _LARGEST_PERCENT:
        return None
    whole = round(minutes) if minutes and isfinite(minutes) and 0 < minutes < 10_000_000 else None
    ident, title = ("window:unknown", "Limit") if whole is None else _name(whole)
    return RateWindow(
        id=ident,
        title=title,
        used_percent=used_percent,
        duration=timedelta(minutes=whole) if whole else None,
        resets_at=_reset(resets_at, whole, now),
    )


def one_of_each(windows: list[RateWindow]) -> tuple[RateWindow, ...]:
    """Of two windows of the same length the one with less left: it is the one that blocks."""
    tightest: dict[str, RateWindow] = {}
    for found in windows:
        other = tightest.get(found.id)
        if other is None or found.used_percent > other.used_percent:
            tightest[found.id] = found
    return tuple(sorted(tightest.values(), key=lambda found: found.duration or timedelta.max))


def bought(raw: Any) -> Credits | None:
    """The credits, None for an account that has none; raises ValueError for what cannot be understood."""
    try:
        sent = msgspec.convert(raw, _SentCredits)
    except msgspec.ValidationError:
        raise ValueError("no credits") from None
    if sent.unlimited:
        return Credits(unlimited=True)
    amount = None if sent.balance is None else _amount(sent.balance)
    if amount is None:
        return Credits() if sent.has_credits else None
    return Credits(balance=amount) if sent.has_credits or amount else None


def plan(raw: Any) -> str | None:
    """The plan's name; None for what is no such name. It is shown, stored and logged: anything could be in it."""
    return raw if isinstance(raw, str) and _PLAN.fullmatch(raw) else None


def email(raw: Any) -> str | None:
    """The address; None for what is none, under the same suspicion."""
    if isinstance(raw, str) and len(raw) <= 254 and raw.isprintable() and _EMAIL.fullmatch(raw):
        return raw
    return None


def _name(minutes: int) -> tuple[str, str]:
    if minutes in _NAMED:
        return _NAMED[minutes]
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(minutes, 60)
    title = f"{days}d" if not rest else f"{hours}h" if not left else f"{minutes}m"
    return f"window:{minutes}", title


def _reset(epoch: float | None, minutes: int | None, now: datetime) -> datetime | None:
    """When it refills; a moment further away than the window is long is a fault, of theirs or of our clock."""
    if not epoch or epoch < 0:
        return None
    furthest = _FURTHEST_RESET
    if minutes is not None:
        furthest = min(furthest, timedelta(minutes=minutes) + _RESET_SLACK)
    try:
        moment = datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment if moment - now <= furthest else None


def _amount(balance: str | float) -> Decimal:
    try:
        amount = Decimal(str(balance).strip())
    except InvalidOperation:
        raise ValueError("a balance is a number") from None
    if not amount.is_finite() or abs(amount) > _LARGEST_BALANCE:
        raise ValueError("a balance is a finite number")
    return amount
