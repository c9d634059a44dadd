"""`tankful usage`: limits, credits and account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.arguments import add_provider
from tray.cli.console import NOTHING_READ, OK, BadArgument, chosen, open_scope, show_rows, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from providers.domain.limits import AccountUsage, UsageSnapshot
    from providers.ledger.ledger import Ledger
    from providers.source import Provider
    from tray.engine.scope import Scope
    from tray.engine.state import HomeCost

_NOT_YET = "no limits are known yet; `tankful usage --refresh` asks for them now."
_PAGE_SECONDS = 3.0


EXAMPLES = (
    ("tankful usage", "what is left of every account, and when it resets"),
    ("tankful usage --refresh --provider claude", "ask one provider now"),
    (
        "tankful usage --project ~/work/site",
        "whether another session like those of that folder fits",
    ),
    ("tankful usage --cached --json | jq '.providers[].windows'", "the last known windows, at once"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_provider(parser, "show")
    parser.add_argument(
        "--source",
        metavar="ID",
        default="auto",
        help="use only this source, such as oauth (default: auto); an unknown one lists all",
    )
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--cached", action="store_true", help="show the last known values; send no request")
    when.add_argument("--refresh", action="store_true", help="fetch now, however recent the last values are")
    parser.add_argument(
        "--project",
        metavar="PATH|NAME",
        help="also show how much of each limit a session of this project took, and how often that fits",
    )
    parser.add_argument(
        "--with",
        dest="files",
        nargs="*",
        action="extend",
        metavar="FILE",
        help="add what other machines wrote by `tankful export --what limits`, the newest reading of each"
        " window (- is standard input)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    from tray.engine import budgets, document
    from tray.engine.costs import Costs
    from tray.engine.once import costs_of, refresh_every, take_round
    from tray.engine.settings_table import WORK_DAYS
    from tray.engine.state import State
    from tray.view import menu, output

    scope = open_scope()
    provider = chosen("provider", options.provider, "all", scope.provider_ids())
    source = chosen("source", options.source, "auto", scope.source_ids(provider))
    readings = None
    if options.files is not None:
        from tray.cli.other_machines import read_limits

        readings = read_limits(options.files, scope)
    costs = Costs(scope)
    snapshot = take_round(
        scope,
        costs,
        "cached" if options.cached else "now" if options.refresh else "due",
        provider=provider,
        source=source,
        waiting=tell,
        page_seconds=_PAGE_SECONDS if options.json else 0.0,
    )
    if not snapshot.accounts:
        tell("no limits to show: every selected provider is switched off in settings.toml.")
    for sentence in empty_sources(snapshot, scope.chosen(provider), source):
        tell(sentence)
    now, settings = scope.clock(), scope.settings()
    own = snapshot
    if readings is not None:
        from tray.view.other_limits import with_readings

        titles = {each.id: each.title for each in scope.chosen(provider)}
        wanted = [reading for reading in readings if reading.provider in titles]
        snapshot = with_readings(snapshot, wanted, titles, now)
    if provider is not None:
        settings = budgets.without_dollars(settings)  # those are of all providers
    counted = costs_of(scope, costs)
    shown: dict[str, Any] = {}
    if options.json or options.project is not None:
        facts = budgets.facts(settings, counted, snapshot.accounts)
        shown = document.usage(snapshot, now, settings.get(WORK_DAYS), scope.zone, facts)
        if options.project is not None or not options.cached:
            accounts = {each.account.id for each in own.accounts if each.account}
            shown = _with_windows(scope, costs.ledger, accounts, options.project, now, shown)
    if options.json:
        output.emit(output.as_json(shown))
    else:
        _tell_if_not_counted(own, counted)
        state = State(snapshot=snapshot, settings=settings, costs=counted, refresh_every=refresh_every(scope))
        show_rows(menu.status_rows(state, now, scope.zone))
        if options.project is not None:
            _show_fit(shown)
    read = any(
        has_limits(account) or (account.cost is not None and account.cost.has_logs)
        for account in snapshot.accounts
    )
    return OK if read else NOTHING_READ


def _with_windows(
    scope: Scope,
    ledger: Ledger,
    accounts: Collection[str],
    project: str | None,
    now: datetime,
    shown: dict[str, Any],
) -> dict[str, Any]:
    """With what the log of windows says. Raises BadArgument for a project of which nothing is logged."""
    from tray.engine import budget_history, window_figures

    uses = window_figures.recent_uses(scope, ledger, accounts)
    shown = window_figures.with_uses(shown, uses, now)
    shown = budget_history.with_history(shown, scope, ledger, now)
    if project is None:
        return shown
    from providers.ledger.database import LedgerError
    from providers.ledger.project_sessions import NoSuchProject
    from tray.engine.project_fit import project_fit, with_fit

    try:
        return with_fit(shown, project_fit(ledger, project, uses, now))
    except NoSuchProject as error:
        raise BadArgument(str(error)) from None
    except LedgerError as error:
        tell(str(error))
        return shown


def _show_fit(shown: dict[str, Any]) -> None:
    from tray.view import output
    from tray.view.project_fit import UNKNOWN, fit_lines

    lines = [f"{whose}: {sentence}" for whose, sentence in fit_lines(shown)]
    output.emit("\n" + ("\n".join(lines) or UNKNOWN))


def _tell_if_not_counted(snapshot: UsageSnapshot, costs: Mapping[str, HomeCost]) -> None:
    if any(account.cost is None for account in snapshot.accounts):
        tell("the cost has not been counted yet; run `tankful cost` to count it.")
        return
    homes = {home for account in snapshot.accounts for home in account.cost_home_ids}
    if not all(cost.up_to_date for home, cost in costs.items() if home in homes):
        tell("the cost is from the last count; run `tankful cost` to include what was used since.")


def has_limits(account: AccountUsage) -> bool:
    """Or credits, or spend, or the knowledge that there are none."""
    return bool(account.windows or account.credits or account.spend or account.limits_known)


def empty_sources(
    snapshot: UsageSnapshot, providers: Sequence[Provider], source: str | None
) -> Iterator[str]:
    """Why an account has nothing to show, a sentence each, where no error says so."""
    by_id = {provider.id: provider for provider in providers}
    for account in snapshot.accounts:
        if has_limits(account) or account.error is not None:
            continue
        reason = by_id[account.provider].when_empty.get(source or "")
        where = f"{account.title} in {', '.join(account.homes)}" if account.homes else account.title
        yield f"{where}: {reason or _NOT_YET}"
