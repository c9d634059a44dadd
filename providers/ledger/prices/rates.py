"""The prices of models, as data: the price model, and the price library's list (`rates.json`).

Every rate is in USD per million tokens of its class, `web_search` in USD per thousand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

CLASSES = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "web_search")

_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")
_WINDOW = re.compile(r"\[\w+\]$")  # claude-opus-4-8[1m]
_BEDROCK = re.compile(r"(?:[a-z-]+\.)?([a-z-]+)\.(.+?)(?:-v\d+(?::\w+)*)?")  # us.anthropic.claude-…-v1:0
_VERTEX_DATE = re.compile(r"@(\d{8})$")  # claude-opus-4-8@20260101
_VERTEX_ALIAS = re.compile(r"@[a-z]+$")  # claude-opus-4-8@default
_HOSTS = ("azure", "bedrock", "vertex_ai")  # they serve the makers' models under the makers' names


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


LayerId = Literal["own", "tankful", "library"]


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


class Name(Struct, frozen=True):
    """A model's name as logged: who can have made it, and the spellings to look it up by, as logged first."""

    makers: tuple[str, ...]
    spellings: tuple[str, ...]


class _Clause(Struct, frozen=True):
    """A condition on a model's name; exactly one field is set."""

    equals: str | None = None
    starts_with: str | None = None
    ends_with: str | None = None
    contains: str | None = None
    regex: str | None = None
    any: tuple[_Clause, ...] = ()
    all: tuple[_Clause, ...] = ()

    def matches(self, name: str) -> bool:
        if self.any:
            return any(clause.matches(name) for clause in self.any)
        if self.all:
            return all(clause.matches(name) for clause in self.all)
        return (
            (self.equals is not None and name == self.equals.lower())
            or (self.starts_with is not None and name.startswith(self.starts_with.lower()))
            or (self.ends_with is not None and name.endswith(self.ends_with.lower()))
            or (self.contains is not None and self.contains.lower() in name)
            or (self.regex is not None and re.search(self.regex, name) is not None)
        )


class _Dated(Price, frozen=True, kw_only=True):
    """In force from the UTC day `since` on."""

    since: date | None = None

    def in_force(self, day: date) -> bool:
        return self.since is None or self.since <= day


class _Variant(_Dated, frozen=True, kw_only=True):
    """What another service of the model changes in its price."""

    tier: str


class _Model(Struct, frozen=True):
    id: str
    match: _Clause
    prices: tuple[_Dated, ...]
    variants: tuple[_Variant, ...] = ()

    def price_at(self, day: date) -> _Dated:
        """The last one in force; the first where none is yet."""
        return next((price for price in reversed(self.prices) if price.in_force(day)), self.prices[0])

    def variant_at(self, tier: str, day: date) -> Price:
        """The whole price of a tier on that day."""
        standard = self.price_at(day)
        variants = [variant for variant in self.variants if variant.tier == tier]
        rates = {name: self._variant_rate(variants, name, day) for name in CLASSES}
        return Price(**rates).over(standard)

    def _variant_rate(self, variants: list[_Variant], name: str, day: date) -> Rate:
        """The first variant in force that has the rate.

        Before that, the same multiple of the standard rate of its day as when the variant begins: the library
        dates a variant by when it was looked up ("tier history before this verification is not modeled"),
        not by when the vendor began to charge it, and a gpt-5.5 was 2.5 times as dear before, too.
        """
        having = [variant for variant in variants if getattr(variant, name) is not None]
        for variant in having:
            if variant.in_force(day):
                return _rate(variant, name)
        if not having:
            return None
        first = min(having, key=lambda variant: variant.since or date.min)
        rate = _rate(first, name)
        now, then = _rate(self.price_at(day), name), _rate(self.price_at(first.since or day), name)
        if rate is None or now is None or then is None or now == then or not _base(then):
            return rate
        return scaled(now, _base(rate) / _base(then))


def _rate(price: Price, name: str) -> Rate:
    rate: Rate = getattr(price, name)
    return rate


def _base(rate: Decimal | Tiered) -> Decimal:
    return rate.base if isinstance(rate, Tiered) else rate


class _Vendor(Struct, frozen=True):
    id: str
    match: _Clause
    models: tuple[_Model, ...]


class _Document(Struct, frozen=True):
    made_from: str
    made_on: date
    vendors: tuple[_Vendor, ...]


class Library:
    """The lowest layer: the price library's list, as `tools/make_rates.py` writes it."""

    def __init__(self, document: bytes) -> None:
        self._document = msgspec.json.decode(document, type=_Document)
        self._found: dict[Name, _Model | None] = {}

    @property
    def origin(self) -> str:
        return f"{self._document.made_from}, {self._document.made_on}"

    def turns(self) -> Iterator[date]:
        """The days on which some price changes."""
        for vendor in self._document.vendors:
            for model in vendor.models:
                yield from (each.since for each in (*model.prices, *model.variants) if each.since)

    def read_name(self, logged: str) -> Name:
        """`openai/gpt-5.5`, `us.anthropic.claude-…-v1:0`: another maker's model of that name is not it."""
        whole = logged.strip().lower()
        *prefixes, bare = whole.split("/")
        if prefixes and prefixes[-1] == "models":  # publishers/anthropic/models/claude-…
            prefixes.pop()
        makers = tuple(vendor.id for vendor in self._document.vendors)
        hosted = _BEDROCK.fullmatch(bare)
        if hosted is not None and hosted[1] in makers:
            makers, bare = (hosted[1],), hosted[2]
        elif prefixes and prefixes[-1] not in _HOSTS:
            makers = tuple(maker for maker in makers if maker == prefixes[-1])
        if not makers:
            return Name((), (whole,))
        return Name(makers, tuple(dict.fromkeys((whole, *_spellings(bare)))))

    def knows(self, name: Name) -> bool:
        return self._find(name) is not None

    def listing(self, name: Name, day: date) -> Listing | None:
        model = self._find(name)
        if model is None:
            return None
        standard = model.price_at(day)

        def listed(price: Price) -> Listed:
            return Listed(
                model=model.id, layer="library", origin=self.origin, since=standard.since, price=price
            )

        tiers = dict.fromkeys(variant.tier for variant in model.variants)
        return Listing(listed(standard), {tier: listed(model.variant_at(tier, day)) for tier in tiers})

    def _find(self, name: Name) -> _Model | None:
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: Name) -> _Model | None:
        vendors = [vendor for vendor in self._document.vendors if vendor.id in name.makers]
        for spelling in name.spellings:
            for vendor in sorted(vendors, key=lambda vendor: not vendor.match.matches(spelling)):
                for model in vendor.models:
                    if model.match.matches(spelling):
                        return model
        return None


def _spellings(bare: str) -> Iterator[str]:
    yield bare
    plain = _VERTEX_ALIAS.sub("", _VERTEX_DATE.sub(r"-\1", _WINDOW.sub("", bare)))
    yield plain
    yield _COMPACT_DATE.sub(r"-\1-\2-\3", plain)
