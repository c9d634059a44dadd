"""`tankful` alone: the icon in the tray, or, where there is no desktop, what its menu would show."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from providers.version import VERSION
from tray.cli import already_running
from tray.cli.console import OK, Refused, open_scope, show_rows, tell, tell_if_not_kept
from tray.view.terminal import is_terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from providers.domain.live import LiveSession
    from tray.desktop.icon import Face
    from tray.engine.engine import Engine
    from tray.engine.notices.notifier import Notifier
    from tray.engine.notices.sessions.kinds import IsFocused
    from tray.engine.publish import Kind
    from tray.engine.scope import Scope
    from tray.engine.single_instance import SingleInstance
    from tray.view.rows import Action

_NOT_KEPT = "Until then, nothing is saved."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Their help is in `help`: `tankful --help` imports no command."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--tray", action="store_true")
    how.add_argument("--headless", action="store_true")
    parser.add_argument("--version", action="version", version=f"tankful {VERSION}")


def run(options: argparse.Namespace) -> int:
    try:
        return _run(options)
    except Refused as error:
        if options.tray and not is_terminal(sys.stderr):  # started at login
            from tray.desktop.face import report_no_start

            report_no_start(str(error))
        raise


def _run(options: argparse.Namespace) -> int:
    terminal = is_terminal(sys.stdout)  # a login's log needs no values
    if options.headless:
        return _as_owner("headless", _run_headless, values=terminal)
    from tray.desktop.face import unavailable

    reason = None if options.tray else unavailable()
    if reason:
        return _print_menu(reason)
    return _as_owner(
        "tray",
        lambda engine, notifier: _run_tray(engine, notifier, wait=options.tray),
        values=terminal or not options.tray,
    )


def _as_owner(kind: Kind, run_with: Callable[[Engine, Notifier], int], *, values: bool) -> int:
    """With the one engine of this person, which publishes what it knows. Where there is another, that is reported,
    with its `values` if they are wanted; but the one of those who only watch gives way.
    """
    from tray.engine import takeover
    from tray.engine.single_instance import (
        OWNER_PATIENCE_SECONDS,
        SingleInstance,
        StateFolderUnusable,
    )

    scope = open_scope()
    single = SingleInstance(scope.folders.state)
    try:
        if not takeover.acquire(single, scope.folders.state, OWNER_PATIENCE_SECONDS):
            already_running.report(scope, values=values)
            return OK
    except StateFolderUnusable as error:
        if not single.acquire_without_file():
            already_running.report(scope, values=values)
            return OK
        tell(f"{error} {_NOT_KEPT}")
    else:
        _tell_if_full(scope.folders.state)
    try:
        return with_engine(scope, kind, single, run_with)
    finally:
        single.release()


def with_engine(
    scope: Scope, kind: Kind, single: SingleInstance, run_with: Callable[[Engine, Notifier], int]
) -> int:
    """For the holder of the engine's lock, `single`."""
    from providers.host.process.heap import keep_small
    from tray.engine.costs import Costs
    from tray.engine.count_child import CountChild
    from tray.engine.engine import Engine
    from tray.engine.live.feeds import feed_of_engine
    from tray.engine.log import TransitionLog, logging_to
    from tray.engine.notices.notifier import Notifier
    from tray.engine.publish import SnapshotFile
    from tray.view import notices
    from tray.view.sessions import notices as session_notices

    keep_small()
    with (
        logging_to(scope.folders.state, kind),
        SnapshotFile(scope.folders.state, kind, scope.clock, is_owner=single.keep) as file,
    ):
        costs = Costs(scope, CountChild(scope.environ))
        engine = Engine(
            scope, costs=costs, sessions=feed_of_engine(scope, costs, lambda: engine.snapshot.accounts)
        )
        engine.subscribe(file)
        engine.subscribe(TransitionLog())
        notifier = Notifier(
            scope,
            notices.notice,
            engine.mute,
            compose_sessions=session_notices.notice,
            is_focused=_is_focused(),
        )
        engine.subscribe(notifier)
        try:
            return run_with(engine, notifier)
        finally:
            notifier.close()


