"""What a price is: rates by token class, by the length of the prompt, and by service.

Every rate is in USD per million tokens of its class, `web_search` in USD per thousand.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

CLASSES = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "web_search")

HIGHEST_RATE = 1_000_000
"""A higher one is a mistake, or an attack on the arithmetic."""


class Step(Struct, frozen=True):
    """The rate of a whole request whose prompt is longer than `above` tokens."""

    above: int
    rate: Decimal


class Tiered(Struct, frozen=True):
    """A rate that depends on the length of the prompt."""

    base: Decimal
    tiers: tuple[Step, ...]

    def at(self, prompt: int) -> Decimal:
        return next((step.rate for step in reversed(self.tiers) if prompt > step.above), self.base)


Rate = Decimal | Tiered | None


class Price(Struct, frozen=True, kw_only=True):
    """The rates of one service; None where none is known."""

    input: Rate = None
    cache_read: Rate = None
    cache_write: Rate = None
    cache_write_1h: Rate = None
    output: Rate = None
    web_search: Rate = None

    def over(self, other: Price) -> Price:
        """These rates, with the other's for missing ones."""
        return Price(**{name: _either(getattr(self, name), getattr(other, name)) for name in CLASSES})

    def times(self, factor: Decimal) -> Price:
        """Scaled token rates; a web search costs the same in every tier."""
        rates = {name: scaled(getattr(self, name), factor) for name in CLASSES}
        return Price(**{**rates, "web_search": self.web_search})

    def billed(self) -> Price:
        """A missing cache rate defaults to the input rate, for 1-hour writes to the write rate."""
        write = _either(self.cache_write, self.input)
        return self.over(Price(cache_read=self.input, cache_write=write, cache_write_1h=write))

    def steps(self) -> tuple[int, ...]:
        """The prompt lengths above which something changes, upwards."""
        rates = [getattr(self, name) for name in CLASSES]
        return tuple(
            sorted({step.above for rate in rates if isinstance(rate, Tiered) for step in rate.tiers})
        )

    def at(self, prompt: int) -> dict[str, Decimal]:
        """The known rates of a request with a prompt of so many tokens."""
        rates = {name: getattr(self, name) for name in CLASSES}
        return {
            name: rate.at(prompt) if isinstance(rate, Tiered) else rate
            for name, rate in rates.items()
            if rate is not None
        }


def _either(rate: Rate, other: Rate) -> Rate:
    return other if rate is None else rate


def scaled(rate: Rate, factor: Decimal) -> Rate:
    match rate:
        case Tiered(base=base, tiers=tiers):
            return Tiered(base * factor, tuple(Step(step.above, step.rate * factor) for step in tiers))
        case None:
            return None
        case plain:
            return plain * factor


LayerId = Literal["own", "library", "tankful"]


class Listed(Struct, frozen=True, kw_only=True):
    """A price with its origin: the name it is listed under, its layer, and a description of its source."""

    model: str
    layer: LayerId
    origin: str
    since: date | None
    price: Price


class Listing(Struct, frozen=True):
    """What is known of a model on one day: its standard price, and those of its other tiers by name."""

    standard: Listed
    tiers: dict[str, Listed] = {}

    def filled(self, below: Listing) -> Listing:
        """This one, with the other's tiers for missing ones."""
        return Listing(self.standard, {**below.tiers, **self.tiers})


class Used(Struct, frozen=True, kw_only=True):
    """The rates that a model's responses were priced by, in USD per million tokens, `web_search` per thousand.

    `model` is the name they are listed under, `since` their first day where it is known. `above` holds the rates
    of a whole request by the prompt length above which they hold. `tier` is that part of the service whose
    rates are known, None for the standard one; `approximate` is True if there is a part whose rates are not.
    """

    model: str
    layer: LayerId
    origin: str
    since: date | None
    tier: str | None
    approximate: bool
    rates: dict[str, Decimal]
    above: dict[int, dict[str, Decimal]]
