"""The feeds of live sessions: with all that takes part in a look, for each kind of process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from providers.domain.limits import AccountUsage
from providers.domain.live import SessionsLook
from providers.domain.processes import Processes
from providers.source import Home, Provider
from tray.engine import detached, published
from tray.engine.costs import Costs
from tray.engine.live import hook_records
from tray.engine.live.feed import SessionFeed
from tray.engine.live.settings import TITLES
from tray.engine.scope import Scope

if TYPE_CHECKING:
    from providers.live.look import SessionLook

Accounts = Callable[[], Sequence[AccountUsage]]


def open_feed(scope: Scope, processes: Processes | None = None, *, is_only: bool = False) -> SessionFeed:
    """For a process without an engine: the accounts are as published, and costs are counted where no engine
    counts them. With `is_only` it looks once.
    """
    from tray.engine.count_child import CountChild
    from tray.engine.live.own_count import OwnCount

    costs, state = Costs(scope, CountChild(scope.environ)), str(scope.folders.state)
    count = OwnCount(costs.count, lambda: detached.is_owned(state))
    look = _Looker(
        scope, costs, lambda: _published_accounts(scope), processes, count.keep_up, is_only=is_only
    )
    return SessionFeed(scope.folders.state, look, scope.clock)


def feed_of_engine(
    scope: Scope, costs: Costs, accounts: Accounts, processes: Processes | None = None
) -> SessionFeed:
    """For the process of an engine, which counts the `costs` itself."""
    return SessionFeed(scope.folders.state, _Looker(scope, costs, accounts, processes), scope.clock)


def feed_of_page(scope: Scope, costs: Costs, processes: Processes | None = None) -> SessionFeed:
    """For a process that shows the `costs` while an engine beside it counts them."""
    look = _Looker(scope, costs, lambda: _published_accounts(scope), processes)
    return SessionFeed(scope.folders.state, look, scope.clock)


class _Looker:
    """Nothing is imported and opened before the first look: there may be none."""

    def __init__(
        self,
        scope: Scope,
        costs: Costs,
        accounts: Accounts,
        processes: Processes | None,
        before: Callable[[], None] = lambda: None,
        *,
        is_only: bool = False,
    ) -> None:
        self._scope = scope
        self._costs = costs
        self._accounts = accounts
        self._processes = processes
        self._before = before
        self._is_only = is_only
        self._look: SessionLook | None = None

    def __call__(self) -> SessionsLook:
        from providers.live.look import LookContext
        from tray.engine.live.accounts import home_accounts

        self._before()
        look = self._look = self._look or self._made()
        now, settings = self._scope.clock(), self._scope.settings()
        homes = [home for _, found in self._homes() for home in found]
        known = LookContext(
            hooks=hook_records.read(str(self._scope.folders.state), now),
            accounts=home_accounts(self._accounts(), homes, now),
            with_titles=settings.get(TITLES),
            is_only=self._is_only,
        )
        found = look.look(now, known)
        return replace(found, counted_at=_newest(found.counted_at, self._costs.counted_at))

    def _made(self) -> SessionLook:
        from providers.host.processes import system_processes
        from providers.live.ledger_costs import LedgerCosts
        from providers.live.look import SessionLook

        costs = LedgerCosts(self._costs.ledger, self._costs.files)
        clis = [each.cli for each in self._scope.providers]
        return SessionLook(self._homes, self._processes or system_processes(), costs, clis=clis)

    def _homes(self) -> list[tuple[Provider, Sequence[Home]]]:
        settings = self._scope.settings()
        return [
            (each, self._scope.log_homes_of(each, settings))
            for each in self._scope.chosen(settings=settings)
            if each.sessions is not None
        ]


def _newest(written: datetime | None, counted: datetime | None) -> datetime | None:
    """A count that found nothing new did not write to the ledger."""
    return max((at for at in (written, counted) if at is not None), default=None)


def _published_accounts(scope: Scope) -> Sequence[AccountUsage]:
    from tray.engine.published_state import published_state

    document = published.read(str(scope.folders.state))
    if document is None:
        return ()
    try:
        usage = published.usage(document, scope.clock().timestamp())
        snapshot = published_state(usage, {}, scope.settings()).snapshot
    except published.DAMAGED:  # the next round rewrites it
        return ()
    return snapshot.accounts if snapshot else ()
