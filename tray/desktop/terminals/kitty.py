"""kitty, where its remote control is on (`allow_remote_control` and `listen_on`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal
from tray.desktop.terminals.tools import TerminalTools


class Kitty:
    variables = ("KITTY_LISTEN_ON",)

    def bring(self, program: TerminalProgram, tools: TerminalTools) -> BroughtTerminal | None:
        """Its socket is asked only where it is on this machine."""
        address, kitty = program.environ.get("KITTY_LISTEN_ON", ""), tools.find("kitty")
        if program.tty is None or not address.startswith("unix:") or kitty is None:
            return None
        base = (kitty, "@", "--to", address)
        for ident, pid in _windows(tools.run((*base, "ls"), {})):
            if tools.tty_of(pid) == program.tty and pid in program.parents:
                if tools.run((*base, "focus-window", "--match", f"id:{ident}"), {}) is None:
                    return None
                return BroughtTerminal(name="kitty")
        return None


def _windows(printed: str | None) -> Iterator[tuple[int, int]]:
    """The id of each, and the process that it started."""
    try:
        found: Any = json.loads(printed or "[]")
        for frame in found:
            for tab in frame["tabs"]:
                for window in tab["windows"]:
                    yield int(window["id"]), int(window["pid"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return
