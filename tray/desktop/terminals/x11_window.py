"""Any terminal on X11 whose window is certain: it has only one, or names it to what it starts (WINDOWID: xterm,
Konsole, Alacritty and others). The window manager brings it to the front, if it can.
"""

from __future__ import annotations

import sys
from typing import Any

from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal, TerminalFocus
from tray.desktop.terminals.tools import TerminalTools
from tray.engine.bounded import Bounded

_SECONDS = 3.0
_FROM_A_PAGER = 2  # on behalf of the person: window managers ignore what programs do for themselves


class X11Window:
    variables = ("WINDOWID", "DISPLAY")

    def bring(self, program: TerminalProgram, _tools: TerminalTools) -> BroughtTerminal | None:
        place = _place(program)
        if place is None:
            return None
        display, named = place
        shown = Bounded().run(
            "window", _SECONDS, lambda: _activated(display, named, program), otherwise=False
        )
        return BroughtTerminal(name="its window") if shown else None

    def focus(self, program: TerminalProgram, _tools: TerminalTools) -> TerminalFocus | None:
        place = _place(program)
        if place is None:
            return None
        display, named = place
        is_active = Bounded().run(
            "window", _SECONDS, lambda: _is_active(display, named, program), otherwise=None
        )
        return None if is_active is None else TerminalFocus(is_focused=is_active)


def _place(program: TerminalProgram) -> tuple[str, int | None] | None:
    """The display, and the window that the terminal named."""
    window, display = program.environ.get("WINDOWID", ""), program.environ.get("DISPLAY", "")
    if sys.platform != "linux" or not display.startswith((":", "unix:")):
        return None
    return display, int(window) if window.isdigit() else None


def _is_active(name: str, named: int | None, program: TerminalProgram) -> bool | None:
    """None where the window is not certain, as of a terminal on Wayland, or nobody says which one is active."""
    from Xlib import error
    from Xlib.display import Display

    try:
        display = Display(name)
    except (error.DisplayError, error.XError, OSError):
        return None
    try:
        root = display.screen().root
        active = _numbers(display, root, "_NET_ACTIVE_WINDOW")
        window = _window(display, root, named, program) if active else None
        return None if window is None else int(window.id) == active[0]
    except (error.XError, error.ConnectionClosedError, OSError):
        return None
    finally:
        display.close()


def _activated(name: str, named: int | None, program: TerminalProgram) -> bool:
    from Xlib import X, error
    from Xlib.display import Display
    from Xlib.protocol.event import ClientMessage

    try:
        display = Display(name)
    except (error.DisplayError, error.XError, OSError):
        return False
    try:
        root, activate = display.screen().root, display.intern_atom("_NET_ACTIVE_WINDOW")
        window = _window(display, root, named, program)
        if window is None or activate not in _numbers(display, root, "_NET_SUPPORTED"):
            return False
        message = ClientMessage(
            window=window, client_type=activate, data=(32, [_FROM_A_PAGER, X.CurrentTime, 0, 0, 0])
        )
        root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        display.sync()
    except (error.XError, error.ConnectionClosedError, OSError):
        return False
    else:
        return True
    finally:
        display.close()


def _window(display: Any, root: Any, named: int | None, program: TerminalProgram) -> Any:
    """That of the process which made the program's terminal: the `named` one, or the only one."""
    from Xlib import error

    found: dict[int | None, Any] = {}
    for number in _numbers(display, root, "_NET_CLIENT_LIST"):
        window = display.create_resource_object("window", number)
        try:
            owner = next(iter(_numbers(display, window, "_NET_WM_PID")), 0)
        except error.XError:  # it was just closed
            continue
        if program.is_shown_by(owner):
            found[number] = window
    return next(iter(found.values())) if len(found) == 1 else found.get(named)


def _numbers(display: Any, window: Any, name: str) -> list[int]:
    from Xlib import X

    found = window.get_full_property(display.intern_atom(name), X.AnyPropertyType)
    return [int(each) for each in found.value] if found is not None else []
