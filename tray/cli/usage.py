"""`tankful usage`: limits, credits and account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tray.cli.console import NOTHING_READ, OK, chosen, open_gauge, tell

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--provider", metavar="ID", default="all", help="show only this provider (default: all)"
    )
    parser.add_argument(
        "--source",
        metavar="ID",
        default="auto",
        help="use only this source (default: auto)",
    )
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--cached", action="store_true", help="show the last known values; send no request")
    when.add_argument("--refresh", action="store_true", help="fetch now, however recent the last values are")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    from tray.engine.state import State
    from tray.view import menu, output

    gauge = open_gauge()
    snapshot = gauge.usage(
        "cached" if options.cached else "now" if options.refresh else "due",
        provider=chosen("provider", options.provider, "all", gauge.provider_ids()),
        source=chosen("source", options.source, "auto", gauge.source_ids()),
    )
    if not snapshot.accounts:
        tell("no limits are read: every provider asked for is switched off in settings.toml.")
    now = gauge.clock()
    if options.json:
        output.emit(output.as_json(output.usage(snapshot, now)))
    else:
        output.emit(output.as_text(menu.told(State(snapshot=snapshot), now, gauge.zone)))
    read = any(
        account.windows
        or account.credits
        or account.limits_known
        or (account.cost is not None and account.cost.has_logs)
        for account in snapshot.accounts
    )
    return OK if read else NOTHING_READ
