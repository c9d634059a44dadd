"""`tankful` alone: the icon in the tray, or, where there is no desktop, what its menu would show."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from providers.version import VERSION
from tray.cli.console import NOTHING_READ, OK, open_gauge, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Their help stands in `help`: `tankful --help` imports no command."""
    parser.add_argument("--tray", action="store_true")
    parser.add_argument("--version", action="version", version=f"tankful {VERSION}")


def run(options: argparse.Namespace) -> int:
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
