"""A price precomputed for a million responses: integers in pico-USD, no names, no Decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct

from providers.domain.cost import BilledResponse
from providers.ledger.prices.rates import CLASSES, Price

PICO = 10**12
_PER_TOKEN = PICO // 10**6
_PER_SEARCH = PICO // 10**3


class Card(Struct, frozen=True):
    """Rates per token or search, in the order of CLASSES.

    `longer` has (prompt, rates) from the longest prompt down; `unknown` says which classes have no rate.
    """

    rates: tuple[int, ...]
    longer: tuple[tuple[int, tuple[int, ...]], ...]
    unknown: frozenset[str]

    def pico_usd(self, response: BilledResponse) -> int | None:
        """None, never 0, when a rate is unknown; but a web search without a known rate adds nothing.

        Reasoning is a part of output and is billed as such.
        """
        usage = response.usage
        fresh, read, write = usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens
        write_1h, output = usage.cache_write_1h_tokens, usage.output_tokens
        if self.unknown and self._lacks(fresh, read, write - write_1h, write_1h, output):
            return None
        rates = self.rates
        for above, longer in self.longer:
            if fresh + read + write > above:
                rates = longer
                break
        a, b, c, d, e, f = rates
        cost = fresh * a + read * b + (write - write_1h) * c + write_1h * d + output * e
        return cost + response.web_searches * f if response.web_searches else cost

    def _lacks(self, *tokens: int) -> bool:
        """Whether any of these, in the order of CLASSES, has no rate."""
        return any(count and name in self.unknown for name, count in zip(CLASSES, tokens, strict=False))


def card(price: Price) -> Card:
    """The card of a price; cache rates that it lacks are filled in as by `Price.billed`."""
    billed = price.billed()
    return Card(
        rates=_whole(billed.at(0)),
        longer=tuple((prompt, _whole(billed.at(prompt + 1))) for prompt in reversed(billed.steps())),
        unknown=frozenset(CLASSES) - {"web_search"} - billed.at(0).keys(),
    )


def _whole(rates: dict[str, Decimal]) -> tuple[int, ...]:
    """A rate finer than a pico-USD is rounded to one: no vendor has such a rate, a multiple may."""
    units = (_PER_SEARCH if name == "web_search" else _PER_TOKEN for name in CLASSES)
    return tuple(
        int((rates.get(name, Decimal(0)) * unit).to_integral_value(ROUND_HALF_EVEN))
        for name, unit in zip(CLASSES, units, strict=True)
    )
