"""A tray that knows only XEmbed, as tint2's and trayer's: it takes one icon and shows it at 0, 0."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import Xlib.display
import Xlib.threaded
from Xlib import X
from Xlib.error import ConnectionClosedError
from Xlib.protocol import event

SIDE = 24


class OldTray:
    def __init__(self, display: str) -> None:
        self.docked = threading.Event()
        self._display: Any = Xlib.display.Display(display)
        self._display.set_error_handler(lambda *_: None)  # an icon may be gone before it is docked
        screen = self._display.screen()
        self._window = screen.root.create_window(
            0,
            0,
            SIDE,
            SIDE,
            0,
            screen.root_depth,
            event_mask=X.SubstructureNotifyMask,
            override_redirect=True,
        )
        self._opcode = self._display.intern_atom("_NET_SYSTEM_TRAY_OPCODE")
        self._end = self._display.intern_atom("_TEST_END")
        selection = self._display.intern_atom("_NET_SYSTEM_TRAY_S0")
        self._window.set_selection_owner(selection, X.CurrentTime)
        self._window.map()
        self._display.sync()
        self._thread = threading.Thread(target=self._run, name="old-tray")
        self._thread.start()

    def close(self) -> None:
        with suppress(ConnectionClosedError):
            self._window.send_event(
                event.ClientMessage(window=self._window, client_type=self._end, data=(32, [0] * 5))
            )
            self._display.flush()
        self._thread.join(10)
        with suppress(ConnectionClosedError):
            self._display.close()

    def _run(self) -> None:
        with suppress(ConnectionClosedError):  # the display ended first
            self._loop()

    def _loop(self) -> None:
        while True:
            heard = self._display.next_event()
            if heard.type == X.MapNotify and heard.window != self._window:
                self.docked.set()
            if heard.type != X.ClientMessage:
                continue
            if heard.client_type == self._end:
                return
            if heard.client_type == self._opcode and heard.data[1][1] == 0:
                icon = self._display.create_resource_object("window", heard.data[1][2])
                icon.reparent(self._window, 0, 0)
                icon.configure(width=SIDE, height=SIDE)
                icon.map()
                self._display.flush()
