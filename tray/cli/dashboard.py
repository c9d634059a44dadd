"""`tankful dashboard`: the page in a browser."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from tray.cli.console import OK, Refused, open_scope, tell, tell_count_problems
from tray.view.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from socket import socket

    from providers.domain.live import LiveSession
    from tray.desktop.opener import Opener
    from tray.desktop.terminals.front import FoundTerminal
    from tray.engine.scope import Scope
    from tray.faces.page import running
    from tray.faces.page.service import PageService

CANNOT_BRING = (
    "Its terminal cannot be brought to the front. Copy the command that resumes the session instead."
)
EXAMPLES = (
    ("tankful dashboard", "open the page in the browser"),
    ("tankful dashboard --html usage.html", "write it as one file, to keep or to send"),
    ("tankful dashboard --no-open --port 9000", "print its address, and serve it elsewhere"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show where tokens and money went as a page in the browser, on this machine alone, until Ctrl-C."
    )
    parser.add_argument("--port", type=int, metavar="N", help="the port to serve it on (default: 8765)")
    parser.add_argument("--no-open", action="store_true", help="print the address and open no browser")
    parser.add_argument(
        "--html", metavar="FILE", help="write the page as one file, which needs no server, and end"
    )
    parser.add_argument("--for-tray", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    from tray.faces.page import place, running

    scope = open_scope()
    if options.html == "":
        raise Refused("--html needs the name of a file.")
    if options.html is not None:
        return _write(scope, options.html)
    found = running.find(scope.folders.state)
    if found is not None and options.port in (None, found.port):
        return _lead_to(found, scope, options)
    try:
        wanted = place.place_of(os.environ, options.port)
        listener = (place.listen_near if options.for_tray else place.listen)(wanted)
    except place.CannotServe as error:
        if options.for_tray:
            _say(f"failed {error}")
        raise Refused(str(error)) from error
    return _serve(scope, listener, options)


def _write(scope: Scope, file: str) -> int:
    """The page as a file, with all logs counted."""
    from pathlib import Path

    from providers.ledger.database import LedgerError
    from tray.cli.counting import counting
    from tray.engine.costs import Costs
    from tray.faces.page import whole_file
    from tray.faces.page.actions.desk import PageDesk
    from tray.faces.page.figures import Figures
    from tray.faces.page.gather import gather
    from tray.faces.page.render import Pages

    costs = Costs(scope)
    figures = Figures(scope, costs)
    problem = None
    try:
        with counting() as progress:
            costs.count(progress, tell)
    except LedgerError as error:
        problem = error
    tell_count_problems(costs, problem)
    figures.load()
    desk = PageDesk(scope=scope, costs=costs, figures=figures, open_path=lambda _path: None)
    try:
        whole_file.write(Path(file).expanduser(), Pages(), gather(desk, {}, live=False))
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror or error}.") from error
    figures.close()
    return OK


def _lead_to(found: running.Running, scope: Scope, options: argparse.Namespace) -> int:
    """To the page that runs already."""
    from tray.faces.page import running

    if options.for_tray:
        _say("ready")
    else:
        tell("the page is open already.")
        _say(found.address)
    if not options.no_open:
        ticket = running.new_ticket(found)
        address = found.address if ticket is None else f"{found.place.origin}/?token={ticket}"
        _open(address, _opener(scope), for_tray=options.for_tray)
    return OK


def _serve(scope: Scope, listener: socket, options: argparse.Namespace) -> int:
    from functools import partial
    from threading import Thread

    from providers.host.process.heap import keep_small
    from tray.engine.costs import Costs
    from tray.engine.count_child import CountChild
    from tray.engine.live.feeds import feed_of_page
    from tray.faces.page.service import PageService

    keep_small()
    opener = _opener(scope)
    costs = Costs(scope, CountChild(scope.environ))
    service = PageService(
        scope,
        costs,
        listener,
        partial(_open_path, opener),
        feed=feed_of_page(scope, costs),
        bring_to_front=_bring_to_front if options.for_tray else None,
        ends_when_closed=options.for_tray,
    )

    def open_page() -> None:
        _open(service.ticket_address(), opener, for_tray=options.for_tray)

    def started() -> None:
        if not options.no_open:
            Thread(target=open_page, name="opener", daemon=True).start()

    if options.for_tray:
        Thread(target=_obey, args=(service, open_page), name="tray", daemon=True).start()
        _say("ready")
    else:
        _say(service.address)
        if is_terminal(sys.stderr):
            tell("showing the page until you press Ctrl-C.")
    service.run(started)
    return OK


def _obey(service: PageService, open_page: Callable[[], None]) -> None:
    """The tray, by the pipe that is our input: `open` opens the page once more, its end is ours."""
    if sys.stdin is not None:
        for line in sys.stdin:
            if service.is_stopped:
                return  # without an answer, so that the tray starts another
            if line.strip() == "open":
                _say("ready")
                open_page()
    service.stop()


def _open(address: str, opener: Opener, *, for_tray: bool) -> None:
    from tray.desktop.opener import CannotOpen

    try:
        opener.own_page(address)
    except CannotOpen as error:
        if for_tray:
            _say(f"failed {error}")
        else:
            tell(str(error))


def _say(line: str) -> None:
    """At once, also into a pipe."""
    if sys.stdout is not None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _opener(scope: Scope) -> Opener:
    from tray.desktop.launcher import Launcher
    from tray.desktop.opener import find_opener

    return find_opener(scope.environ, Launcher(scope.environ))


def _bring_to_front(session: LiveSession, bring: Callable[[LiveSession], FoundTerminal] | None = None) -> str:
    """Where it is now. Raises FormRefused."""
    from tray.desktop.terminals.front import bring_to_front
    from tray.faces.page.forms import FormRefused

    found = (bring or bring_to_front)(session)
    if not found.names:
        raise FormRefused(CANNOT_BRING)
    sentence = found.sentence
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _open_path(opener: Opener, path: Path) -> None:
    from tray.desktop.opener import CannotOpen
    from tray.faces.page.forms import FormRefused

    try:
        opener.path(path)
    except CannotOpen as error:
        raise FormRefused(str(error)) from error
