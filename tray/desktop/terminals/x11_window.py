"""Any terminal on X11 that names its window to what it starts (xterm, Konsole, kitty and others), where the window
manager brings windows to the front.
"""

from __future__ import annotations

import sys
from typing import Any

from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal
from tray.desktop.terminals.tools import TerminalTools
from tray.engine.bounded import Bounded

_SECONDS = 3.0
_FROM_A_PAGER = 2  # on behalf of the person: window managers ignore what programs do for themselves


class X11Window:
    variables = ("WINDOWID", "DISPLAY")

    def bring(self, program: TerminalProgram, _tools: TerminalTools) -> BroughtTerminal | None:
        window, display = program.environ.get("WINDOWID", ""), program.environ.get("DISPLAY", "")
        if sys.platform != "linux" or not window.isdigit() or not display.startswith((":", "unix:")):
            return None
        shown = Bounded().run(
            "window", _SECONDS, lambda: _activated(display, int(window), program), otherwise=False
        )
        return BroughtTerminal(name="its window") if shown else None


def _activated(name: str, window: int, program: TerminalProgram) -> bool:
    from Xlib import X, error
    from Xlib.display import Display
    from Xlib.protocol.event import ClientMessage

    try:
        display = Display(name)
    except (error.DisplayError, error.XError, OSError):
        return False
    try:
        root, target = display.screen().root, display.create_resource_object("window", window)
        if not program.is_shown_by(_number(display, target, "_NET_WM_PID")):
            return False
        activate = display.intern_atom("_NET_ACTIVE_WINDOW")
        if activate not in _numbers(display, root, "_NET_SUPPORTED"):
            return False
        message = ClientMessage(
            window=target, client_type=activate, data=(32, [_FROM_A_PAGER, X.CurrentTime, 0, 0, 0])
        )
        root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        display.sync()
    except (error.XError, error.ConnectionClosedError, OSError):
        return False
    else:
        return True
    finally:
        display.close()


def _number(display: Any, window: Any, name: str) -> int:
    return next(iter(_numbers(display, window, name)), 0)


def _numbers(display: Any, window: Any, name: str) -> list[int]:
    from Xlib import X

    found = window.get_full_property(display.intern_atom(name), X.AnyPropertyType)
    return [int(each) for each in found.value] if found is not None else []
