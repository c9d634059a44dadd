"""The accounts whose limits the address asks for: those of the snapshot, and those that only the ledger knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.limits import AccountUsage
from tray.engine import published
from tray.engine.published_state import published_state
from tray.engine.state import State
from tray.faces.page.data import PageData
from tray.view import format as fmt
from tray.view.charts.series import Tint
from tray.view.menu.account import named
from tray.view.menu.windows import look_of
from tray.view.window_names import window_name

UNREADABLE = "The published limits cannot be read right now. They are rewritten within minutes."
_LONGEST = 40


class LimitAccount(Struct, frozen=True, kw_only=True):
    """`titles` and `looked_at` are those of its present windows, by their ids; both are empty of an account that
    nobody is signed in to any more.
    """

    id: str
    provider: str
    label: str
    tint: Tint
    titles: Mapping[str, str] = {}
    looked_at: Mapping[str, datetime] = {}

    def window_title(self, ident: str) -> str:
        return fmt.plain(window_name(ident, self.titles), longest=_LONGEST)


def shown_state(data: PageData) -> State | None:
    """What was published last, of the accounts that the address asks for; None where nothing ever was.

    Raises one of `published.DAMAGED`.
    """
    if data.usage is None:
        return None
    state = published_state(data.usage, data.incidents, data.scope.settings())
    if state.snapshot is None:
        return state
    accounts = tuple(
        usage
        for usage in state.snapshot.accounts
        if data.wants(usage.provider, usage.account.id if usage.account else None, usage.homes)
    )
    return replace(state, snapshot=replace(state.snapshot, accounts=accounts))


def limit_accounts(data: PageData) -> tuple[LimitAccount, ...]:
    """In the order of the snapshot. Raises LedgerError."""
    return data.once("limit accounts", lambda: _accounts(data))


def _accounts(data: PageData) -> tuple[LimitAccount, ...]:
    try:
        state = shown_state(data)
    except published.DAMAGED:
        state = None
    found: dict[str, LimitAccount] = {}
    accounts = state.snapshot.accounts if state is not None and state.snapshot is not None else ()
    for entry in named(accounts, look_of(state)) if state is not None else ():
        usage = entry.usage
        if usage.account is not None:
            label = entry.header.replace(fmt.DOT, " · ")
            found[usage.account.id] = _known(usage, label, data.tint(usage.provider))
    for account in _only_in_ledger(data):
        found.setdefault(account.id, account)
    return tuple(found.values())


def _known(usage: AccountUsage, label: str, tint: Tint) -> LimitAccount:
    assert usage.account is not None  # noqa: S101 - homes without one have no history
    return LimitAccount(
        id=usage.account.id,
        provider=usage.provider,
        label=label,
        tint=tint,
        titles={lane.value.id: lane.value.title for lane in usage.windows},
        looked_at={lane.value.id: lane.fetched_at for lane in usage.windows},
    )


def _only_in_ledger(data: PageData) -> Iterator[LimitAccount]:
    """Those that have logs here; a home names only those that are signed in to it."""
    if data.query.home:
        return
    chosen = {each.id for each in data.scope.chosen()}
    for ident, provider in sorted(data.costs.ledger.names().accounts.items()):
        if provider in chosen and data.wants(provider, ident, ()):
            label = f"{data.title(provider)} · {fmt.plain(ident, longest=8)}"
            yield LimitAccount(id=ident, provider=provider, label=label, tint=data.tint(provider))
