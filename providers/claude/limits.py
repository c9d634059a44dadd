"""Claude's windows, money and names, shared by all its sources.

A window is identified by its name on the wire; that of a model by the model's display name. A missing or null
value is no window: never 0 and never 100.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite

from providers.domain.limits import RateWindow

Rule = Callable[[float, datetime | None, datetime], RateWindow | None]
"""From the percentage used, the reset and the current time to a window; None for an invalid percentage."""

_SESSION, _WEEK = timedelta(hours=5), timedelta(days=7)
_LARGEST_PERCENT = 10_000
_LARGEST_AMOUNT = Decimal(10) ** 12
_MOST_DECIMALS = 6
_RESET_SLACK = timedelta(days=1)
_NAME = re.compile(r"(?=.*[A-Za-z0-9])[\w .+()/&,:'-]{1,40}")
_TIER = re.compile(r"_(\d{1,3}x)")
_CURRENCY = re.compile(r"[A-Z]{3}")
_WITHOUT_CENTS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"}
)


def session(used_percent: float, resets_at: datetime | None, now: datetime) -> RateWindow | None:
    return _window("session", "5h", _SESSION, used_percent, resets_at, now)


def weekly(used_percent: float, resets_at: datetime | None, now: datetime) -> RateWindow | None:
    return _window("weekly", "Weekly", _WEEK, used_percent, resets_at, now)


def model(name: str) -> Rule:
    """The rule for the week of one model."""
    return _week_of(f"model:{_slug(name)}:weekly", name)


def surface(name: str) -> Rule:
    """The rule for the week of one product that is no model."""
    return _week_of(f"surface:{_slug(name)}:weekly", name)


def oauth_apps(used_percent: float, resets_at: datetime | None, now: datetime) -> RateWindow | None:
    return _window("oauth_apps:weekly", "OAuth apps", _WEEK, used_percent, resets_at, now)


def is_name(text: str) -> bool:
    """Whether it can be shown and used in an id. It is stored and logged too: it could contain anything."""
    return _NAME.fullmatch(text) is not None


def in_order(windows: Iterable[RateWindow]) -> tuple[RateWindow, ...]:
    """Shorter windows first, those of the account before those of a model."""
    return tuple(
        sorted(
            windows, key=lambda found: (found.duration or timedelta.max, found.scope != "account", found.id)
        )
    )


def family(window: RateWindow) -> str | None:
    """The first word of the name of the model that it is for, None where it is for no single one."""
    _, model, slug = window.id.partition("model:")
    return slug.partition(":")[0].partition("-")[0] if model else None


def moment(raw: object) -> datetime | None:
    """A time as sent: ISO with a zone, or epoch seconds; None for anything ambiguous or invalid."""
    try:
        if isinstance(raw, str):
            parsed = datetime.fromisoformat(raw)
            return parsed.astimezone(UTC) if parsed.tzinfo else None
        if isinstance(raw, int | float) and not isinstance(raw, bool) and raw > 0:
            return datetime.fromtimestamp(raw, UTC)
    except (OverflowError, OSError, ValueError):
        pass
    return None


def plan(subscription: object, tier: object) -> str | None:
    """`max` and `default_claude_max_20x` → `Max 20x`; None where no subscription is named."""
    if not isinstance(subscription, str) or not is_name(subscription):
        return None
    size = _TIER.search(tier) if isinstance(tier, str) else None
    name = subscription[:1].upper() + subscription[1:]
    return f"{name} {size[1]}" if size else name


def currency(raw: str | None) -> str:
    """An ISO code; USD by default. Raises ValueError for anything else."""
    code = "USD" if raw is None else raw.upper()
    if not _CURRENCY.fullmatch(code):
        raise ValueError("no currency")
    return code


def money(minor: float, code: str, exponent: int | None = None) -> Decimal:
    """Whole units of the currency from its minor ones, cents for dollars. Raises ValueError for no amount."""
    digits = (0 if code in _WITHOUT_CENTS else 2) if exponent is None else exponent
    if not isfinite(minor) or not 0 <= digits <= _MOST_DECIMALS:
        raise ValueError("no amount")
    amount = Decimal(str(minor)).scaleb(-digits)
    if not 0 <= amount <= _LARGEST_AMOUNT:
        raise ValueError("no amount")
    return amount.quantize(Decimal(1).scaleb(-digits))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _week_of(ident: str, title: str) -> Rule:
    def rule(used_percent: float, resets_at: datetime | None, now: datetime) -> RateWindow | None:
        return _window(ident, title, _WEEK, used_percent, resets_at, now)

    return rule


def _window(
    ident: str, title: str, duration: timedelta, used: float, resets_at: datetime | None, now: datetime
) -> RateWindow | None:
    if not 0 <= used <= _LARGEST_PERCENT:
        return None
    # A reset further away than the window is long is an error, of the server or of our clock.
    near = resets_at is not None and resets_at - now <= duration + _RESET_SLACK
    return RateWindow(
        id=ident, title=title, used_percent=used, duration=duration, resets_at=resets_at if near else None
    )
