"""kitty, where its remote control is on (`allow_remote_control` and `listen_on`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal, TerminalFocus
from tray.desktop.terminals.tools import TerminalTools


class Kitty:
    variables = ("KITTY_LISTEN_ON",)

    def bring(self, program: TerminalProgram, tools: TerminalTools) -> BroughtTerminal | None:
        """Its socket is asked only where it is on this machine."""
        base = _base(program, tools)
        if base is None:
            return None
        for ident, pid, _ in _windows(tools.run((*base, "ls"), {})):
            if tools.tty_of(pid) == program.tty and pid in program.parents:
                if tools.run((*base, "focus-window", "--match", f"id:{ident}"), {}) is None:
                    return None
                return BroughtTerminal(name="kitty")
        return None

    def focus(self, program: TerminalProgram, tools: TerminalTools) -> TerminalFocus | None:
        """As kitty itself sees it, also on Wayland."""
        base = _base(program, tools)
        if base is None:
            return None
        for _, pid, is_focused in _windows(tools.run((*base, "ls"), {})):
            if tools.tty_of(pid) == program.tty and pid in program.parents:
                return TerminalFocus(is_focused=is_focused)
        return None


def _base(program: TerminalProgram, tools: TerminalTools) -> tuple[str, ...] | None:
    address, kitty = program.environ.get("KITTY_LISTEN_ON", ""), tools.find("kitty")
    if program.tty is None or not address.startswith("unix:") or kitty is None:
        return None
    return kitty, "@", "--to", address


def _windows(printed: str | None) -> Iterator[tuple[int, int, bool | None]]:
    """The id of each, the process that it started, and whether it has focus."""
    try:
        found: Any = json.loads(printed or "[]")
        for frame in found:
            for tab in frame["tabs"]:
                for window in tab["windows"]:
                    yield int(window["id"]), int(window["pid"]), _is_focused(frame, tab, window)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return


def _is_focused(*parts: Any) -> bool | None:
    """The window in its tab in its frame; old versions do not say it of all of them."""
    known = [part.get("is_focused") for part in parts]
    return None if None in known else all(known)
