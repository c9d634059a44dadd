"""The command line. Dispatches first: what a command does not need is not imported."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

from tray.cli.console import BAD_ARGUMENTS, NOTHING_READ, OK, BadArgument, chosen, open_gauge, tell

TYPE_CHECKING = False  # typing itself would cost each status line milliseconds
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from typing import NoReturn


def script() -> NoReturn:
    """`tankful` as it is installed. Ends at once: to take Python apart would take 3 to 10 ms more."""
    code = main()
    threading = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1:
        os._exit(code)
    sys.exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 ok, 1 nothing could be read or written, 64 bad arguments."""
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
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


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["statusline"]:  # somebody else's prompt waits for it, so not even the parser is made
        from tray.faces import claude_statusline as statusline

        return statusline.run(arguments[1:])
    from tray.cli.arguments import parser

    options = parser(tray=_tray, usage=_usage, cost=_cost).parse_args(arguments)
    return int(options.run(options))


def _tray(options: argparse.Namespace) -> int:
    if options.version:
        from providers.version import version

        print(f"tankful {version()}")
        return OK
    from tray.desktop.face import unavailable

    reason = None if options.tray else unavailable()
    return _menu_once(reason) if reason else _run_tray(wait=options.tray)


def _run_tray(*, wait: bool) -> int:
    from tray.desktop.face import open_face
    from tray.desktop.icon import NoDesktop
    from tray.engine.single_instance import SingleInstance, StateFolderUnusable

    gauge = open_gauge()
    single = SingleInstance(gauge.folders.state)
    try:
        if not single.acquire():
            tell("it is already running: look for its icon in the tray.")
            return OK
    except StateFolderUnusable as trouble:
        tell(str(trouble))
        return NOTHING_READ
    from tray.desktop.app import App
    from tray.engine.log import log_to

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
    from tray.engine.state import State
    from tray.view import menu, output

    tell(reason)
    gauge = open_gauge()
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


def _cost(options: argparse.Namespace) -> int:
    from tray.cli import cost as cost_command

    return cost_command.run(options)
