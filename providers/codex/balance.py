"""What Codex's accounts have besides their limits: credits, resets to redeem, and amounts of money."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from providers.domain.limits import Credits, ResetCredits, Spend
from providers.domain.scalars import flag, moment, whole

_LARGEST_BALANCE = Decimal(10) ** 15
_LONGEST_AMOUNT = 80
_SMALLEST_PLACE = -60  # rounding errors of float sums end at about the 32nd
_MOST_PLACES = 6
_MOST_RESETS = 10_000
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_USABLE = (None, "available")


def bought(sent: Mapping[str, Any], *, usable: bool = True) -> Credits | None:
    """The credits from `{has_credits, unlimited, balance}`, None for an account that has none.

    `usable` is False where the server reports that they cannot be used. Raises ValueError for a malformed balance
    of credits that are not unlimited.
    """
    if flag(sent.get("unlimited")):
        return Credits(unlimited=True, carries_on=usable)
    has, balance = flag(sent.get("has_credits")), amount(sent.get("balance"))
    if not has and not balance:
        return None
    return Credits(balance=balance, carries_on=usable)


def resets(sent: Mapping[str, Any], now: datetime) -> ResetCredits:
    """The resets to redeem, from `{available_count, credits: [{status, expires_at}] | null}`, and the next expiry.

    A malformed one among them is skipped. Raises ValueError for an invalid number of them.
    """
    available = whole(sent.get("available_count"))
    if available is None or not 0 <= available <= _MOST_RESETS:
        raise ValueError("a number of resets is a whole number")
    listed = sent.get("credits")
    each = [reset for reset in listed if isinstance(reset, dict)] if isinstance(listed, list) else []
    expiries = [_expiry(reset) for reset in each if reset.get("status") in _USABLE]
    return ResetCredits(available=available, expires_at=_next(expiries, now) if available else None)


def spend(sent: Mapping[str, Any], resets_at: datetime | None) -> Spend | None:
    """The money of a spend cap, from `{used, limit, unit}`; None where its unit is not a currency but credits.

    Whole units of the currency, or with `decimal_places` minor ones. Raises ValueError for malformed amounts.
    """
    unit = sent.get("currency") or sent.get("unit")
    if not isinstance(unit, str) or not _CURRENCY.fullmatch(unit):
        return None
    stated = sent.get("decimal_places")
    places = 0 if stated is None else whole(stated)
    if places is None or not 0 <= places <= _MOST_PLACES:
        raise ValueError("a currency has few places")
    used, limit = _major(sent.get("used"), places), _major(sent.get("limit"), places)
    if used is None:
        return None
    return Spend(used=used, limit=limit, currency=unit.upper(), resets_at=resets_at)


def amount(raw: Any) -> Decimal | None:
    """A number, or one in a string; None stays None. Raises ValueError for anything else."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueError("an amount is a number")
    try:
        text = str(raw).strip()
        value = Decimal(text)
    except (InvalidOperation, ValueError):  # the latter for thousands of digits
        raise ValueError("an amount is a number") from None
    if not value.is_finite() or abs(value) > _LARGEST_BALANCE:
        raise ValueError("an amount is a finite number")
    exponent = value.as_tuple().exponent
    if len(text) > _LONGEST_AMOUNT or (isinstance(exponent, int) and exponent < _SMALLEST_PLACE):
        raise ValueError("an amount has few places")  # 1e-999999 is a megabyte of zeros, written out
    return value


def _major(raw: Any, places: int) -> Decimal | None:
    value = amount(raw)
    return None if value is None else value.scaleb(-places)


def _expiry(reset: Mapping[str, Any]) -> datetime | None:
    """Camel case from app-server."""
    return moment(reset.get("expires_at", reset.get("expiresAt")))


def _next(expiries: Iterable[datetime | None], now: datetime) -> datetime | None:
    """A time far away is valid here: a reset may be kept for a year."""
    return min((expiry for expiry in expiries if expiry is not None and expiry > now), default=None)