def _is_focused() -> IsFocused:
    """Imported when it is first wanted: where no session waits nobody asks."""
    finder: list[IsFocused] = []

    def ask(session: LiveSession) -> bool | None:
        if not finder:
            from tray.desktop.terminals.focus import FocusFinder

            finder.append(FocusFinder())
        return finder[0](session)

    return ask


def _tell_if_full(folder: Path) -> None:
    """A lock takes no room, so that it can be taken on a full disk."""
    from providers.host.storage import cannot_write, fault_of

    if fault := fault_of(folder / "snapshot.json"):
        tell(f"{cannot_write(folder, fault)} {_NOT_KEPT}")


def _run_tray(engine: Engine, notifier: Notifier, *, wait: bool) -> int:
    from functools import partial

    from tray.desktop.app import App
    from tray.desktop.autostart.find import find_autostart
    from tray.desktop.autostart.switch import LoginSwitch
    from tray.desktop.clipboard import find_clipboard
    from tray.desktop.face import can_notify, open_face
    from tray.desktop.icon import NoDesktop
    from tray.desktop.launcher import Launcher
    from tray.desktop.opener import find_opener

    environ = engine.scope.environ
    launcher = Launcher(environ)
    autostart = find_autostart(environ)
    login = LoginSwitch(autostart.item if autostart.manual is None else None)

    def open_with(
        choose: Callable[[Action], None], draw: Callable[[], None], on_menu: Callable[[bool], None]
    ) -> Face:
        def on_ready() -> None:
            draw()
            _tell_where_it_runs()

        return open_face(choose, on_ready, on_menu, wait=wait)

    try:
        app = App(
            engine,
            open_with,
            login=login,
            notifier=notifier,
            opener=find_opener(environ, launcher),
            clipboard=find_clipboard(environ, launcher),
            can_notify=partial(can_notify, environ),
            bring_to_front=None if sys.platform == "win32" else _bring_to_front,
        )
    except NoDesktop as error:  # it closed since we looked
        return _print_menu(str(error))
    with _stop_on_signals(app.stop):
        return app.run()


def _bring_to_front(session: LiveSession) -> bool:
    """Imported when it is first wanted: most trays never do."""
    from tray.desktop.terminals.front import bring_to_front

    return bool(bring_to_front(session).names)


def _tell_where_it_runs() -> None:
    """For a user who started it in a terminal and sees nothing there; a login has no terminal."""
    if is_terminal(sys.stderr):
        tell("running in the tray. Quit it from its menu, or press Ctrl-C here.")


def _run_headless(engine: Engine, _notifier: Notifier) -> int:
    """Until a signal ends it. There is nowhere to show notices; a command of the person's own gets them."""
    from threading import Event

    ended = Event()
    with _stop_on_signals(ended.set):
        engine.start()
        tell("running without a tray; press Ctrl-C to stop.")
        ended.wait()
        engine.close()
    return OK


@contextmanager
def _stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """`stop` runs at once, in a thread: the main one sits in the desktop's loop, where handlers wait."""
    import signal
    import socket
    from threading import Thread

    reader, writer = socket.socketpair()
    writer.setblocking(False)

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last two are not known everywhere
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # One that is ignored stays so: `nohup` means it.
    numbers = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]

    def listen() -> None:
        while heard := reader.recv(1):
            if heard[0] in numbers:  # any signal that has a handler is heard here
                stop()

    thread = Thread(target=listen, name="signals", daemon=True)
    thread.start()
    wakes_before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(wakes_before)
        writer.close()
        thread.join(1)
        reader.close()


def _print_menu(reason: str) -> int:
    """What the menu would show, counted to the end, where there is no desktop to show it on."""
    from providers.ledger.database import LedgerError
    from tray.engine.costs import Costs
    from tray.engine.once import costs_of, take_round
    from tray.engine.state import State
    from tray.view import menu

    tell(reason)
    scope = open_scope()
    costs = Costs(scope)
    try:
        costs.count(waiting=tell)
    except LedgerError as error:
        tell(str(error))
    tell_if_not_kept(costs)
    snapshot = take_round(scope, costs, "due")
    state = State(snapshot=snapshot, settings=scope.settings(), costs=costs_of(scope, costs))
    show_rows(menu.status_rows(state, scope.clock(), scope.zone))
    return OK
