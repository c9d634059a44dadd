"""Times and amounts as all documents have them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from providers.domain.cost import Burn


def as_usd(usd: float | None) -> float | None:
    """Digits beyond a millionth of a dollar mean nothing."""
    return None if usd is None else round(usd, 6)


def as_time(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def burn(rate: Burn | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    return {
        "usd_per_hour": as_usd(rate.usd_per_hour),
        "tokens_per_hour": round(rate.tokens_per_hour),
        "over_minutes": rate.over_minutes,
    }
