"""The command line. Dispatches first: what a command does not need is not imported."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, tzinfo

    from tray.gauge import Gauge

OK, NOTHING_READ, BAD_ARGUMENTS = 0, 1, 64
GROUPS = ("day", "model", "session", "project", "effort", "home")


class BadArgument(ValueError):
    """Arguments that cannot be meant; str() is a sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 ok, 1 nothing could be read or written, 64 bad arguments."""
    try:
        try:
            options = _parser().parse_args(arguments)
            return int(options.run(options))
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here a failure can be told; at the interpreter's end it is a traceback
    except BadArgument as trouble:
        tell(str(trouble))
        return BAD_ARGUMENTS
    except OSError as error:
        if sys.stdout is not None:  # what is left in its buffer goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader had enough, as `head` has
            return OK
        what = f"{error.filename}" if error.filename else "the output cannot be written"
        tell(f"{what}: {error.strerror or error}.")
        return NOTHING_READ
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
    cost.add_argument("--rates", action="store_true", help="name the prices that were used")
    cost.add_argument("--timezone", metavar="ZONE", help="whose days: Europe/Berlin, UTC (this system's)")
    cost.add_argument("--json", action="store_true")
    cost.set_defaults(run=_cost)
    return parser


def tell(text: str) -> None:
    """A message for the person, on stderr; where that is closed, nobody wants it."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"tankful: {text}", file=sys.stderr)


def _tray(options: argparse.Namespace) -> int:
    if options.version:
        from providers.version import version

        print(f"tankful {version()}")
        return OK
    from tray.desktop.face import unavailable

    reason = None if options.tray else unavailable()
    return _menu_once(reason) if reason else _run_tray(wait=options.tray)


def _run_tray(*, wait: bool) -> int:
    from tray.desktop.face import NoDesktop, open_face
    from tray.desktop.single import SingleInstance, StateFolderUnusable

    gauge = _gauge()
    single = SingleInstance(gauge.folders.state)
    try:
        if not single.acquire():
            tell("it is already running: look for its icon in the tray.")
            return OK
    except StateFolderUnusable as trouble:
        tell(str(trouble))
        return NOTHING_READ
    from tray.app import App
    from tray.log import log_to

    log_to(gauge.folders.state)
    try:
        app = App(gauge, lambda choose, ready: open_face(choose, ready, wait=wait))
        with _stop_on_signals(app.stop):
            return app.run()
    except NoDesktop as gone:  # since we looked
        return _menu_once(str(gone))
    finally:
        single.release()


@contextmanager
def _stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """`stop` runs at once, in a thread: the main one sits in the desktop's loop, where handlers wait."""
    import signal
    import socket
    from threading import Thread

    hears, told = socket.socketpair()
    told.setblocking(False)

    def listen() -> None:
        while hears.recv(1):
            stop()

    thread = Thread(target=listen, name="signals", daemon=True)
    thread.start()
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last two are not known everywhere
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    wakes_before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(wakes_before)
        told.close()
        thread.join(1)
        hears.close()


def _menu_once(reason: str) -> int:
    """What the menu would show, counted to the end, where there is no desktop to show it on."""
    from providers.ledger.database import LedgerTrouble
    from tray import menu, output
    from tray.state import State

    tell(reason)
    gauge = _gauge()
    try:
        gauge.count()
    except LedgerTrouble as trouble:
        tell(str(trouble))
    except OSError as error:
        tell(f"the cost could not be kept: {error.strerror}.")
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
    if not snapshot.accounts:
        tell(f"limits of {options.provider} are not read yet; `tankful cost` tells what it used.")
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


def _cost(options: argparse.Namespace) -> int:
    from providers.ledger.database import LedgerTrouble
    from tray import cost_output, output

    gauge = _gauge()
    zone = _zone(options.timezone) if options.timezone else gauge.zone
    since, until = _range(options, gauge.clock().astimezone(zone).date())
    provider = _chosen("provider", options.provider, "all", gauge.provider_ids())
    rates = gauge.rates()
    if rates.trouble:
        tell(f"your own prices are left out: {rates.trouble}")
    try:
        with _counting() as progress:
            reports, aside = gauge.cost(since, until, zone, provider=provider, tell=progress)
    except LedgerTrouble as trouble:
        tell(str(trouble))
        return NOTHING_READ
    if aside is not None:
        tell(str(aside))
    if not reports:
        tell(f"no logs: there is no {', no '.join(home.label for home in gauge.homes(provider))}.")
        return NOTHING_READ
    named = rates if options.rates else None
    if options.json:
        output.emit(output.as_json(cost_output.as_data(reports, options.by, named, zone, gauge.clock())))
    else:
        output.emit(cost_output.table(reports, options.by, named, zone, gauge.clock()))
    return OK


@contextmanager
def _counting() -> Iterator[Callable[[float], None]]:
    """A bar on the terminal while logs are read, and nothing in a pipe."""
    from tray import format as fmt

    terminal = sys.stderr is not None and sys.stderr.isatty()
    drawn = False

    def draw(share: float) -> None:
        nonlocal drawn
        if terminal:
            drawn = True
            sys.stderr.write(f"\rcounting  {fmt.bar(share * 100)}  {share:.0%} ")
            sys.stderr.flush()

    try:
        yield draw
    finally:
        if drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


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
        day = date.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"{text!r} is not a day; write it as 2026-11-01") from None
    if not 1 < day.year < 9999:  # in some zone the day before or after it does not exist
        raise BadArgument(f"{text!r} is too far away; days go from 0002-01-01 to 9998-12-31")
    return day


def _gauge() -> Gauge:
    from providers.outside.paths import own_folders
    from tray.gauge import Gauge
    from tray.zones import local_zone

    return Gauge(os.environ, own_folders(os.environ), local_zone())


if __name__ == "__main__":
    sys.exit(main())
