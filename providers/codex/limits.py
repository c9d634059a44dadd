"""Codex's windows and credits, whichever way they came: one rule for all its sources.

A window is known by how long it is, never by the slot it was sent in: a plan with a weekly limit alone has it
in the slot where others have their five hours.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite

from providers.models import Credits, RateWindow

_NAMED = {300: ("session", "5h"), 10_080: ("weekly", "Weekly"), 43_200: ("monthly", "Monthly")}
_LARGEST_BALANCE = Decimal(10) ** 15


def window(used_percent: float, minutes: float | None, resets_at: float | None) -> RateWindow | None:
    """A window from what was sent; 0 for a length or a reset means that it is not known.

    `resets_at` is in epoch seconds. None when the share used is no share at all.
    """
    if not isfinite(used_percent) or used_percent < 0:
        return None
    whole = round(minutes) if minutes and isfinite(minutes) and 0 < minutes < 10_000_000 else None
    ident, title = ("window:unknown", "Limit") if whole is None else _name(whole)
    return RateWindow(
        id=ident,
        title=title,
        used_percent=used_percent,
        duration=timedelta(minutes=whole) if whole else None,
        resets_at=_moment(resets_at),
    )


def one_of_each(windows: list[RateWindow]) -> tuple[RateWindow, ...]:
    """Of two windows of the same length the one with less left: it is the one that blocks."""
    tightest: dict[str, RateWindow] = {}
    for found in windows:
        other = tightest.get(found.id)
        if other is None or found.used_percent > other.used_percent:
            tightest[found.id] = found
    return tuple(sorted(tightest.values(), key=lambda found: found.duration or timedelta.max))


def bought(*, has_credits: bool, unlimited: bool, balance: object) -> Credits | None:
    """The credits, None for an account that has none; raises ValueError for a balance that is no number."""
    if unlimited:
        return Credits(unlimited=True)
    amount = None if balance is None else _amount(balance)
    if amount is None:
        return Credits() if has_credits else None
    return Credits(balance=amount) if has_credits or amount else None


def _name(minutes: int) -> tuple[str, str]:
    if minutes in _NAMED:
        return _NAMED[minutes]
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(minutes, 60)
    title = f"{days}d" if not rest else f"{hours}h" if not left else f"{minutes}m"
    return f"window:{minutes}", title


def _moment(epoch: float | None) -> datetime | None:
    if not epoch or epoch < 0:
        return None
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _amount(balance: object) -> Decimal:
    if isinstance(balance, bool) or not isinstance(balance, int | float | str | Decimal):
        raise ValueError("a balance is a number")
    try:
        amount = Decimal(str(balance).strip())
    except InvalidOperation:
        raise ValueError("a balance is a number") from None
    if not amount.is_finite() or abs(amount) > _LARGEST_BALANCE:
        raise ValueError("a balance is a finite number")
    return amount
