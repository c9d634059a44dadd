"""The accounts that were published, as forms name them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from tray.engine import published
from tray.engine.subscriptions import Subscription, subscription_of
from tray.faces.page.table.names import named
from tray.view import format as fmt


class ListedAccount(Struct, frozen=True, kw_only=True):
    """`key` is what the settings call it: as they do already, or by its id, or else by its home. `title` is for
    people.
    """

    key: str
    title: str
    provider: str
    homes: tuple[str, ...]
    subscription: Subscription | None


def accounts(
    usage: Mapping[str, Any] | None, prices: Collection[Subscription], *, hide_email: bool
) -> tuple[ListedAccount, ...]:
    """In the order of the document of `tankful usage --json`; those without a login are left out."""
    try:
        return tuple(_accounts(usage, prices, hide_email=hide_email))
    except published.DAMAGED:  # the next round rewrites it
        return ()


def _accounts(
    usage: Mapping[str, Any] | None, prices: Collection[Subscription], *, hide_email: bool
) -> Iterator[ListedAccount]:
    for entry in [] if usage is None else usage["providers"]:
        account = entry.get("account")
        homes = tuple(entry["homes"])
        if not account or not homes:
            continue
        found = subscription_of(prices, account["id"], homes)
        yield ListedAccount(
            key=account["id"] or homes[0] if found is None else found.account,
            title=title(account, hide_email=hide_email),
            provider=entry["provider"],
            homes=homes,
            subscription=found,
        )


def title(account: Mapping[str, Any], *, hide_email: bool) -> str:
    """`dev@example.com (Pro)`; its id in place of an address that is hidden or not known."""
    name = account["id"] if hide_email or not account.get("email") else account["email"]
    plan = f" ({fmt.plan(account['plan'])})" if account.get("plan") else ""
    return named(f"{name}{plan}").full
