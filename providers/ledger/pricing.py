"""Tokens to money, by rates that are data: `rates.json`, which `tools/make_rates.py` writes.

What a response costs at the vendor's public API, as an equivalent; standard tier, no batch or priority rates.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from providers.models import TokenUsage

_MILLION = 1_000_000
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


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


class _Tier(Struct, frozen=True):
    above: int
    rate: Decimal


class _Tiered(Struct, frozen=True):
    """A rate that depends on the length of the prompt: a tier holds for the whole request."""

    base: Decimal
    tiers: tuple[_Tier, ...]

    def at(self, prompt: int) -> Decimal:
        return next((tier.rate for tier in reversed(self.tiers) if prompt > tier.above), self.base)


_Rate = Decimal | _Tiered | None


class _Price(Struct, frozen=True, kw_only=True):
    """USD per million tokens of each class, per thousand web searches, from the UTC day `since` on."""

    since: date | None = None
    input: _Rate = None
    cache_read: _Rate = None
    cache_write: _Rate = None
    cache_write_1h: _Rate = None
    output: _Rate = None
    web_searches: _Rate = None

    def of(self, usage: TokenUsage) -> Decimal | None:
        """What `usage` costs; None when it has tokens of a class that has no rate at all.

        Reasoning is a part of output and is billed as such. A cache without a rate of its own is billed as
        plain input, and an hour's cache write without one as any cache write.
        """
        prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        cache_write = _first(self.cache_write, self.input)
        parts = (
            (usage.input_tokens, self.input),
            (usage.cache_read_tokens, _first(self.cache_read, self.input)),
            (usage.cache_write_tokens - usage.cache_write_1h_tokens, cache_write),
            (usage.cache_write_1h_tokens, _first(self.cache_write_1h, cache_write)),
            (usage.output_tokens, self.output),
        )
        total = Decimal(0)
        for tokens, rate in parts:
            if tokens:
                if rate is None:
                    return None
                total += tokens * (rate.at(prompt) if isinstance(rate, _Tiered) else rate)
        return total / _MILLION


def _first(rate: _Rate, other: _Rate) -> _Rate:
    return other if rate is None else rate


class _Model(Struct, frozen=True):
    id: str
    match: _Clause
    prices: tuple[_Price, ...]

    def price_at(self, day: date) -> _Price:
        """The last one in force; the first where none is yet."""
        in_force = (price for price in reversed(self.prices) if price.since is None or price.since <= day)
        return next(in_force, self.prices[0])


class _Vendor(Struct, frozen=True):
    id: str
    match: _Clause
    models: tuple[_Model, ...]


class _Document(Struct, frozen=True):
    made_from: str
    made_on: date
    vendors: tuple[_Vendor, ...]


class Rates:
    """The rates of one document. A name is looked up once; `price` is arithmetic after that."""

    def __init__(self, document: bytes) -> None:
        self._document = msgspec.json.decode(document, type=_Document)
        self._models: dict[str, _Model | None] = {}
        self._prices: dict[tuple[str, date], _Price | None] = {}

    @property
    def origin(self) -> str:
        """Where the rates are from, for a person: "genai-prices 0.2.3, 2026-11-20"."""
        return f"{self._document.made_from}, {self._document.made_on}"

    def price(self, model: str, usage: TokenUsage, at: datetime) -> float | None:
        """USD of one response at the moment `at`; None, never 0, when its model or rate is unknown."""
        named = (model, at.astimezone(UTC).date())
        if named not in self._prices:
            self._prices[named] = self._price_on(*named)
        price = self._prices[named]
        usd = None if price is None else price.of(usage)
        return None if usd is None else float(usd)

    def _price_on(self, name: str, day: date) -> _Price | None:
        if name not in self._models:
            self._models[name] = self._find(name)
        model = self._models[name]
        return None if model is None else model.price_at(day)

    def _find(self, model: str) -> _Model | None:
        *prefixes, name = model.strip().lower().split("/")
        vendors = self._document.vendors
        if (
            prefixes
        ):  # openai/gpt-5.5, openrouter/anthropic/claude-…: another maker's model of that name is not it
            vendors = tuple(vendor for vendor in vendors if vendor.id == prefixes[-1])
        ranked = sorted(vendors, key=lambda vendor: not vendor.match.matches(name))
        dashed = _COMPACT_DATE.sub(r"-\1-\2-\3", name)
        return next(
            (
                candidate
                for spelling in dict.fromkeys((name, dashed))
                for vendor in ranked
                for candidate in vendor.models
                if candidate.match.matches(spelling)
            ),
            None,
        )


@cache
def load_rates() -> Rates:
    """The rates that came with this version, read at the first need of them."""
    return Rates(files("providers.ledger").joinpath("rates.json").read_bytes())
