"""The icon for trays that know only XEmbed (tint2, trayer): pystray's own, which has no menu.

So a click asks for the values to be shown, as a notice, where the bus has somebody to show it.
"""

from __future__ import annotations

import os
import select
import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

import Xlib.error
import Xlib.X

from providers.host.faults import log_fault, logger_of
from tray.desktop import toolkit
from tray.desktop.icon import DesktopClosed, Shown, TrayClosed
from tray.desktop.linux import session_bus
from tray.desktop.linux.detect import tray_owned
from tray.desktop.linux.notice_connection import NoticeConnection
from tray.view.rows import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from PIL.Image import Image

    from tray.engine.notices.notice import Notice

_LINGER = 1.0  # seconds that a listener of "ready" may take once the icon has ended
_SIZE = 48  # pystray scales it to what the tray gives
_xorg: Any = toolkit.backend("xorg")  # opens the display once, to see that it is there
_CLOSED = (Xlib.error.ConnectionClosedError, OSError)
_log = logger_of(__name__)


class XembedIcon(_xorg.Icon):  # type: ignore[misc]  # pystray has no types
    """Talks to the display in its loop alone: python-xlib deadlocks now and then where two threads do."""

    def __init__(
        self,
        name: str,
        choose: Callable[[Action], None],
        *,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(name)
        self._choose = choose
        self._notices = NoticeConnection(environ, choose)
        self._shown: tuple[Image, str] | None = None
        self._stopping = False
        self._wake, self._waker = socket.socketpair()
        self._display.set_error_handler(_note_error)
        # pystray handles clicks, but never asks for them.
        self._window.change_attributes(
            event_mask=Xlib.X.ExposureMask | Xlib.X.StructureNotifyMask | Xlib.X.ButtonPressMask
        )

    def __del__(self) -> None:
        with suppress(Exception):  # closed already
            super().__del__()

    def __call__(self) -> None:
        """What pystray calls on a click, in its loop."""
        Thread(target=self._clicked, name="tray-click", daemon=True).start()

    def show(self, shown: Shown) -> None:
        icon = shown.single
        self._shown = icon.draw(_SIZE), session_bus.plain(icon.tooltip.title)
        self._wake_loop()

    def show_notice(self, notice: Notice) -> None:
        self._notices.show(notice)

    def withdraw_notice(self, key: str) -> None:
        self._notices.withdraw(key)

    def stop(self) -> None:
        self._stopping = True
        self._wake_loop()

    def _rewrite_implementation(self, *_methods: Any) -> None:
        """pystray makes these methods call the loop from other threads; here only the loop calls them."""

    def _run(self) -> None:
        try:
            super()._run()
        finally:
            self._running = self._visible = False
            self._setup_thread.join(_LINGER)
            with suppress(*_CLOSED):
                self._display.close()
            self._notices.close()
            self._wake.close()
            self._waker.close()
        if self._stopping:
            return
        if tray_owned(self._display.get_display_name()) is None:
            raise DesktopClosed("The display closed.")
        raise TrayClosed

    def _events(self) -> Iterator[Any]:
        while not self._stopping:
            while self._display.pending_events():
                yield self._display.next_event()
            ready, _, _ = select.select([self._display, self._wake], [], [])
            if self._wake in ready:
                self._wake.recv(4096)
                self._apply()

    def _apply(self) -> None:
        if self._shown is None or self._stopping:
            return
        picture, self.title = self._shown
        if self._icon is None or picture.tobytes() != self._icon.tobytes():
            self.icon = picture
        self.visible = True
        if self._systray_manager is None:
            self._on_destroy_notify()

    def _on_destroy_notify(self, *_event: Any) -> None:
        """The tray went: end the loop. pystray would look for the next one once, and never again."""
        self._window.destroy()

    def _wake_loop(self) -> None:
        with suppress(OSError):  # it has ended
            self._waker.send(b".", socket.MSG_DONTWAIT)

    def _clicked(self) -> None:
        try:
            self._choose(Action("show"))
        except Exception as error:  # noqa: BLE001  the app's fault must not be the tray's end
            log_fault(_log, "the click failed", error)


def _note_error(error: Any, *_request: Any) -> None:
    """A window that has just closed is sometimes sent an event; Xlib would print it."""
    _log.debug("the display refused: %s", type(error).__name__)
