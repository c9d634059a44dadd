"""Costs for the tests of budgets."""

from __future__ import annotations

from datetime import date

from providers.domain.cost import DAYS_SHOWN, HomeFigures, Tally, TokenUsage, tallied
from tray.engine.state import HomeCost


def tally(usd: float | None, *, unpriced: int = 0) -> Tally:
    """One response, none where it cost nothing."""
    count = 0 if usd == 0 else 1
    return Tally(
        responses=count, usage=TokenUsage(input_tokens=1000 * count), usd=usd, unpriced=unpriced * count
    )


def cost(day: date, *days: float | None, month: float | None = 0.0, complete: bool = True) -> HomeCost:
    """`days` are the dollars of the last days, the newest last; None for one without a price."""
    spent = [*(0.0,) * (DAYS_SHOWN - len(days)), *days]
    last_days = tuple(tally(usd, unpriced=int(usd is None)) for usd in spent)
    figures = HomeFigures(
        today=last_days[-1],
        days_7=tallied(last_days[-7:]),
        days_30=tallied(last_days),
        month=tally(month),
        priced="full",
        unpriced_models=(),
        files=1,
        last_days=last_days,
        recent=Tally(),
    )
    return HomeCost(day=day, figures=figures, complete=complete)
