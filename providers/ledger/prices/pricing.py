"""Prices responses: what they would have cost at the vendor's public API.

Rates are data in three layers, the upper wins: the user's own `prices.toml`, ours next to this file, and the
price library's `rates.json`, which `tools/make_rates.py` writes.

A tier is the vendor's name for another service ("priority", "fast", "flex", "batch"). If a model has published
rates for it, they apply. If not, the standard rates apply, and `used` says so: a guessed multiple (others take 2
for every model) could not be verified.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property, lru_cache
from pathlib import Path

from msgspec import Struct

from providers.domain.cost import BilledResponse
from providers.ledger.prices.own_prices import BadPrices, PriceEntry, entries_for, read_prices
from providers.ledger.prices.rates import CLASSES, LayerId, Library, Listed, Listing, Name, Price

PICO = 10**12
_STANDARD = frozenset({"", "default", "auto", "standard"})
_RULES = 1  # version of this arithmetic; increase it when the same files give other prices
_PER_TOKEN = PICO // 10**6
_PER_SEARCH = PICO // 10**3
_DAY_MS = 24 * 60 * 60 * 1000


class Used(Struct, frozen=True, kw_only=True):
    """The rates that a model's responses were priced by, in USD per million tokens, `web_search` per thousand.

    `model` is the name they are listed under, `since` their first day where it is known. `above` holds the rates
    of a whole request by the prompt length above which they hold. `tier` is None for the standard service;
    `approximate` is True if another one was requested whose rates are unknown, so the standard ones were used.
    """

    model: str
    layer: LayerId
    origin: str
    since: date | None
    tier: str | None
    approximate: bool
    rates: dict[str, Decimal]
    above: dict[int, dict[str, Decimal]]


class _Card(Struct, frozen=True):
    """A price precomputed for a million responses: whole pico-USD per token or search, in the order of CLASSES.

    `longer` has (prompt, rates) from the longest prompt down; `unknown` says which classes have no rate.
    """

    rates: tuple[int, ...]
    longer: tuple[tuple[int, tuple[int, ...]], ...]
    unknown: frozenset[str]

    def lacks(self, *tokens: int) -> bool:
        """Whether any of these, in the order of CLASSES, has no rate."""
        return any(count and name in self.unknown for name, count in zip(CLASSES, tokens, strict=False))


class _Layer(Struct, frozen=True):
    id: LayerId
    file: str
    entries: tuple[PriceEntry, ...]


def _card(price: Price) -> _Card:
    billed = price.billed()
    return _Card(
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


class Rates:
    """An immutable set of prices. A name is looked up once per day and tier; `pico_usd` is arithmetic after that.

    `own` is the text of the user's own file. A mistake in it disables the whole file, and `problem` reports it.
    """

    def __init__(
        self,
        library: bytes,
        ours: str = "",
        own: str = "",
        *,
        own_name: str = "prices.toml",
        problem: str | None = None,
    ) -> None:
        self.problem = problem
        self._library = Library(library)
        self._texts = [library.decode(), ours, ""]
        self._layers: tuple[_Layer, ...] = ()
        self._names: dict[str, Name] = {}
        self._cards: dict[tuple[str | None, str | None, int], _Card | None] = {}
        self._cards_by_turn: dict[tuple[str | None, str | None, int], _Card | None] = {}
        self._cards_of: dict[Price, _Card] = {}
        self._add("tankful", "tankful's prices.toml", ours)
        try:
            self._add("own", own_name, own)
            self._texts[-1] = own
        except BadPrices as error:
            self.problem = str(error)

    @property
    def origin(self) -> str:
        """The origin of the rates in the lowest layer, for display: "genai-prices 0.2.3, 2026-11-20"."""
        return self._library.origin

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever any price may have changed: responses priced under another one must be repriced."""
        from hashlib import blake2b

        content = "\0".join((str(_RULES), *self._texts))
        return blake2b(content.encode(), digest_size=12).hexdigest()

    def pico_usd(self, response: BilledResponse) -> int | None:
        """What a response costs in 1e-12 USD, exact: a sum of these does not depend on the order of its parts.

        None, never 0, when its model or a rate is unknown; but a web search without a known rate adds nothing.
        Reasoning is a part of output and is billed as such.
        """
        context, usage = response.context, response.usage
        key = context.model, context.tier, response.at_ms // _DAY_MS
        try:
            card = self._cards[key]
        except KeyError:
            card = self._cards[key] = self._card_on(context.model, context.tier, response.at.date())
        if card is None:
            return None
        fresh, read, write = usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens
        write_1h, output = usage.cache_write_1h_tokens, usage.output_tokens
        if card.unknown and card.lacks(fresh, read, write - write_1h, write_1h, output):
            return None
        rates = card.rates
        for above, dearer in card.longer:
            if fresh + read + write > above:
                rates = dearer
                break
        a, b, c, d, e, f = rates
        cost = fresh * a + read * b + (write - write_1h) * c + write_1h * d + output * e
        return cost + response.web_searches * f if response.web_searches else cost

    def used(self, model: str, at: datetime, *, tier: str | None = None) -> Used | None:
        """The rates by which `pico_usd` prices this model, and their origin; None if it has none."""
        listing = self._listing(self._name(model), at.astimezone(UTC).date(), ())
        if listing is None:
            return None
        word = _word(tier)
        listed = listing.tiers.get(word, listing.standard) if word else listing.standard
        billed = listed.price.billed()
        return Used(
            model=listed.model,
            layer=listed.layer,
            origin=listed.origin,
            since=listed.since,
            tier=word if word in listing.tiers else None,
            approximate=word is not None and word not in listing.tiers,
            rates=billed.at(0),
            above={prompt: billed.at(prompt + 1) for prompt in billed.steps()},
        )

    @cached_property
    def _turns(self) -> list[date]:
        """The days on which some price changes, ascending: a card is valid from one to the next."""
        entries = [entry for layer in self._layers for entry in layer.entries]
        own = {day for entry in entries for day in (entry.since, entry.until) if day}
        return sorted(own.union(self._library.turns()))

    def _card_on(self, model: str | None, tier: str | None, day: date) -> _Card | None:
        key = model, tier, bisect_right(self._turns, day)
        if key not in self._cards_by_turn:
            self._cards_by_turn[key] = self._card_made(model, tier, day)
        return self._cards_by_turn[key]

    def _card_made(self, model: str | None, tier: str | None, day: date) -> _Card | None:
        listing = None if model is None else self._listing(self._name(model), day, ())
        if listing is None:
            return None
        price = listing.tiers.get(_word(tier) or "", listing.standard).price
        card = self._cards_of.get(price)
        if card is None:
            card = self._cards_of[price] = _card(price)
        return card

    def _name(self, model: str) -> Name:
        if model not in self._names:
            self._names[model] = self._library.read_name(model)
        return self._names[model]

    def _listing(self, name: Name, day: date, passed: tuple[PriceEntry, ...]) -> Listing | None:
        """From the topmost layer that knows the name.

        `passed` are the entries whose `as` led here: none leads to itself, so a gpt-5.5 may be priced as gpt-5.5
        with one more tier, and two that name each other end in the layer below.
        """
        for layer in self._layers:
            for entry in entries_for(layer.entries, name, day):
                if entry not in passed:
                    return self._listing_of(entry, layer, day, passed)
        return self._library.listing(name, day)

    def _listing_of(
        self, entry: PriceEntry, layer: _Layer, day: date, passed: tuple[PriceEntry, ...]
    ) -> Listing | None:
        def listed(price: Price) -> Listed:
            origin = f"{layer.file}, line {entry.line}"
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

    def _add(self, layer: LayerId, file: str, text: str) -> None:
        below, entries = self._layers, read_prices(text, file)
        self._layers = (_Layer(layer, file, entries), *below)
        for entry in entries:
            if entry.like is not None and not self._leads_to_price(entry, ()):
                self._layers = below
                raise BadPrices(file, entry.like_line, f"`{entry.like}` has no price to take over")

    def _leads_to_price(self, entry: PriceEntry, passed: tuple[PriceEntry, ...]) -> bool:
        """Whether an entry leads to a price, on any day."""
        if entry.like is None:
            return True
        name, passed = self._name(entry.like), (*passed, entry)
        return self._library.knows(name) or any(
            other not in passed and self._leads_to_price(other, passed)
            for layer in self._layers
            for other in entries_for(layer.entries, name, None)
        )


def _word(tier: str | None) -> str | None:
    """The name of a service; None for the standard one, which has several."""
    word = (tier or "").lower()
    return None if word in _STANDARD else word


def load_rates(own: Path | None = None) -> Rates:
    """The rates shipped with this version, overridden by the user's own file if there is one.

    Cheap to call again: the same texts give the same Rates, and an edited file gives new ones.
    """
    try:
        text = "" if own is None else own.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        return _rates("", own_name=_shown(own), problem=f"{_shown(own)} cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _rates("", own_name=_shown(own), problem=f"{_shown(own)}, line {line}: not UTF-8 text")
    return _rates(text, own_name=_shown(own), problem=None)


def _shown(own: Path | None) -> str:
    return "prices.toml" if own is None else own.name


@lru_cache(maxsize=2)
def _rates(own: str, *, own_name: str, problem: str | None) -> Rates:
    here = Path(__file__).parent  # importlib.resources would take as long as all the rest
    library = here.joinpath("rates.json").read_bytes()
    ours = here.joinpath("prices.toml").read_text(encoding="utf-8")
    return Rates(library, ours, own, own_name=own_name, problem=problem)
