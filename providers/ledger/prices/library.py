"""The price library's list: `rates.json` as `tools/make_rates.py` writes it, or the one that the user
downloaded.

Rates are in the units of `rates`. Models are matched in the order of the list: the first match wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from providers.domain import typed
from providers.ledger.prices.names import Name, read_name
from providers.ledger.prices.rates import (
    CLASSES,
    Listed,
    Listing,
    Price,
    Rate,
    Tiered,
    scaled,
)

FORMAT = 1
"""Of the document; increase it when older versions could not read it, or would misread it."""


class _Clause(Struct, frozen=True):
    """A condition on a model's name; exactly one field is set."""

    equals: str | None = None
    starts_with: str | None = None
    ends_with: str | None = None
    contains: str | None = None
    regex: str | None = None
    any: tuple[_Clause, ...] = ()
    all: tuple[_Clause, ...] = ()

    def covers(self, name: str) -> bool:
        """As the library itself matches: `claude` with `starts_with` covers whatever begins with it."""
        if self.any:
            return any(clause.covers(name) for clause in self.any)
        if self.all:
            return all(clause.covers(name) for clause in self.all)
        return (
            self.names(name)
            or (self.starts_with is not None and name.startswith(self.starts_with.lower()))
            or (self.ends_with is not None and name.endswith(self.ends_with.lower()))
            or (self.contains is not None and self.contains.lower() in name)
        )

    def names(self, name: str) -> bool:
        """Whether it states exactly this name. The library prices whatever begins with `claude-opus-4-5` as
        that model; but what a `claude-opus-4-5-turbo` costs is unknown.
        """
        if self.any:
            return any(clause.names(name) for clause in self.any)
        if self.all:
            return self.covers(name)
        if self.regex is not None:
            return re.search(self.regex, name) is not None
        stated = self.equals or self.starts_with or self.ends_with or self.contains
        return stated is not None and name == stated.lower()


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

    def is_named(self, name: str) -> bool:
        return name == self.id.lower() or self.match.names(name)

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
        dates a variant by when it was looked up ("tier history before this verification is not modeled"), not
        by when the vendor began to charge it: priority service of gpt-5.5 cost 2.5 times as much before, too.
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
    format: Literal[1]
    made_from: str
    made_on: date
    vendors: tuple[_Vendor, ...]


class _Header(Struct, frozen=True):
    made_on: date


def made_on(document: bytes) -> date:
    """The day a list was made, without decoding the rest of it."""
    return typed.json_decode(document, _Header).made_on


class Library:
    """One list. Raises msgspec.DecodeError for a damaged document, or one of another format."""

    def __init__(self, document: bytes, *, built_in: bool = True) -> None:
        self._document = typed.json_decode(document, _Document)
        self._found: dict[Name, _Model | None] = {}
        self._built_in = built_in

    @property
    def origin(self) -> str:
        made = self._document
        return f"{made.made_from}, {'built in' if self._built_in else f'updated on {made.made_on}'}"

    @property
    def made_on(self) -> date:
        return self._document.made_on

    @property
    def ids(self) -> tuple[str, ...]:
        """The models it lists."""
        return tuple(model.id for vendor in self._document.vendors for model in vendor.models)

    def turns(self) -> Iterator[date]:
        """The days on which some price changes."""
        for vendor in self._document.vendors:
            for model in vendor.models:
                yield from (each.since for each in (*model.prices, *model.variants) if each.since)

    def read_name(self, logged: str) -> Name:
        return read_name(logged, tuple(vendor.id for vendor in self._document.vendors))

    def id_of(self, name: Name) -> str | None:
        """The id of the model in the list; None if the list does not have it."""
        model = self._find(name)
        return None if model is None else model.id

    def listing(self, name: Name, day: date) -> Listing | None:
        """The prices of a model on a UTC day; None if the list does not have it."""
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
        """As it is spelled, then as a snapshot of a model that is listed without its date."""
        vendors = [vendor for vendor in self._document.vendors if vendor.id in name.makers]
        for spelling in dict.fromkeys((*name.spellings, name.undated)):
            for vendor in sorted(vendors, key=lambda vendor: not vendor.match.covers(spelling)):
                for model in vendor.models:
                    if model.is_named(spelling):
                        return model
        return None
