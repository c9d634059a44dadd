"""The command line. Dispatches first: what a command does not need is not imported."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, tzinfo

    from tray.gauge import Gauge

OK, NOTHING_READ, BAD_ARGUMENTS = 0, 1, 64
GROUPS = ("day", "model", "home")


class BadArgument(ValueError):
    """Arguments that cannot be meant; str() is a sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 ok, 1 nothing could be read, 64 bad arguments."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except BadArgument as trouble:
        print(f"tankful: {trouble}", file=sys.stderr)
        return BAD_ARGUMENTS
    except BrokenPipeError:  # the reader had enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="tankful",
        description="What is left of your Codex limits, when they refill, and what it cost. "
        "Without a command: an icon in the tray.",
    )
    parser.add_argument("--version", action="store_true", help="say which tankful this is")
    parser.add_argument("--tray", action="store_true", help="wait for a desktop, however long (autostart)")
    parser.set_defaults(run=_tray)
    commands = parser.add_subparsers(metavar="command", parser_class=_Parser)

    usage = commands.add_parser("usage", help="limits, credits, account")
    usage.add_argument("--provider", metavar="ID", default="all", help="of this provider alone")
    usage.add_argument("--source", metavar="ID", default="auto", help="ask this source alone")
    when = usage.add_mutually_exclusive_group()
    when.add_argument("--cached", action="store_true", help="the last answers, asking nobody")
    when.add_argument("--refresh", action="store_true", help="ask now, even if asked a moment ago")
    usage.add_argument("--json", action="store_true")
    usage.set_defaults(run=_usage)

    cost = commands.add_parser("cost", help="tokens and cost, from local logs")
    cost.add_argument("--provider", metavar="ID", default="all", help="of this provider alone")
    cost.add_argument("--days", type=int, metavar="N", help="the last N days, today included (30)")
    cost.add_argument("--since", metavar="DATE", help="from this day on, as 2026-11-01")
    cost.add_argument("--until", metavar="DATE", help="up to this day, included (today)")
    cost.add_argument("--by", choices=GROUPS, default="day")
    cost.add_argument("--timezone", metavar="ZONE", help="whose days: Europe/Berlin, UTC (this system's)")
    cost.add_argument("--json", action="store_true")
    cost.set_defaults(run=_cost)
    return parser


def _tray(options: argparse.Namespace) -> int:
    if options.version:
        from providers.version import VERSION

        print(f"tankful {VERSION}")
        return OK
    from tray.desktop.face import unavailable

    reason = None if options.tray else unavailable()
    return _menu_once(reason) if reason else _run_tray(wait=options.tray)


def _run_tray(*, wait: bool) -> int:
    from tray.desktop.face import open_face
    from tray.desktop.single import SingleInstance, StateFolderUnusable

    gauge = _gauge()
    single = SingleInstance(gauge.folders.state)
    try:
        if not single.acquire():
            print("tankful is already running: look for its icon in the tray.", file=sys.stderr)
            return OK
    except StateFolderUnusable as trouble:
        print(f"tankful: {trouble}", file=sys.stderr)
        return NOTHING_READ
    from tray.app import App
    from tray.log import log_to

    log_to(gauge.folders.state)
    app = App(gauge, lambda choose, ready: open_face(choose, ready, wait=wait))
    _stop_on_signals(app.stop)
    try:
        return app.run()
    finally:
        single.release()


def _stop_on_signals(stop: Callable[[], None]) -> None:
    import signal

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows knows no SIGHUP
            signal.signal(getattr(signal, name), lambda *_: stop())


def _menu_once(reason: str) -> int:
    """What the menu would show, counted to the end, where there is no desktop to show it on."""
    from tray import menu, output
    from tray.state import State

    print(f"tankful: {reason}", file=sys.stderr)
    gauge = _gauge()
    try:
        gauge.count()
    except OSError as error:
        print(f"tankful: the cost could not be kept: {error.strerror}.", file=sys.stderr)
    state = State(snapshot=gauge.usage("due"))
    output.emit(output.as_text(menu.told(state, gauge.clock(), gauge.zone)))
    return OK


def _usage(options: argparse.Namespace) -> int:
    from tray import menu, output
    from tray.state import State

    gauge = _gauge()
    snapshot = gauge.usage(
        "cached" if options.cached else "now" if options.refresh else "due",
        provider=_chosen("provider", options.provider, "all", gauge.provider_ids()),
        source=_chosen("source", options.source, "auto", gauge.source_ids()),
    )
    now = gauge.clock()
    if options.json:
        output.emit(output.as_json(output.usage(snapshot, now)))
    else:
        output.emit(output.as_text(menu.told(State(snapshot=snapshot), now, gauge.zone)))
    read = any(
        account.windows or account.credits or account.limits_known or account.cost
        for account in snapshot.accounts
    )
    return OK if read else NOTHING_READ


def _cost(options: argparse.Namespace) -> int:
    from tray import output

    gauge = _gauge()
    zone = _zone(options.timezone) if options.timezone else gauge.zone
    since, until = _range(options, gauge.clock().astimezone(zone).date())
    provider = _chosen("provider", options.provider, "all", gauge.provider_ids())
    homes = gauge.homes(provider)
    if not any(home.path.is_dir() for home in homes):
        names = ", ".join(home.label for home in homes)
        print(f"tankful cost: no logs, as there is no {names}.", file=sys.stderr)
        return NOTHING_READ
    reports = gauge.cost(since, until, zone, provider=provider)
    if options.json:
        output.emit(output.as_json(output.cost(reports, zone, gauge.clock())))
    else:
        output.emit(output.cost_table(reports, options.by))
    return OK


def _chosen(what: str, given: str, every: str, ids: tuple[str, ...]) -> str | None:
    """None for all of them; raises BadArgument for one that there is not."""
    if given == every:
        return None
    if given not in ids:
        raise BadArgument(f"no {what} is called {given!r}; there are {', '.join((*ids, every))}")
    return given


def _range(options: argparse.Namespace, today: date) -> tuple[date, date]:
    """The days asked for; raises BadArgument."""
    from datetime import timedelta

    if options.days is not None and (options.since or options.until):
        raise BadArgument("--days goes alone, or --since and --until together")
    if options.days is not None and not 1 <= options.days <= 3660:
        raise BadArgument("--days takes a number from 1 to 3660")
    until = _day(options.until) if options.until else today
    since = _day(options.since) if options.since else until - timedelta(days=(options.days or 30) - 1)
    if since > until:
        raise BadArgument(f"the range ends before it begins: {since} to {until}")
    return since, until


def _zone(name: str) -> tzinfo:
    from tray.zones import named_zone

    try:
        return named_zone(name)
    except ValueError as trouble:
        raise BadArgument(str(trouble)) from None


def _day(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"{text!r} is not a day; write it as 2026-11-01") from None


def _gauge() -> Gauge:
    from providers.outside.paths import own_folders
    from tray.gauge import Gauge
    from tray.zones import local_zone

    return Gauge(os.environ, own_folders(os.environ), local_zone())


if __name__ == "__main__":
    sys.exit(main())
