"""What may stand on the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn

from tray.cli.console import BAD_ARGUMENTS

GROUPS = ("day", "model", "session", "project", "effort", "home")
Command = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def parser(*, tray: Command, usage: Command, cost: Command) -> argparse.ArgumentParser:
    """The parser; what it parses has the command to run as `run`."""
    whole = Parser(
        prog="tankful",
        description="What is left of your limits in Codex and Claude Code, when they refill, and what it cost. "
        "Without a command: an icon in the tray.",
        epilog="`tankful statusline --from-claude` is for Claude Code's status line: see the README.",
    )
    whole.add_argument("--version", action="store_true", help="say which tankful this is")
    whole.add_argument("--tray", action="store_true", help="wait for a desktop, however long (autostart)")
    whole.set_defaults(run=tray)
    commands = whole.add_subparsers(metavar="command", parser_class=Parser)

    limits = commands.add_parser("usage", help="limits, credits, account")
    limits.add_argument("--provider", metavar="ID", default="all", help="of this provider alone")
    limits.add_argument("--source", metavar="ID", default="auto", help="ask this source alone")
    when = limits.add_mutually_exclusive_group()
    when.add_argument("--cached", action="store_true", help="the last answers, asking nobody")
    when.add_argument("--refresh", action="store_true", help="ask now, even if asked a moment ago")
    limits.add_argument("--json", action="store_true")
    limits.set_defaults(run=usage)

    money = commands.add_parser("cost", help="tokens and cost, from local logs")
    money.add_argument("--provider", metavar="ID", default="all", help="of this provider alone")
    money.add_argument("--days", type=int, metavar="N", help="the last N days, today included (30)")
    money.add_argument("--since", metavar="DATE", help="from this day on, as 2026-11-01")
    money.add_argument("--until", metavar="DATE", help="up to this day, included (today)")
    money.add_argument("--by", choices=GROUPS, default="day")
    money.add_argument("--rates", action="store_true", help="name the prices that were used")
    money.add_argument("--timezone", metavar="ZONE", help="whose days: Europe/Berlin, UTC (this system's)")
    money.add_argument("--json", action="store_true")
    money.set_defaults(run=cost)
    return whole
