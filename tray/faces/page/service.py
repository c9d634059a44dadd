"""The page as a whole: its parts, begun and ended together."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter

from providers.domain.live import LiveSession
from providers.host.files import short
from providers.host.private import make_folder
from tray.engine.costs import Costs
from tray.engine.live.feed import SessionFeed
from tray.engine.scope import Scope
from tray.faces.page import place as places
from tray.faces.page import running
from tray.faces.page.actions.desk import PageDesk
from tray.faces.page.app import PageParts, make_app
from tray.faces.page.events import Events
from tray.faces.page.figures import Figures
from tray.faces.page.forms import FormRefused, Notes
from tray.faces.page.last_page import LastPage
from tray.faces.page.live.looks import LiveLooks
from tray.faces.page.open_tabs import OpenTabs
from tray.faces.page.passes import Passes
from tray.faces.page.render import Pages
from tray.faces.page.server import PageServer
from tray.faces.page.watcher import PageWatcher

THREADS = 8
LOOK_SECONDS = 60.0


def _opens_nothing(path: Path) -> None:
    raise FormRefused(f"No program could open {short(path)}.")


class PageService:
    """On a socket that listens. Without a `feed` there are no live sessions, and without `bring_to_front` their
    terminals stay where they are. `watches` is false where nothing beside it is to run, as in tests; with
    `ends_when_closed` it ends by itself when no tab of a browser has needed it for a while.
    """

    def __init__(
        self,
        scope: Scope,
        costs: Costs,
        listener: socket.socket,
        open_path: Callable[[Path], None] = _opens_nothing,
        *,
        feed: SessionFeed | None = None,
        bring_to_front: Callable[[LiveSession], str] | None = None,
        watches: bool = True,
        ends_when_closed: bool = False,
    ) -> None:
        self.place = places.bound(listener)
        self._listener = listener
        self._state = scope.folders.state
        start = secrets.token_hex(8)
        self.passes = Passes(self.place.port)
        self.tabs = OpenTabs()
        self._events = Events(start)
        self.figures = Figures(scope, costs, self._on_figures)
        self.looks = None if feed is None else LiveLooks(feed, self._events.wake, scope.clock)
        parts = PageParts(
            start=start,
            hosts=self.place.hosts,
            desk=PageDesk(
                scope=scope,
                costs=costs,
                figures=self.figures,
                open_path=open_path,
                look=None if self.looks is None else self.looks.look,
                bring_to_front=bring_to_front,
            ),
            looks=self.looks,
            events=self._events,
            passes=self.passes,
            tabs=self.tabs,
            notes=Notes(),
            pages=Pages(),
            remembered=LastPage(self._state),
        )
        self.app = make_app(parts)
        self._server = PageServer(self.app, self._events.close)
        self._running = running.Running(
            pid=os.getpid(), name=start, host=self.place.host, port=self.place.port, token=self.passes.token
        )
        self._watches = watches
        self._ends_when_closed = ends_when_closed
        self._shown_generation = 0

    @property
    def address(self) -> str:
        """With the token: for the person alone."""
        return self._running.address

    @property
    def streams(self) -> int:
        """How many tabs listen."""
        return self._events.streams

    def ticket_address(self) -> str:
        """One that can be used once: for the command line of a browser."""
        return f"{self.place.origin}/?token={self.passes.ticket()}"

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Until `stop`, a signal in the main thread, or Ctrl-C."""
        self._note_running()
        watcher = None
        try:
            self.figures.start()
            if self._watches:
                watcher = PageWatcher(str(self._state), self._events.changed, self.figures.look)
                watcher.start()
            self._server.run(self._listener, lambda: self._on_started(started))
        finally:
            running.remove(self._state, self._running.name)
            self.figures.close()
            if self.looks is not None:
                self.looks.close()
            if watcher is not None:
                watcher.close()

    def _note_running(self) -> None:
        """For a second start; a page that cannot write is shown all the same."""
        with suppress(OSError):
            make_folder(self._state)
            if running.find(self._state) is None:  # a page at another port stays the one that is found
                running.write(self._state, self._running)

    def stop(self) -> None:
        """From any thread."""
        self._server.stop()

    @property
    def is_stopped(self) -> bool:
        """Whether it ends, or has ended."""
        return self._server.is_stopped

    def _on_started(self, started: Callable[[], None]) -> None:
        """In the event loop."""
        current_default_thread_limiter().total_tokens = THREADS
        if self._ends_when_closed:
            self._end_when_closed()
        started()

    def _end_when_closed(self) -> None:
        left = self.seconds_left
        if left == 0:
            self.stop()
        else:
            again = LOOK_SECONDS if left is None else min(left, LOOK_SECONDS)
            asyncio.get_running_loop().call_later(again, self._end_when_closed)

    @property
    def seconds_left(self) -> float | None:
        """After so many seconds nobody needs the page, nor is a browser on its way; None while it is shown."""
        left = self.tabs.seconds_left
        return None if left is None else max(left, self.passes.seconds_left)

    def _on_figures(self) -> None:
        status, generation = self.figures.status, self.figures.generation
        self._events.progressed(status.share)
        if generation != self._shown_generation:
            self._shown_generation = generation
            self._events.changed()
