"""What the subscriptions cost against what the same use costs at API prices."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import Tally
from providers.ledger.database import LedgerError
from providers.ledger.rollup.selection import Selection
from providers.ledger.sums import UNKNOWN
from tray.engine import published
from tray.engine.subscriptions import SUBSCRIPTIONS, Subscription
from tray.faces.page import amounts, spending
from tray.faces.page.amounts import Amount
from tray.faces.page.data import PageData
from tray.faces.page.table.names import middle, readable
from tray.view import format as fmt
from tray.view.usage.days import Days
from tray.view.usage.worth import COMPARED, Payer, Place, WorthOfAll, worth
from tray.view.usage.worth import Worth as AccountWorth

_LONGEST_HOME = 24
_LEAST = 0.005
"""Of a ratio that is shown with two decimals."""


class WorthRow(Struct, frozen=True, kw_only=True):
    """`monthly` is the price that the person set, `price` that of the days shown, `ratio` is "3.2 ×"."""

    name: str
    monthly: str
    price: str
    api: Amount
    ratio: str


class WorthTable(Struct, frozen=True, kw_only=True):
    """`ratio` is over all rows. Without rows nothing is shown but the `notes`."""

    ratio: str
    sentence: str
    rows: tuple[WorthRow, ...]
    notes: tuple[str, ...]


def build(data: PageData) -> WorthTable | None:
    """None where no price is set."""
    subscriptions = data.scope.settings().get(SUBSCRIPTIONS)
    days = spending.days(data)
    if not subscriptions or days is None:
        return None
    payers = _payers(data)
    if note := _partial(data, payers):
        return WorthTable(ratio="", sentence="", rows=(), notes=(note,))
    shown = [each for each in payers if data.wants(each.provider, each.account, each.homes)]
    hidden = {name for each in payers if each not in shown for name in _names(each)}
    known = hidden | {home.label for home in data.scope.homes()} | _logged_accounts(data)
    own = [each for each in subscriptions if each.account not in hidden]
    found = worth(own, shown, _used(data), partial(_days_of, data, days), known=known)
    return WorthTable(
        ratio=_ratio(found.ratio, at_least=found.api is not None and found.api.unpriced > 0),
        sentence=_sentence(data, found, days),
        rows=tuple(_row(each, data) for each in found.accounts),
        notes=tuple(_notes(found, data)),
    )


def _partial(data: PageData, payers: Collection[Payer]) -> str:
    """Why nothing is compared: the filters show a part of what was paid for."""
    chosen = data.selection
    if chosen.project or chosen.model:
        return (
            "A subscription covers all projects and models. Remove these filters to compare it with its use."
        )
    if any(chosen.home in each.homes and each.homes[1:] for each in payers):
        return (
            "A subscription covers all homes of its account. Remove this filter to compare it with its use."
        )
    return ""


def _used(data: PageData) -> dict[Place, Tally]:
    found = spending.shown(data, ("provider", "account", "home"))
    return {(f"{key[0]}", f"{key[1]}", f"{key[2]}"): tally for key, tally in found.items()}


def _logged_accounts(data: PageData) -> set[str]:
    """All that logs know, whatever the filters show."""
    try:
        return set(data.costs.ledger.names().accounts)
    except LedgerError:  # the page says so where it counts
        return set()


def _days_of(data: PageData, days: Days, payer: Payer, subscription: Subscription) -> int:
    """In how many of these days it may have been used: since when it is paid for, nobody says but its logs."""
    everywhere = Selection(zone=data.zone, provider=payer.provider)
    places = [replace(everywhere, account=payer.account)] if payer.account else []
    is_of_home = subscription.account in payer.homes
    places += [
        replace(everywhere, home=home, account=None if is_of_home else UNKNOWN) for home in payer.homes
    ]
    firsts = [used[0] for each in places if (used := data.rollup.used_days(each)) is not None]
    beyond = (data.shown_beyond(("day",), each) for each in places)
    firsts += [day for found in beyond for (day,) in found if isinstance(day, date)]
    own = days.within(min(firsts)) if firsts else days
    return 0 if own is None else own.count


def _names(payer: Payer) -> tuple[str, ...]:
    return (*([payer.account] if payer.account else []), *payer.homes)


def _payers(data: PageData) -> list[Payer]:
    accounts: list[dict[str, Any]] = [] if data.usage is None else data.usage["providers"]
    try:
        return [
            Payer(
                provider=each["provider"],
                account=(each.get("account") or {}).get("id"),
                homes=tuple(each.get("homes") or ()),
            )
            for each in accounts
        ]
    except published.DAMAGED:  # the next round rewrites it
        return []


def _row(each: AccountWorth, data: PageData) -> WorthRow:
    return WorthRow(
        name=_payer_name(each.payer, data),
        monthly=fmt.amount(each.subscription.amount, each.subscription.currency),
        price=fmt.amount(each.price, each.subscription.currency),
        api=amounts.cost(each.api, in_column=True),
        ratio=_ratio(each.ratio, at_least=each.api.unpriced > 0),
    )


def _payer_name(payer: Payer, data: PageData) -> str:
    where = ", ".join(readable(each) for each in payer.homes) or payer.account or ""
    return f"{data.title(payer.provider)} ({where})"


def _place_name(place: Place, data: PageData) -> str:
    provider, account, home = place
    whose = "" if account == UNKNOWN else f", account {readable(account)}"
    return f"{data.title(provider)} ({middle(readable(home), _LONGEST_HOME)}{whose})"


def _ratio(ratio: float | None, *, at_least: bool) -> str:
    """`120 ×`, `3.2 ×`, `0.04 ×`, `< 0.01 ×`; "" where a lower bound would say nothing."""
    if ratio is None:
        return ""
    if ratio < _LEAST:
        return "" if at_least else "0 ×" if ratio == 0 else "< 0.01 ×"
    number = f"{ratio:,.0f}" if ratio >= 99.95 else f"{ratio:.1f}" if ratio >= 0.095 else f"{ratio:.2f}"
    return f"≥ {number} ×" if at_least else f"{number} ×"


def _sentence(data: PageData, found: WorthOfAll, days: Days) -> str:
    if found.price is None or found.api is None or found.api.usd is None:
        return ""
    api = fmt.priced(found.api.usd, complete=not found.api.unpriced)
    name = days.name(data.today)
    share = f"{fmt.plural(days.count, 'day')}, {name}."
    if any(each.days != days.count for each in found.accounts):
        share = f"{name}, each from the first log of its account on."
    return f"the price of the subscriptions: {api} at API prices for {_money(found.price)}, their share of {share}"


def _money(price: Decimal) -> str:
    return fmt.amount(price, COMPARED)


def _notes(found: WorthOfAll, data: PageData) -> Iterator[str]:
    if found.accounts:
        yield "A monthly price is spread over 365.2425 / 12 days."
    if found.left_out:
        left_out = list(dict.fromkeys(_place_name(each, data) for each in found.left_out))
        yield f"Left out on both sides, as no price is set for them: {fmt.some(left_out, 5, longest=80)}."
    others = sorted({each.subscription.currency for each in found.accounts if not each.is_compared})
    if others:
        yield f"Prices in {fmt.some(others, 3)} are not compared: API prices are in USD."
    if found.unknown:
        yield f"No account or home matches these names in your settings: {fmt.some(found.unknown, 5)}."
