"""What was published of homes that a round does not read: one for each CLI that works in a home of its own.

Where no process owns the engine, each hook, bar and command publishes the homes of its own environment. Those of
the others stay in the snapshot for a while, so that two sessions do not replace each other's limits in turns. An
account then has `read_earlier`: by such a home, when a round last read it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from typing import Any

from providers.domain import rules
from tray.engine import published
from tray.engine.bounded import Bounded
from tray.engine.iso_time import epoch

Document = dict[str, Any]

KEPT_SECONDS = rules.FRESH_SECONDS
MOST = 16
LOOK_SECONDS = 1.0


def those_that_exist(homes: Collection[str]) -> set[str]:
    """Of homes as the snapshot names them; none where a disk hangs."""

    def look() -> set[str]:
        return {home for home in homes if os.path.isdir(os.path.expanduser(home))}

    return Bounded().run("homes", LOOK_SECONDS, look, otherwise=set())


def with_other_homes(
    facts: Document,
    before: Document | None,
    now: float,
    providers: Collection[str],
    existing: Callable[[Collection[str]], Collection[str]] = those_that_exist,
) -> Document:
    """The facts of a round, and those of other homes in the snapshot `before`; `now` in epoch seconds.

    Homes that were read less than ten minutes ago, the newest 16; of `providers`, by id, that are switched on.
    """
    try:
        return facts if before is None else _joined(facts, before, now, providers, existing)
    except published.DAMAGED:
        return facts


def _joined(
    facts: Document,
    before: Document,
    now: float,
    providers: Collection[str],
    existing: Callable[[Collection[str]], Collection[str]],
) -> Document:
    earlier = _earlier(facts, before, now, providers)
    there = existing({home for _, home in earlier}) if earlier else ()
    kept = dict([each for each in earlier.items() if each[0][1] in there][:MOST])
    accounts = list(facts["providers"])
    for account in _usable(before["providers"], now) if kept else ():
        homes = {home: kept[key] for home in account["homes"] if (key := (account["provider"], home)) in kept}
        if homes:
            _join(accounts, account, homes)
    budgets = [*facts["budgets"], *_budgets(facts, before, accounts)]
    return {**facts, "providers": accounts, "budgets": budgets}


def _earlier(
    facts: Document, before: Document, now: float, providers: Collection[str]
) -> dict[tuple[str, str], str]:
    """By provider and home when it was last read, the newest first."""
    here = {(account["provider"], home) for account in facts["providers"] for home in account["homes"]}
    found = {
        (account["provider"], home): account.get("read_earlier", {}).get(home, before["generated_at"])
        for account in before["providers"]
        for home in account["homes"]
        if account["provider"] in providers
    }
    return {
        key: at
        for key, at in sorted(found.items(), key=lambda each: each[1], reverse=True)
        if key not in here and 0 <= now - epoch(at) < KEPT_SECONDS
    }


def _usable(accounts: list[Document], now: float) -> Iterator[Document]:
    """Those that are whole: a round is what replaces a damaged snapshot."""
    for account in accounts:
        try:
            published.account_as_of(account, now)
        except published.DAMAGED:
            continue
        yield account


def _join(accounts: list[Document], account: Document, homes: dict[str, str]) -> None:
    """The account with these homes; where it was just read in another home, that reading holds for them, too."""
    for number, newer in enumerate(accounts):
        if _identity(newer) is not None and _identity(newer) == _identity(account):
            accounts[number] = {
                **newer,
                "homes": [*newer["homes"], *homes],
                "read_earlier": newer.get("read_earlier", {}) | homes,
            }
            return
    accounts.append({**account, "homes": list(homes), "read_earlier": homes})


def _identity(account: Document) -> tuple[str, str] | None:
    return (account["provider"], account["account"]["id"]) if account["account"] else None


def _budgets(facts: Document, before: Document, accounts: list[Document]) -> Iterator[dict[str, Any]]:
    """The shares of accounts that were not read just now, unless the budgets have been changed since."""
    if facts["settings"].get("budget") != before["settings"].get("budget"):
        return
    own = {(each["provider"], each["account"]) for each in facts["budgets"]}
    known = {_identity(account) for account in accounts}
    for budget in before["budgets"]:
        whose = (budget.get("provider"), budget.get("account"))
        if whose in known and whose not in own:
            yield budget
