"""Codex's windows, credits and names, shared by all its sources.

A window is identified by its duration, never by the slot it was sent in: a plan with only a weekly limit has it
in the slot where others have their five hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.domain.limits import Credits, RateWindow, ResetCredits

_NAMED = {300: ("session", "5h"), 10_080: ("weekly", "Weekly"), 43_200: ("monthly", "Monthly")}
_LARGEST_BALANCE = Decimal(10) ** 15
_LONGEST_AMOUNT = 80
_SMALLEST_PLACE = -60  # rounding errors of float sums end at about the 32nd
_LARGEST_PERCENT = 10_000
_FURTHEST_RESET = timedelta(days=400)
_RESET_SLACK = timedelta(days=1)
_NAME = re.compile(r"[\w .+-]{1,40}")
_NO_SLUG = re.compile(r"[^a-z0-9_.]+")
_MOST_RESETS = 10_000
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


class _SentCredits(Struct, frozen=True):
    has_credits: bool = False
    unlimited: bool = False
    balance: str | float | None = None


def window(
    used_percent: float, minutes: float | None, resets_at: float | None, now: datetime
) -> RateWindow | None:
    """A window from the values sent; 0 for a duration or a reset means that it is unknown.

    `resets_at` is in epoch seconds. None for an invalid percentage.
    """
    if not 0 <= used_percent <= _LARGEST_PERCENT:
        return None
    whole = round(minutes) if minutes and isfinite(minutes) and 0 < minutes < 10_000_000 else None
    ident, title = ("window:unknown", "Limit") if whole is None else _by_length(whole)
    return RateWindow(
        id=ident,
        title=title,
        used_percent=used_percent,
        duration=timedelta(minutes=whole) if whole else None,
        resets_at=_reset(resets_at, whole, now),
    )


def of_model(found: RateWindow, metered: Any, shown_as: Any) -> RateWindow | None:
    """The window of a model with limits of its own: `model:codex_bengalfox:weekly`, titled by the model's name.

    `metered` is the metered feature (`metered_feature`, `limitId`), `shown_as` the display name (`limit_name`,
    `limitName`); either may be missing. None where neither is valid.
    """
    slug = _slug(metered) or _slug(shown_as)
    return None if slug is None else _part(found, f"model:{slug}", name(shown_as) or slug)


def of_code_review(found: RateWindow) -> RateWindow:
    """The window of code reviews: `code_review:weekly`."""
    return _part(found, "code_review", "Code review")


def individual(remaining_percent: float, resets_at: float | None, now: datetime) -> RateWindow | None:
    """A member's own spend cap within their workspace; None for an invalid percentage.

    Its duration is unknown; the server sends what remains, which is below 0 once the cap is exceeded.
    """
    if not -_LARGEST_PERCENT <= remaining_percent <= 100:
        return None
    return RateWindow(
        id="individual",
        title="Spend cap",
        used_percent=100 - remaining_percent,
        resets_at=_reset(resets_at, None, now),
    )


def reset_credits(available: int, expiries: Iterable[Any], now: datetime) -> ResetCredits:
    """Available resets, with the next expiry; raises ValueError for an invalid number of them.

    An expiry is an ISO date or epoch seconds, as sent; one that is neither, or is past, is ignored.
    """
    if isinstance(available, bool) or not isinstance(available, int) or not 0 <= available <= _MOST_RESETS:
        raise ValueError("a number of resets is a whole number")
    ahead = [moment for moment in map(_expiry, expiries) if moment is not None and moment > now]
    return ResetCredits(available=available, expires_at=min(ahead, default=None) if available else None)


def one_of_each(windows: list[RateWindow]) -> tuple[RateWindow, ...]:
    """Of two windows of the same duration the one with less left: it is the one that blocks."""
    tightest: dict[str, RateWindow] = {}
    for found in windows:
        other = tightest.get(found.id)
        if other is None or found.used_percent > other.used_percent:
            tightest[found.id] = found
    return tuple(sorted(tightest.values(), key=lambda found: found.duration or timedelta.max))


def bought(raw: Any) -> Credits | None:
    """The credits, None for an account that has none; raises ValueError for malformed ones."""
    try:
        sent = msgspec.convert(raw, _SentCredits)
    except msgspec.ValidationError:
        raise ValueError("no credits") from None
    if sent.unlimited:
        return Credits(unlimited=True)
    balance = amount(sent.balance)
    if balance is None:
        return Credits() if sent.has_credits else None
    return Credits(balance=balance) if sent.has_credits or balance else None


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


def plan(raw: Any) -> str | None:
    """The plan's name; None for an invalid one. It is shown, stored and logged, and could contain anything."""
    return name(raw)


def name(raw: Any) -> str | None:
    """A name, as of a plan or a model; None for an invalid one, for the same reason."""
    return raw if isinstance(raw, str) and _NAME.fullmatch(raw) and raw.strip() else None


def email(raw: Any) -> str | None:
    """The address; None for an invalid one, for the same reason."""
    if isinstance(raw, str) and len(raw) <= 254 and raw.isprintable() and _EMAIL.fullmatch(raw):
        return raw
    return None


def _slug(raw: Any) -> str | None:
    """A name as used in a window's id: lower case, with a dash for anything but letters, digits, _ and dots."""
    named = name(raw)
    return (_NO_SLUG.sub("-", named.lower()).strip("-.") or None) if named else None


def _part(found: RateWindow, lane: str, shown_as: str) -> RateWindow:
    which = found.id.removeprefix("window:")
    return replace(found, id=f"{lane}:{which}", title=f"{shown_as} {found.title}")


def _expiry(raw: Any) -> datetime | None:
    """Times far away are valid here: a reset may be kept for a year."""
    try:
        if isinstance(raw, str):
            moment = datetime.fromisoformat(raw)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(raw, int | float) and not isinstance(raw, bool) and raw > 0:
            return datetime.fromtimestamp(raw, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _by_length(minutes: int) -> tuple[str, str]:
    if minutes in _NAMED:
        return _NAMED[minutes]
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(minutes, 60)
    title = f"{days}d" if not rest else f"{hours}h" if not left else f"{minutes}m"
    return f"window:{minutes}", title


def _reset(epoch: float | None, minutes: int | None, now: datetime) -> datetime | None:
    """The reset; a time further away than the window is long is an error, of the server or of our clock."""
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
