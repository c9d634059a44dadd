"""`tankful cost`: tokens and cost of some days, from local logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli import cost_options
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
from tray.cli.cost_options import CostOptions
from tray.cli.counting import counting, why_nothing
from tray.cli.days import day_of, zone_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from datetime import date, tzinfo

    from providers.domain.cost import CostReport
    from providers.ledger.elsewhere import OtherMachines
    from tray.engine.costs import Costs
    from tray.engine.scope import Scope


EXAMPLES = (
    ("tankful cost --days 7 --by model", "the last week, by model"),
    ("tankful cost --by project --since 2026-11-01 --chart", "this month's projects, with bars"),
    ("tankful cost --by session --models", "each session with its models, and how to resume it"),
    ("tankful cost --with laptop.csv --by machine", "with what another machine exported: each response once"),
    ("tankful cost --json --days 1 | jq '.providers[].totals'", "today's tokens and cost, for a script"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from tray.cli.arguments import add_provider

    add_provider(parser, "show")
    parser.add_argument(
        "--days",
        type=int,
        metavar="N",
        help="the last N days, including today (default: 30; by week or month 12 of them, by block 7 days)",
    )
    parser.add_argument("--since", metavar="DATE", help="from this day on, such as 2026-11-01")
    parser.add_argument("--until", metavar="DATE", help="up to and including this day (default: today)")
    parser.add_argument(
        "--by",
        choices=cost_options.GROUPS,
        default="day",
        metavar="GROUP",
        help=f"how to group the rows: {', '.join(cost_options.GROUPS)} (default: day); a block lasts 5 hours, from"
        " the hour of its first response",
    )
    parser.add_argument(
        "--with",
        dest="files",
        nargs="*",
        action="extend",
        metavar="FILE",
        help="add what other machines wrote by `tankful export --what responses`; what several have counts once"
        " (- is standard input)",
    )
    parser.add_argument("--models", action="store_true", help="show the models of each row below it")
    parser.add_argument("--chart", action="store_true", help="draw a bar beside each row")
    parser.add_argument("--rates", action="store_true", help="show the prices applied")
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="time zone for days, such as Europe/Berlin (default: the system's)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def read_plainly(arguments: list[str]) -> CostOptions | None:
    """See `tray.cli.commands`."""
    return cost_options.read(arguments)


def run(options: CostOptions) -> int:
    """Waits for the whole count; raises BadArgument."""
    from providers.domain.cost import GROUPS, Detail
    from providers.ledger.database import LedgerError
    from providers.ledger.spans import span
    from tray.engine.cost_settings import NOT_ON_LINES
    from tray.engine.costs import Costs

    scope = open_scope()
    now = scope.clock()
    zone = zone_of(options.timezone) if options.timezone else scope.zone
    since, until = days_of(options, now.astimezone(zone).date())
    provider = chosen("provider", options.provider, "all", scope.provider_ids())
    tell_price_problems(scope)
    detail = Detail(
        blocks=options.by == "block",
        models_of=options.by if options.models else None,
        groups=GROUPS & {"home", options.by},  # JSON has the homes in any case
    )
    costs = Costs(scope)
    others: OtherMachines | None = None
    damaged: tuple[str, ...] = ()
    try:
        if options.files is not None or options.by == "machine":
            from tray.cli.other_machines import read_files

            others, damaged = read_files(options.files, scope, span(since, until, zone, now, detail))
        with counting() as progress:
            reports, problem = costs.report(
                since,
                until,
                zone,
                provider=provider,
                progress=progress,
                waiting=tell,
                detail=detail,
                others=others,
            )
    except LedgerError as error:
        tell(str(error))
        return NOTHING_READ
    tell_count_problems(costs, problem)
    if not reports:
        if sentence := why_nothing(scope, provider):
            tell(sentence)
        return NOTHING_READ
    if damaged:
        reports = {name: _with_unreadable(report, damaged) for name, report in reports.items()}
    is_used = any(
        report.totals.responses or report.not_on_lines.tally.responses or report.unreadable_files
        for report in reports.values()
    )
    if options.json and not is_used and problem is None:  # the table says so itself
        tell(f"nothing was used from {since} to {until}.")
    _show(reports, options, scope, zone, others)
    if not options.json and scope.settings().get(NOT_ON_LINES):
        _explain(reports, costs)
    return OK


def _explain(reports: Mapping[str, CostReport], costs: Costs) -> None:
    """The first time that totals include it."""
    usage = [report.not_on_lines.tally for report in reports.values()]
    if any(tally.responses for tally in usage) and costs.explained.first_time():
        tell(
            "totals include usage that the CLI reports only in a session's total, such as compaction, web search "
            "and titles. To leave it out, run `tankful config set cost.not_on_lines false`."
        )


def _with_unreadable(report: CostReport, files: tuple[str, ...]) -> CostReport:
    from msgspec.structs import replace

    return replace(report, unreadable_files=(*report.unreadable_files, *files))


def _show(
    reports: Mapping[str, CostReport],
    options: CostOptions,
    scope: Scope,
    zone: tzinfo,
    others: OtherMachines | None,
) -> None:
    from tray.engine.cost_settings import NOT_ON_LINES
    from tray.view import output

    now, by = scope.clock(), options.by
    with_not_on_lines = scope.settings().get(NOT_ON_LINES)
    rates = scope.rates() if options.rates else None
    if options.json:
        from tray.view import cost_document

        own = None if others is None else others.own
        data = cost_document.as_data(reports, by, rates, zone, now, own, with_not_on_lines=with_not_on_lines)
        output.emit(output.as_json(data))
        return
    from tray.engine.settings_table import HIDE_EMAIL
    from tray.view import cost_tables

    settings = scope.settings()
    if not with_not_on_lines:
        reports = cost_tables.on_lines(reports)
    if by == "account" and not settings.get(HIDE_EMAIL):
        reports = cost_tables.with_emails(reports, scope.emails())
    log_only = {home.label for each in scope.chosen() for home in each.find_log_homes(scope.environ)}
    machines: tuple[str, ...] = ()
    if others is not None:
        log_only |= {label for name in reports for label in others.labels(name).values()}
        machines = others.own, *others.names()
    tables = cost_tables.tables(reports, scope.chosen(), by, zone, now, rates, log_only)
    paper = output.paper()
    text = cost_tables.text(tables, paper, by, models=options.models, chart=options.chart, machines=machines)
    output.emit(text, styled=paper.styled)


def days_of(options: CostOptions, today: date) -> tuple[date, date]:
    """The days asked for; raises BadArgument."""
    from datetime import timedelta

    if options.days is not None and (options.since or options.until):
        raise BadArgument("--days cannot be combined with --since or --until")
    if options.days is not None and not 1 <= options.days <= 3660:
        raise BadArgument("--days must be between 1 and 3660")
    since = day_of(options.since) if options.since else None
    until = day_of(options.until) if options.until else max(today, since or today)
    if since is None:
        since = (
            _first(options.by, until) if options.days is None else until - timedelta(days=options.days - 1)
        )
    if since > until:
        raise BadArgument(f"the range ends before it begins: {since} to {until}")
    return since, until


def _first(by: str, last: date) -> date:
    """The first day of those that are shown if none were asked for; weeks and months are whole."""
    from datetime import timedelta

    if by == "week":
        return last - timedelta(days=last.weekday(), weeks=11)
    if by == "month":
        return (
            last.replace(year=last.year - 1, month=last.month + 1, day=1)
            if last.month < 12
            else last.replace(month=1, day=1)
        )
    return last - timedelta(days=6 if by == "block" else 29)
