"""Prices responses: what they would have cost at the vendor's public API.

Rates are data in three layers, the upper wins: the user's own `prices.toml`; the price library's list
(`rates.json`, or a newer one that was fetched); and for what that lacks, ours next to this file: `prices.toml`, of
which `tools.make_rates` makes `gaps.json`, as TOML would take 5 ms to read.

`Context.tier` is the vendor's name for another service ("priority", "fast", "flex") or for a place ("us"), or both
with a + between them ("fast+us"); words for the standard ones may be among them. If a model has published rates
for it, they apply. If not, the standard rates apply, and `used` says so: a guessed multiple (others take 2 for
every model) could not be verified.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING
from zlib import crc32

from providers.domain.cost import BilledResponse

if TYPE_CHECKING:
    from datetime import date, datetime

    from providers.ledger.prices.card import Card
    from providers.ledger.prices.layers import Layers
    from providers.ledger.prices.own_prices import PriceEntry
    from providers.ledger.prices.rates import Used

UNREADABLE = (
    "The downloaded prices cannot be read, so the built-in ones apply."
    " Run `tankful prices update` or `tankful prices reset`."
)
_RULES = 2  # version of this arithmetic; increase it when the same files give other prices
_DAY_MS = 24 * 60 * 60 * 1000


class Rates:
    """An immutable set of prices. A name is looked up once per day and tier; `pico_usd` is arithmetic after that.

    `ours` is `gaps.json`, or the text that it is made of. `own` is the text of the user's own file: a mistake
    in it disables it, and `problem` reports it. `fetched` is a newer list of the price library; `fetched_problem`
    is a sentence on why it is not used.
    """

    def __init__(
        self,
        library: bytes,
        ours: str | bytes = "",
        own: str = "",
        *,
        fetched: bytes | None = None,
        own_name: str = "prices.toml",
        problem: str | None = None,
        fetched_problem: str | None = None,
    ) -> None:
        self.problem = problem
        self.fetched_problem = fetched_problem
        self._library, self._ours, self._own, self._fetched = library, ours, own, fetched
        self._own_name = own_name
        self._cards: dict[tuple[str | None, str | None, int], Card | None] = {}
        if own or fetched is not None:
            self._drop_unusable()

    def _drop_unusable(self) -> None:
        """A mistake in what the user added is found at once."""
        if self._layers.own_problem is not None:
            self.problem, self._own = self._layers.own_problem, ""
        if self._layers.is_fetched_bad:
            self.fetched_problem = UNREADABLE
        if not self._layers.is_fetched:
            self._fetched = None

    @cached_property
    def _layers(self) -> Layers:
        # Where nothing is new, the fingerprint is all that is needed: to import what reads prices takes 5 ms.
        from providers.ledger.prices.layers import Layers

        return Layers(self._library, self._ours, self._own, self._own_name, self._fetched)

    @property
    def origin(self) -> str:
        """The origin of the list in force, for display: "genai-prices 0.2.3, built in"."""
        return self._layers.origin

    @property
    def made_on(self) -> date:
        """The day of the list in force."""
        return self._layers.made_on

    @property
    def built_in(self) -> tuple[str, ...]:
        """The ids of the models in the built-in list."""
        return self._layers.built_in

    @property
    def listed(self) -> tuple[str, ...]:
        """The ids of the models in the built-in list and in a downloaded one."""
        return self._layers.listed

    @property
    def models(self) -> tuple[str, ...]:
        """The names under which prices are listed, the user's own first; some have a * in them."""
        return self._layers.models

    @property
    def published(self) -> frozenset[str]:
        """The same without the user's own."""
        return self._layers.published

    @property
    def own(self) -> tuple[PriceEntry, ...]:
        """The user's own prices, in the order of their file."""
        return self._layers.own

    @property
    def own_text(self) -> str:
        """The text of the user's own file; empty where that is not used."""
        return self._own

    def own_for(self, model: str, day: date) -> PriceEntry | None:
        """The price of the user's own that applies to a model on a UTC day; None where another layer's does."""
        return self._layers.own_for(model, day)

    def read_own(self, own: str, own_name: str) -> None:
        """Raises BadPrices for what would disable such a file of the user's own."""
        self._layers.check_own(own, own_name)

    def with_own(self, own: str, own_name: str = "prices.toml") -> Rates:
        """These, with that text as the user's own file."""
        return Rates(self._library, self._ours, own, fetched=self._fetched, own_name=own_name)

    def meant(self, pattern: str, models: Iterable[str]) -> tuple[str, ...]:
        """Those of the models, as logs name them, that a price of the user's own with this pattern is about."""
        return self._layers.meant(pattern, models)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever any price may have changed: responses priced under another one must be repriced."""
        ours = self._ours if isinstance(self._ours, bytes) else self._ours.encode()
        texts = self._library, ours, self._own.encode(), self._fetched or b""
        return "-".join((str(_RULES), *(f"{crc32(text):08x}" for text in texts)))

    def pico_usd(self, response: BilledResponse) -> int | None:
        """What a response costs in 1e-12 USD, exact: a sum of these does not depend on the order of its parts.

        None, never 0, when its model or a rate is unknown (see Card).
        """
        context = response.context
        key = context.model, context.tier, response.at_ms // _DAY_MS
        try:
            found = self._cards[key]
        except KeyError:
            found = self._cards[key] = self.card_on(context.model, context.tier, response.at.date())
        return None if found is None else found.pico_usd(response)

    def used(self, model: str, at: datetime, *, tier: str | None = None) -> Used | None:
        """The rates by which `pico_usd` prices this model, and their origin; None if it has none."""
        return self._layers.used(model, at, tier=tier)

    def tiers(self, model: str, at: datetime) -> tuple[str, ...]:
        """The other services of this model whose rates are known."""
        return self._layers.tiers(model, at)

    @property
    def turns(self) -> list[date]:
        """The days on which some price changes, ascending: a card is valid from one to the next."""
        return self._layers.turns

    def card_on(self, model: str | None, tier: str | None, day: date) -> Card | None:
        """That of a UTC day; None where no price is known."""
        return self._layers.card_on(model, tier, day)
