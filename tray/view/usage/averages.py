"""Averages over the calendar days of a range, and over those with use. Pure."""

from __future__ import annotations

from msgspec import Struct

from providers.domain.cost import Tally
from tray.view.usage.days import DAYS_A_MONTH

PERIODS = (("day", 1.0), ("week", 7.0), ("month", DAYS_A_MONTH))


class Average(Struct, frozen=True, kw_only=True):
    """Of a "day", "week", "month" or "active day"; `usd` is None where nothing has a price, and a lower bound with
    `at_least`.
    """

    period: str
    tokens: float
    usd: float | None
    at_least: bool


def averages(total: Tally, days: int, active_days: int) -> tuple[Average, ...]:
    """`total` is that of so many calendar days, of which some were `active_days`. Empty where nothing was used."""
    if not active_days or days <= 0:
        return ()
    spans = [(period, length / days) for period, length in PERIODS]
    return tuple(
        _average(total, period, share) for period, share in [*spans, ("active day", 1 / active_days)]
    )


def _average(total: Tally, period: str, share: float) -> Average:
    return Average(
        period=period,
        tokens=total.usage.total_tokens * share,
        usd=None if total.usd is None else total.usd * share,
        at_least=total.unpriced > 0,
    )
