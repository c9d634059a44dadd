"""What subscriptions cost against what the same use costs at API prices. Pure.

The person sets the prices, an account each. A price a month is scaled to the days of the range, from the first log
of its account on; only accounts with a price stand on either side, and what is left out is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from providers.domain.cost import Tally, tallied
from providers.ledger.sums import UNKNOWN
from tray.engine.subscriptions import Subscription, subscription_of
from tray.view.usage.days import DAYS_A_MONTH

COMPARED = "USD"
"""The currency of API prices: nothing here knows an exchange rate."""

Place = tuple[str, str, str]
"""Provider, account's id or UNKNOWN, and home's label of some use."""


class Payer(Struct, frozen=True, kw_only=True):
    """An account that may have a price; `account` is its id, None for a home of which no account is known."""

    provider: str
    account: str | None
    homes: tuple[str, ...]


class Worth(Struct, frozen=True, kw_only=True):
    """`price` is in the subscription's currency and for so many `days`; `api` is what was used in them."""

    payer: Payer
    subscription: Subscription
    days: int
    price: Decimal
    api: Tally

    @property
    def is_compared(self) -> bool:
        return self.subscription.currency == COMPARED

    @property
    def ratio(self) -> float | None:
        """None in another currency than API prices, and where nothing that was used has a price."""
        return ratio(self.api.usd, self.price) if self.is_compared else None


class WorthOfAll(Struct, frozen=True, kw_only=True):
    """`price` and `api` are over the accounts paid in USD, both None where there is none. `left_out` are places
    with use and no price, `unknown` the names of prices that fit no account or home.
    """

    accounts: tuple[Worth, ...]
    price: Decimal | None
    api: Tally | None
    left_out: tuple[Place, ...]
    unknown: tuple[str, ...]

    @property
    def ratio(self) -> float | None:
        if self.price is None or self.api is None:
            return None
        return ratio(self.api.usd, self.price)


def ratio(usd: float | None, price: Decimal) -> float | None:
    return None if usd is None or price <= 0 else usd / float(price)


def worth(
    subscriptions: Sequence[Subscription],
    payers: Iterable[Payer],
    used: Mapping[Place, Tally],
    days: Callable[[Payer, Subscription], int],
    *,
    known: Collection[str] = (),
) -> WorthOfAll:
    """`payers` are those shown, `used` what was used at the places shown, `days` in how many days: one of none
    counts on neither side. `known` are names of accounts and homes that are not shown: nor do their prices count,
    and they are not unknown.
    """
    paid = _paid(subscriptions, _with_places(payers, used))
    sums: dict[Payer, list[Tally]] = {payer: [] for payer in paid}
    left_out: list[Place] = []
    for place, tally in used.items():
        payer = _payer_of(place, paid)
        if payer is None:
            left_out.append(place)
        else:
            sums[payer].append(tally)
    accounts = tuple(
        Worth(
            payer=payer,
            subscription=each,
            days=count,
            price=each.amount * Decimal(count) / Decimal(DAYS_A_MONTH),
            api=tallied(sums[payer]),
        )
        for payer, each in paid.items()
        if (count := days(payer, each)) > 0
    )
    compared = [each for each in accounts if each.is_compared]
    fitting = {each.account for each in paid.values()} | set(known)
    fitting |= {name for payer in paid for name in (payer.account, *payer.homes) if name}
    return WorthOfAll(
        accounts=accounts,
        price=sum((each.price for each in compared), Decimal(0)) if compared else None,
        api=tallied(each.api for each in compared) if compared else None,
        left_out=tuple(sorted(left_out)),
        unknown=tuple(each.account for each in subscriptions if each.account not in fitting),
    )


def _with_places(payers: Iterable[Payer], used: Mapping[Place, Tally]) -> list[Payer]:
    """And those that nobody is signed in to any more: accounts and homes that only logs know."""
    found = list(payers)
    accounts = {(each.provider, each.account) for each in found}
    homes = {(each.provider, home) for each in found for home in each.homes}
    for provider, account, home in sorted(used):
        if account != UNKNOWN and (provider, account) not in accounts:
            accounts.add((provider, account))
            found.append(Payer(provider=provider, account=account, homes=()))
        if (provider, home) not in homes:
            homes.add((provider, home))
            found.append(Payer(provider=provider, account=None, homes=(home,)))
    return found


def _paid(subscriptions: Sequence[Subscription], payers: Iterable[Payer]) -> dict[Payer, Subscription]:
    """Each with its one price, and each price for one: an account in several homes is paid for once, and of two
    providers in one home the second has no price.
    """
    left, found = list(subscriptions), {}
    for payer in payers:
        each = subscription_of(left, payer.account, payer.homes)
        if each is not None:
            found[payer] = each
            left.remove(each)
    return found


def _payer_of(place: Place, paid: Mapping[Payer, Subscription]) -> Payer | None:
    """By its account; else by its home, if no account is known or the price is that of the home itself."""
    provider, account, home = place
    own = {payer: each for payer, each in paid.items() if payer.provider == provider}
    return next((payer for payer in own if payer.account == account), None) or next(
        (
            payer
            for payer, each in own.items()
            if home in payer.homes and (account == UNKNOWN or each.account in payer.homes)
        ),
        None,
    )
