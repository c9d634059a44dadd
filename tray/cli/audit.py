"""`tankful audit`: what was counted from logs, beside what the programs and servers report themselves."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from tray.cli.console import (
    NOTHING_READ,
    OK,
    BadArgument,
    chosen,
    open_scope,
    tell,
    tell_count_problems,
    tell_price_problems,
)
from tray.cli.counting import counting, why_nothing
from tray.cli.days import day_of, zone_of

if TYPE_CHECKING:
    import argparse

EXAMPLES = (
    ("tankful audit", "each session whose total needs an explanation, and the sum of all others"),
    ("tankful audit --all --since 2026-11-01", "every session that was used this month"),
    ("tankful audit --strict 2", "exit code 1 where more than 2 % of a total is unexplained"),
    (
        "tankful audit --ask-server --provider codex",
        "ask Codex's server for your newest threads and for each day",
    ),
    ("tankful audit --json | jq '.totals'", "the totals, for a script"),
)
MOST_THREADS = 50
"""Each is a request: what is known of one that has not grown since is not asked for again."""
TOLERANCE = 1.0
"""Percent of what was reported."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from tray.cli.arguments import add_provider

    add_provider(parser, "audit")
    parser.add_argument("--since", metavar="DATE", help="last used from this day on, such as 2026-11-01")
    parser.add_argument("--until", metavar="DATE", help="last used up to and including this day")
    parser.add_argument(
        "--ask-server",
        action="store_true",
        help="ask the server, with your login, what it counted of the newest sessions and of each day",
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=MOST_THREADS,
        metavar="N",
        help=f"how many of the newest sessions --ask-server may ask for (default: {MOST_THREADS})",
    )
    parser.add_argument("--all", action="store_true", help="show each row, also those that are equal")
    parser.add_argument(
        "--strict",
        nargs="?",
        type=float,
        const=TOLERANCE,
        metavar="PERCENT",
        help="exit with 1 where an unexplained difference exceeds this share of what was reported (default: 1)",
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="time zone for days, such as Europe/Berlin (default: the system's)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Waits for the whole count; raises BadArgument."""
    from providers.ledger.database import LedgerError
    from tray.engine.audit import audit_rows, used_within, was_used_within
    from tray.engine.costs import Costs
    from tray.engine.server_audit import ServerAsk, ServerAudit

    scope = open_scope()
    zone = zone_of(options.timezone) if options.timezone else scope.zone
    since = day_of(options.since) if options.since else None
    until = day_of(options.until) if options.until else None
    if since and until and since > until:
        raise BadArgument(f"the range ends before it begins: {since} to {until}")
    if options.strict is not None and not 0 <= options.strict <= 100:
        raise BadArgument("--strict takes a percentage from 0 to 100")
    if not 0 < options.threads <= 10_000:
        raise BadArgument("--threads takes a number from 1 to 10000")
    provider = chosen("provider", options.provider, "all", scope.provider_ids())
    providers = scope.chosen(provider)
    if options.ask_server and providers and not any(each.make_server_counter for each in providers):
        names = " and ".join(each.title for each in providers)
        raise BadArgument(f"--ask-server: {names} has no server that can be asked what it counted")
    tell_price_problems(scope)
    costs = Costs(scope)
    try:
        with counting() as progress:
            problem = costs.count_all(providers[0].id if len(providers) == 1 else None, progress, tell)
        ask = ServerAsk(options.threads, tell) if options.ask_server else None
        within = partial(was_used_within, since=since, until=until, zone=zone)
        servers = ServerAudit(scope, costs, ask, within)
        rows = used_within(audit_rows(scope, costs, providers, servers), since, until, zone)
    except LedgerError as error:
        tell(str(error))
        return NOTHING_READ
    tell_count_problems(costs, problem)
    has_home = any(os.path.isdir(home.path) for home in scope.homes(provider))
    if not rows and not has_home and (sentence := why_nothing(scope, provider)):
        tell(sentence)
        return NOTHING_READ
    from tray.view import output

    if options.json:
        from tray.view.audit import document

        output.emit(output.as_json(document.as_data(rows, scope.clock())))
    else:
        from tray.view.audit import table

        paper = output.paper()
        some_days = since is not None or until is not None
        now = scope.clock()
        text = table.text(rows, providers, zone, now, paper, every=options.all, some_days=some_days)
        output.emit(text, styled=paper.styled)
    strict = options.strict is not None and any(row.exceeds(options.strict / 100) for row in rows)
    return NOTHING_READ if strict else OK
