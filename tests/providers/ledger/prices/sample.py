"""What one response costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.ledger.prices.card import PICO
from providers.ledger.prices.pricing import Rates


def pico(
    rates: Rates,
    model: str,
    usage: TokenUsage,
    at: datetime,
    *,
    tier: str | None = None,
    web_searches: int = 0,
) -> int | None:
    """In 1e-12 USD."""
    context = Context(home=Path(), model=model, tier=tier)
    at_ms = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return rates.pico_usd(BilledResponse(at_ms, 0, context, usage, web_searches))


def price(rates: Rates, model: str, usage: TokenUsage, at: datetime, **how: Any) -> float | None:
    """In USD; `how` is as in `pico`."""
    cost = pico(rates, model, usage, at, **how)
    return None if cost is None else cost / PICO
