"""The layers of prices: the user's own `prices.toml`, a newer list that was fetched, the built-in one, and ours
for what that lacks. The upper wins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property, reduce

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.domain import typed
from providers.ledger.prices.card import Card, card
from providers.ledger.prices.library import Library, made_on
from providers.ledger.prices.names import Name
from providers.ledger.prices.own_prices import (
    BadPrices,
    PriceEntry,
    PriceFile,
    entries_for,
    means,
    read_prices,
)
from providers.ledger.prices.rates import LayerId, Listed, Listing, Price, Used

_STANDARD = frozenset({"", "default", "auto", "standard", "global", "not_available"})


class _Layer(Struct, frozen=True):
    """A price file; `shown` is what it is called in an origin."""

    id: LayerId
    shown: str
    file: PriceFile

    def entries_for(self, name: Name, listed_as: str, day: date | None) -> Iterator[PriceEntry]:
        """The user's own names are matched as written; ours match all names and snapshots of a model."""
        if self.id == "tankful":
            name = replace(name, spellings=(*name.spellings, listed_as))
        return entries_for(self.file.entries, name, day)


class Layers:
    """What each model costs, looked up once per name and service, from one day on which prices change to the next.

    `own_problem` says what is wrong with the user's own file, `is_fetched_bad` that the fetched list cannot be
    read: then these are not in force. Nor is a fetched list that is older than the built-in one.
    """

    def __init__(
        self, library: bytes, ours: str | bytes, own: str, own_name: str, fetched: bytes | None
    ) -> None:
        self.own_problem: str | None = None
        self.is_fetched_bad = False
        self._built_in, self._ours_text = library, ours
        self._names: dict[str, Name] = {}
        self._cards: dict[tuple[str | None, str | None, int], Card | None] = {}
        self._cards_of: dict[Price, Card] = {}
        self._fetched = None if fetched is None else self._read_fetched(fetched)
        self._own = _Layer("own", "", PriceFile())
        if own:
            try:
                self._own = self._read("own", own_name, own)
            except BadPrices as error:
                self.own_problem = str(error)

    @property
    def is_fetched(self) -> bool:
        """Whether the fetched list is in force."""
        return self._fetched is not None

    @cached_property
    def _libraries(self) -> tuple[Library, ...]:
        built_in = Library(self._built_in)
        return (built_in,) if self._fetched is None else (self._fetched, built_in)

    @cached_property
    def _ours(self) -> _Layer:
        name, ours = "tankful's prices.toml", self._ours_text
        if isinstance(ours, bytes):
            return _Layer("tankful", name, typed.json_decode(ours, PriceFile))
        return self._read("tankful", name, ours)

    @property
    def origin(self) -> str:
        """The origin of the list in force, for display: "genai-prices 0.2.3, built in"."""
        return self._libraries[0].origin

    @property
    def made_on(self) -> date:
        """The day of the list in force."""
        return self._libraries[0].made_on

    @property
    def built_in(self) -> tuple[str, ...]:
        """The ids of the models in the built-in list."""
        return self._libraries[-1].ids

    @property
    def listed(self) -> tuple[str, ...]:
        """The ids of the models in the built-in list and in a downloaded one."""
        return tuple(dict.fromkeys(model for library in self._libraries for model in library.ids))

    @property
    def models(self) -> tuple[str, ...]:
        """The names under which prices are listed, the user's own first; some have a * in them."""
        own = (entry.model for entry in self._own.file.entries)
        return tuple(dict.fromkeys((*own, *sorted(self.published))))

    @property
    def published(self) -> frozenset[str]:
        """The same without the user's own."""
        return frozenset((*self.listed, *(entry.model for entry in self._ours.file.entries)))

    @property
    def own(self) -> tuple[PriceEntry, ...]:
        """The user's own prices, in the order of their file."""
        return self._own.file.entries

    def own_for(self, model: str, day: date) -> PriceEntry | None:
        """The price of the user's own that applies to a model on a UTC day; None where another layer's does."""
        return next(self._own.entries_for(self._name(model), "", day), None)

    def check_own(self, own: str, own_name: str) -> None:
        """Raises BadPrices for what would disable such a file of the user's own."""
        self._read("own", own_name, own)

    def meant(self, pattern: str, models: Iterable[str]) -> tuple[str, ...]:
        """Those of the models, as logs name them, that a price of the user's own with this pattern is about."""
        pattern = pattern.strip().lower()
        return tuple(model for model in models if means(pattern, self._name(model)))

    def used(self, model: str, at: datetime, *, tier: str | None = None) -> Used | None:
        """The rates by which `pico_usd` prices this model, and their origin; None if it has none."""
        name = self._name(model)
        listing = self._listing(name, at.astimezone(UTC).date(), ())
        if listing is None:
            return None
        listed, known, approximate = self._served(listing, name, tier)
        billed = listed.price.billed()
        return Used(
            model=listed.model,
            layer=listed.layer,
            origin=listed.origin,
            since=listed.since,
            tier="+".join(known) or None,
            approximate=approximate,
            rates=billed.at(0),
            above={prompt: billed.at(prompt + 1) for prompt in billed.steps()},
        )

    def tiers(self, model: str, at: datetime) -> tuple[str, ...]:
        """The other services of this model whose rates are known."""
        listing = self._listing(self._name(model), at.astimezone(UTC).date(), ())
        return () if listing is None else tuple(listing.tiers)

    @cached_property
    def turns(self) -> list[date]:
        """The days on which some price changes, ascending: a card is valid from one to the next."""
        entries = (*self._own.file.entries, *self._ours.file.entries)
        own = {day for entry in entries for day in (entry.since, entry.until) if day}
        return sorted(own.union(*(library.turns() for library in self._libraries)))

    def card_on(self, model: str | None, tier: str | None, day: date) -> Card | None:
        """That of a UTC day; None where no price is known."""
        key = model, tier, bisect_right(self.turns, day)
        if key not in self._cards:
            self._cards[key] = self._card_made(model, tier, day)
        return self._cards[key]

    def _card_made(self, model: str | None, tier: str | None, day: date) -> Card | None:
        name = None if model is None else self._name(model)
        listing = None if name is None else self._listing(name, day, ())
        if name is None or listing is None:
            return None
        price = self._served(listing, name, tier)[0].price
        if price not in self._cards_of:
            self._cards_of[price] = card(price)
        return self._cards_of[price]

    def _served(self, listing: Listing, name: Name, tier: str | None) -> tuple[Listed, list[str], bool]:
        """The price of a service, the words of `tier` it is known by, and whether others are left."""
        words = [word for word in (tier or "").lower().split("+") if word not in _STANDARD]
        services = [word for word in words if word in listing.tiers][:1]
        listed = listing.tiers[services[0]] if services else listing.standard
        places = {word: factor for word in words if (factor := self._region(word, name)) is not None}
        for factor in places.values():
            listed = replace(listed, price=listed.price.times(factor))
        known = [*services, *(word for word in places if word not in services)]
        return listed, known, len(known) < len(words)

    def _region(self, word: str, name: Name) -> Decimal | None:
        model = self._listed_as(name)
        regions = (*self._own.file.regions, *self._ours.file.regions)
        return next((each.times for each in regions if each.name == word and each.holds_for(model)), None)

    def _listed_as(self, name: Name) -> str:
        """The library's name for a model, or that of which it is a snapshot."""
        ids = (library.id_of(name) for library in self._libraries)
        return next(filter(None, ids), name.undated)

    def _name(self, model: str) -> Name:
        if model not in self._names:
            self._names[model] = self._libraries[-1].read_name(model)
        return self._names[model]

    def _listing(self, name: Name, day: date, passed: tuple[PriceEntry, ...]) -> Listing | None:
        """From the topmost layer that knows the name; tiers that it lacks from those below, unless it is the
        user's own.

        `passed` are the entries whose `as` led here: none leads to itself, so a gpt-5.5 may be priced as gpt-5.5
        with one more tier, and two that name each other end in the layer below.
        """
        listed_as = self._listed_as(name)
        for entry in self._own.entries_for(name, listed_as, day):
            if entry not in passed:
                return self._listing_of(entry, self._own, day, passed)
        found = [library.listing(name, day) for library in self._libraries]
        for entry in self._ours.entries_for(name, listed_as, day):
            if entry not in passed:
                found.append(self._listing_of(entry, self._ours, day, passed))
                break
        known = [listing for listing in found if listing is not None]
        return reduce(Listing.filled, known) if known else None

    def _listing_of(
        self, entry: PriceEntry, layer: _Layer, day: date, passed: tuple[PriceEntry, ...]
    ) -> Listing | None:
        def listed(price: Price) -> Listed:
            where = f"checked {entry.checked}" if layer.id == "tankful" else f"line {entry.line}"
            origin = f"{layer.shown}, {where}"
            return Listed(model=entry.model, layer=layer.id, origin=origin, since=entry.since, price=price)

        if entry.like is None:
            base = Listing(listed(entry.price or Price()))
        else:
            found = self._listing(self._name(entry.like), day, (*passed, entry))
            if found is None:
                return None
            base = found
        standard = base.standard.price
        tiers = {
            word: listed(standard.times(tier) if isinstance(tier, Decimal) else tier.over(standard))
            for word, tier in entry.tiers.items()
        }
        return Listing(base.standard, {**base.tiers, **tiers})

    def _read_fetched(self, document: bytes) -> Library | None:
        try:
            fetched = Library(document, built_in=False)
        except (msgspec.DecodeError, RecursionError):
            self.is_fetched_bad = True
            return None
        return fetched if fetched.made_on >= made_on(self._built_in) else None

    def _read(self, layer: LayerId, file: str, text: str) -> _Layer:
        found = read_prices(text, file)
        read = _Layer(layer, f"your {file}" if layer == "own" else file, found)
        for entry in found.entries:
            if entry.like is not None and not self._leads_to_price(entry, (), read):
                raise BadPrices(file, entry.like_line, f"`{entry.like}` has no price to take over")
        return read

    def _leads_to_price(self, entry: PriceEntry, passed: tuple[PriceEntry, ...], reading: _Layer) -> bool:
        """Whether an entry leads to a price, on any day."""
        if entry.like is None:
            return True
        name, passed = self._name(entry.like), (*passed, entry)
        return any(library.id_of(name) for library in self._libraries) or any(
            other not in passed and self._leads_to_price(other, passed, reading)
            for layer in ((reading,) if reading.id == "tankful" else (reading, self._ours))
            for other in layer.entries_for(name, self._listed_as(name), None)
        )
