"""Which rates a model was priced by on the days of a range, as far as they changed in it. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct
from msgspec.structs import replace

from providers.ledger.prices.own_prices import PriceEntry
from providers.ledger.prices.pricing import Rates
from providers.ledger.prices.rates import Used


class Applied(Struct, frozen=True, kw_only=True):
    """From the UTC day `since` to `until`, both included. `used` is None where no price is known; `tiers` are the
    rates of other services by their names, and `own` is the price of the user's own from which all that comes.
    """

    since: date
    until: date
    used: Used | None
    tiers: dict[str, Used] = {}
    own: PriceEntry | None = None


def applied(rates: Rates, model: str, since: date, until: date) -> tuple[Applied, ...]:
    """The rates of a model on these UTC days, both included; days with the same ones are one span."""
    found: list[Applied] = []
    starts = [since, *(day for day in rates.turns if since < day <= until)]
    for start, after in zip(starts, [*starts[1:], until + timedelta(days=1)], strict=True):
        span = _on(rates, model, start, after - timedelta(days=1))
        if found and found[-1] == replace(span, since=found[-1].since, until=found[-1].until):
            found[-1] = replace(found[-1], until=span.until)
        else:
            found.append(span)
    return tuple(found)


def _on(rates: Rates, model: str, day: date, until: date) -> Applied:
    at = datetime.combine(day, time(), UTC)
    tiers = {tier: rates.used(model, at, tier=tier) for tier in rates.tiers(model, at)}
    return Applied(
        since=day,
        until=until,
        used=rates.used(model, at),
        tiers={tier: used for tier, used in tiers.items() if used is not None},
        own=rates.own_for(model, day),
    )
