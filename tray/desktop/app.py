"""The tray: shows what the engine knows, as an icon, its tooltip and its menu, and handles clicks.

The desktop has the main thread. Drawing happens in the engine's thread for this listener, and once a minute in one
of the tray's own, for the ages and countdowns, and for what others do about starting at login.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from providers.domain.live import LiveSession
from providers.host.faults import log_fault, logger_of
from tray.desktop.actions import ActionFailed, Desk, act
from tray.desktop.autostart.switch import LoginSwitch
from tray.desktop.clipboard import Clipboard
from tray.desktop.icon import NAME, DesktopClosed, Face
from tray.desktop.launcher import Launcher
from tray.desktop.open_menu import ShownWhile
from tray.desktop.opener import Opener
from tray.desktop.page_child import PageChild
from tray.desktop.shown import shown
from tray.engine.engine import Engine
from tray.engine.notices.notifier import Notifier
from tray.view import menu
from tray.view.rows import Action

log = logger_of(__name__)

REDRAW_EVERY = timedelta(minutes=1)


class App:
    """Runs until Quit, a signal, or the end of the desktop session."""

    def __init__(
        self,
        engine: Engine,
        open_face: Callable[[Callable[[Action], None], Callable[[], None], Callable[[bool], None]], Face],
        *,
        login: LoginSwitch | None = None,
        opener: Opener | None = None,
        clipboard: Clipboard | None = None,
        can_notify: Callable[[], bool] = lambda: True,
        notifier: Notifier | None = None,
        page: PageChild | None = None,
        bring_to_front: Callable[[LiveSession], bool] | None = None,
        redraw_every: timedelta = REDRAW_EVERY,
    ) -> None:
        self._engine = engine
        self._login = login or LoginSwitch(None)
        self._notifier = notifier
        self._page = page or PageChild(engine.scope.environ, partial(self._show_text, NAME))
        self._redraw_every = redraw_every
        self._drawing = threading.Lock()
        self._watching = ShownWhile(engine.show_sessions)
        self._ended = threading.Event()
        self._desk = Desk(
            engine=engine,
            opener=opener or Opener(None, Launcher(engine.scope.environ)),
            clipboard=clipboard,
            login=self._login,
            redraw=self._draw,
            show_text=self._show_text,
            can_notify=can_notify,
            stop=self.stop,
            open_page=self._page.open,
            bring_to_front=bring_to_front,
        )
        self._available = self._desk.available
        self._face = open_face(self._choose, self._draw, self._on_menu)
        if notifier is not None:
            notifier.connect(self._face)

    def run(self) -> int:
        """The exit code: 0 also when the desktop session ended under it. Blocks in the main thread."""
        self._draw()
        self._engine.subscribe(lambda _before, _after: self._draw())
        ticking = threading.Thread(target=self._tick, name="redraw", daemon=True)
        ticking.start()
        self._engine.start()
        try:
            self._face.run()
        except DesktopClosed as closed:
            log.info("%s", closed)
        finally:
            self._ended.set()
            self._watching.end()
            self._page.close()
            self._engine.close()
            ticking.join(timeout=1)
        return 0

    def stop(self) -> None:
        """From any thread, but not from a signal handler; see `Face.stop`."""
        self._face.stop()

    def _on_menu(self, is_open: bool) -> None:
        if self._notifier is not None:
            self._notifier.menu(is_open)
        if is_open:
            self._watching.begin()
            self._engine.menu_opened()
        else:
            self._watching.end()

    def _choose(self, action: Action) -> None:
        try:
            act(self._desk, action)
        except ActionFailed as failed:
            log.warning("%s %s failed", action.name, action.argument)
            self._show_text(NAME, str(failed))
        except Exception as error:  # noqa: BLE001 - the tray survives a click
            log_fault(log, f"the action {action.name} failed", error)

    def _show_text(self, title: str, body: str) -> None:
        self._face.show_text(title, body)

    def _tick(self) -> None:
        if self._login.refresh():
            self._draw()
        while not self._ended.wait(self._redraw_every.total_seconds()):
            self._login.refresh()
            self._watching.end_if_old()
            self._draw()

    def _draw(self) -> None:
        with self._drawing:  # when two threads draw at once, the older state must not win
            state, scope = self._engine.snapshot, self._engine.scope
            now = scope.clock()
            try:
                rows = menu.rows(state, now, scope.zone, self._login.shown, self._available)
                self._face.show(shown(state, now, scope.zone, rows))
            except Exception as error:  # noqa: BLE001 - the tray survives a state that cannot be drawn
                log_fault(log, "could not draw", error)
