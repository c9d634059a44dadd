"""When a model has other prices than it had: pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import partial

from providers.ledger.epoch_ms import ms
from providers.ledger.prices.pricing import Rates

Span = tuple[int, int]
"""From when until before when, in epoch ms."""
ALL_TIME: Span = -(2**62), 2**62


def changed_since(
    own_text: str, fingerprint: str, rates: Rates
) -> Callable[[str | None, str | None], Span | None] | None:
    """When a model in a tier has another price than with that text of the user's own, None for never.

    None where the fingerprint is not that of these rates with that text: more than the text was another one.
    """
    before = rates.with_own(own_text)
    return partial(_changed, before, rates) if before.fingerprint == fingerprint else None


def _changed(before: Rates, now: Rates, model: str | None, tier: str | None) -> Span | None:
    days = [date.min, *sorted({*before.turns, *now.turns})]
    others = [
        number
        for number, day in enumerate(days)
        if before.card_on(model, tier, day) != now.card_on(model, tier, day)
    ]
    if not others:
        return None
    first, after = others[0], others[-1] + 1
    return (
        _midnight(days[first]) if first else ALL_TIME[0],
        _midnight(days[after]) if after < len(days) else ALL_TIME[1],
    )


def _midnight(day: date) -> int:
    return ms(datetime.combine(day, time(), UTC))
