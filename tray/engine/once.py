"""One round without an engine: for commands, which answer once and end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from providers.domain.limits import REFRESH_EVERY, AccountUsage, UsageSnapshot
from providers.host.faults import log_fault, logger_of
from providers.host.holder import WaitListener
from providers.ledger.database import LedgerError
from providers.ledger.ledger import Ledger
from providers.polling.account_pages import with_pages
from providers.polling.account_store import AccountStore
from providers.polling.accounts import find_targets, take_usage
from providers.polling.poll import Mode
from tray.engine import history, published
from tray.engine.cost_settings import NOT_ON_LINES
from tray.engine.cost_summary import cost_summary
from tray.engine.costs import Costs, as_counted
from tray.engine.other_homes import with_other_homes
from tray.engine.publish import SnapshotFile
from tray.engine.refresh_policy import LONGEST, ON_BATTERY
from tray.engine.scope import Scope
from tray.engine.settings import Settings
from tray.engine.settings_table import WORK_DAYS
from tray.engine.single_instance import SingleInstance, StateFolderUnusable
from tray.engine.state import HomeCost, State

_log = logger_of(__name__)


def take_round(
    scope: Scope,
    costs: Costs,
    mode: Mode,
    *,
    provider: str | None = None,
    source: str | None = None,
    waiting: WaitListener | None = None,
    page_seconds: float = 0.0,
) -> UsageSnapshot:
    """Limits, credits and the last counted cost of every account; never waits for a count. Never raises.

    Account pages that are due are asked for, and waited for so long; those that are known are there anyway.

    Where all of it was asked for and nobody owns the engine, it is published for everybody else. `waiting` hears
    for whom it waits.
    """
    settings = scope.settings()
    memory = AccountStore(scope.folders.state, waiting=waiting)
    providers = [each for each in scope.chosen(provider, settings) if each.source_ids]
    snapshot = take_usage(
        providers,
        scope.environ,
        memory,
        scope.clock,
        mode=mode,
        only_source=source,
        settings=settings.providers,
    )
    if page_seconds and mode != "cached":
        targets = find_targets(
            providers, scope.environ, memory, scope.clock(), only_source=source, settings=settings.providers
        )
        snapshot = with_pages(snapshot, targets, memory, scope.clock, page_seconds)
    note, known = history.with_news if mode == "cached" else history.note, costs_of(scope, costs)
    every, work_days = refresh_every(scope), settings.get(WORK_DAYS)
    with_not_on_lines = settings.get(NOT_ON_LINES)
    accounts = tuple(
        replace(
            _with_history(note, costs, account, scope, work_days),
            cost=cost_summary(
                known, account.cost_home_ids, scope.today(), with_not_on_lines=with_not_on_lines
            ),
            refresh_every=every,
        )
        for account in snapshot.accounts
    )
    snapshot = replace(snapshot, accounts=accounts)
    if provider is None and source is None and mode != "cached":
        _publish(scope, State(settings=settings, snapshot=snapshot, costs=known, counters=costs.counters()))
    return snapshot


def _with_history(
    note: Callable[[Ledger, AccountUsage, datetime, tzinfo, str], AccountUsage],
    costs: Costs,
    account: AccountUsage,
    scope: Scope,
    work_days: str,
) -> AccountUsage:
    try:
        return note(costs.ledger, account, scope.clock(), scope.zone, work_days)
    except Exception as error:  # noqa: BLE001 - it must not cost the limits
        log_fault(_log, "could not read the limit history", error)
        return account


def refresh_every(scope: Scope) -> timedelta:
    """How often limits are refreshed, as who owns the engine published it; else as if nobody did."""
    try:
        if (document := kept_snapshot(scope)) is None:
            return REFRESH_EVERY
        accounts = document["providers"]
        seconds = max((account["refresh_seconds"] for account in accounts), default=0.0)
        return min(max(REFRESH_EVERY, timedelta(seconds=seconds)), LONGEST * ON_BATTERY)
    except (OverflowError, *published.DAMAGED):
        return REFRESH_EVERY


def kept_snapshot(scope: Scope) -> published.Document | None:
    """The snapshot that somebody keeps up to date; None where nobody does, or for one that is damaged."""
    try:
        document = published.read(str(scope.folders.state))
        now = scope.clock().timestamp()
        return document if document is not None and published.is_kept(document, now) else None
    except published.DAMAGED:
        return None


def costs_of(scope: Scope, costs: Costs) -> dict[str, HomeCost]:
    """The figures that were counted last, by any process; none where they cannot be read. Never raises.

    They are up to date where somebody keeps them so, and where no log has changed since.
    """
    try:
        found = costs.by_home()
        if kept_snapshot(scope) is not None:
            return as_counted(found)
        read = costs.homes_read()
        return as_counted(found, lambda home: found[home].up_to_date or home in read)
    except LedgerError:  # shown when logs are counted
        return {}
    except Exception as error:  # noqa: BLE001 - it must not cost the limits
        log_fault(_log, "could not read the costs", error)
        return {}


def _revision(document: published.Document | None) -> int:
    revision = (document or {}).get("revision")
    return revision if isinstance(revision, int) else 0


def _with_other_homes(
    scope: Scope, settings: Settings, before: published.Document | None, facts: published.Document
) -> published.Document:
    providers = {each.id for each in scope.chosen(None, settings)}
    return with_other_homes(facts, before, scope.clock().timestamp(), providers)


def _publish(scope: Scope, state: State) -> None:
    """Unless somebody owns the engine, who then sees what was saved here and publishes it."""
    instance = SingleInstance(Path(scope.folders.state))
    with suppress(StateFolderUnusable, OSError):
        if instance.acquire():
            try:
                before = published.read(str(scope.folders.state))
                numbered = replace(state, revision=_revision(before) + 1)
                add = partial(_with_other_homes, scope, state.settings, before)
                SnapshotFile(scope.folders.state, "command", scope.clock, complete=add)(state, numbered)
            finally:
                instance.release()
