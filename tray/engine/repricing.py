"""What other prices would make of days that were counted, before they are saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo
from pathlib import Path

from msgspec import Struct

from providers.domain.cost import BilledResponse, TokenUsage
from providers.ledger.ledger import Ledger
from providers.ledger.prices.pricing import Rates
from providers.ledger.rows import AT, COUNTS, PICO, USD
from providers.ledger.spans import day_span
from providers.ledger.sums import PICO as PICO_PER_USD

_CLASSES = len(TokenUsage.__struct_fields__)

Homes = Mapping[str, tuple[Path, ...]]
"""Of each provider, in order: a response in several counts in the first."""
_Prices = Iterator[tuple[int | None, int | None]]
"""In 1e-12 USD, before and after."""


class PricedDays(Struct, frozen=True, kw_only=True):
    """`usd` is None where nothing has a price; `unpriced` is how many responses it leaves out."""

    usd: float | None
    unpriced: int


class Repriced(Struct, frozen=True, kw_only=True):
    """`changed` is how many responses get another price, or one at all, or none any more."""

    before: PricedDays
    after: PricedDays
    changed: int


def repriced(
    ledger: Ledger, homes: Homes, rates: Rates, zone: tzinfo, since: date | None, until: date | None
) -> Repriced:
    """Of the responses on the lines of logs on these local days, both included, None without a bound.

    Takes as long as it takes to read them one by one. Raises LedgerError.
    """
    prices = list(_prices(ledger, homes, rates, *day_span(since, until, zone)))
    return Repriced(
        before=_summed([before for before, _ in prices]),
        after=_summed([after for _, after in prices]),
        changed=sum(before != after for before, after in prices),
    )


def _prices(
    ledger: Ledger, homes: Homes, rates: Rates, since: datetime | None, until: datetime | None
) -> _Prices:
    for origin, values in ledger.responses(since, until, homes):
        if origin.context.not_on_lines:
            continue
        counts = [int(each or 0) for each in values[COUNTS : COUNTS + _CLASSES]]
        searches = int(values[USD - 1] or 0)
        response = BilledResponse(values[AT], 0, origin.context, TokenUsage(*counts), searches)
        yield values[PICO], rates.pico_usd(response)


def _summed(prices: list[int | None]) -> PricedDays:
    known = [price for price in prices if price is not None]
    return PricedDays(
        usd=sum(known) / PICO_PER_USD if known or not prices else None, unpriced=len(prices) - len(known)
    )
