"""What the person pays for the accounts: a price a month for each, which nobody can look up for them.

[subscriptions]
"~/.claude" = "100 USD"     # a home's label, as the menu and `usage --json` have it
a1b2c3d4 = "23 EUR"         # or an account's id, from `usage --json`
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from providers.setting import InvalidValue, Setting

MOST = 100_000
_MOST_ACCOUNTS = 100
_LONGEST_NAME = 200
_AMOUNT = re.compile(r"(\d{1,6}(?:\.\d{1,2})?)(?: ?([A-Za-z]{3}))?", re.ASCII)
_ASSIGNED = re.compile(r"""\s*("[^"]*"|[^="]+?)\s*=\s*([^,=]+?)\s*(?:,|\Z)""")
_USUAL = "USD"


class Subscription(Struct, frozen=True):
    """`account` is an account's id or the label of a home; the amount is for a month and more than 0."""

    account: str
    amount: Decimal
    currency: str

    @property
    def price(self) -> str:
        """As the settings have it: `100 USD`."""
        return f"{self.amount} {self.currency}"


class Subscriptions(Struct, frozen=True):
    """A table of prices by account; the value is a tuple of Subscription, empty if none is set."""

    is_public = False

    def expected(self) -> str:
        return 'a table of prices a month by account or home, such as "~/.claude" = "100 USD"'

    def parse(self, raw: object) -> tuple[Subscription, ...]:
        if not isinstance(raw, Mapping) or len(raw) > _MOST_ACCOUNTS:
            raise InvalidValue(self.expected())
        return tuple(self._subscription(account, price) for account, price in raw.items())

    def raw(self, text: str) -> object:
        """`"~/.claude" = 100 USD, a1b2c3d4 = 23 EUR`, quotes where a name has a comma or an equals sign."""
        found, place = {}, 0
        while place < len(text.rstrip()):
            match = _ASSIGNED.match(text, place)
            if match is None:
                return text
            found[match[1].strip('"')] = match[2]
            place = match.end()
        return found

    def text(self, value: Any) -> str:
        return ", ".join(f'"{each.account}" = {each.price}' for each in value)

    def _subscription(self, account: object, price: object) -> Subscription:
        if isinstance(price, (int, float, Decimal)) and not isinstance(price, bool):
            price = str(price)
        match = _AMOUNT.fullmatch(price.strip()) if isinstance(price, str) and len(price) < 40 else None
        if match is None or not isinstance(account, str) or not _is_name(account):
            raise InvalidValue(self.expected())
        amount = Decimal(match[1])
        if not 0 < amount <= MOST:
            raise InvalidValue(self.expected())
        return Subscription(account, amount, (match[2] or _USUAL).upper())


def _is_name(account: str) -> bool:
    has_controls = any(each < " " or each == "\x7f" for each in account)
    return len(account.strip()) > 0 and len(account) <= _LONGEST_NAME and not has_controls


SUBSCRIPTIONS: Setting[tuple[Subscription, ...]] = Setting(
    "subscriptions",
    Subscriptions(),
    (),
    "What you pay per month for each account, by its id or the label of its home. The page compares it with "
    "the same use at API prices.",
)


def subscription_of(
    subscriptions: Collection[Subscription], account: str | None, homes: Collection[str]
) -> Subscription | None:
    """That of an account by its id, or else by the first of its homes' labels that has one."""
    by_name = {each.account: each for each in subscriptions}
    names = (*([account] if account else []), *homes)
    return next((by_name[name] for name in names if name in by_name), None)
