"""WezTerm, by its own command line: it selects a pane, and leaves the window where it is (2026-02)."""

from __future__ import annotations

import json
from typing import Any

from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal
from tray.desktop.terminals.tools import TerminalTools


class WezTerm:
    variables = ("WEZTERM_UNIX_SOCKET",)

    def bring(self, program: TerminalProgram, tools: TerminalTools) -> BroughtTerminal | None:
        socket, wezterm = program.environ.get("WEZTERM_UNIX_SOCKET", ""), tools.find("wezterm")
        if program.tty is None or not socket or wezterm is None:
            return None
        base, environ = (wezterm, "cli", "--no-auto-start"), {"WEZTERM_UNIX_SOCKET": socket}
        pane = _pane(tools.run((*base, "list", "--format", "json"), environ), program.tty)
        if pane is None:
            return None
        if tools.run((*base, "activate-pane", "--pane-id", str(pane)), environ) is None:
            return None
        return BroughtTerminal(name="WezTerm", is_raised=False)


def _pane(printed: str | None, tty: str) -> int | None:
    try:
        found: Any = json.loads(printed or "[]")
        return next((int(each["pane_id"]) for each in found if each.get("tty_name") == tty), None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
