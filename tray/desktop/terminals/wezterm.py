"""WezTerm, by its own command line: it selects a pane, and leaves the window where it is (2026-02)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tray.desktop.terminals.front_program import front_program
from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal, TerminalFocus
from tray.desktop.terminals.tools import TerminalTools


class WezTerm:
    variables = ("WEZTERM_UNIX_SOCKET",)

    def bring(self, program: TerminalProgram, tools: TerminalTools) -> BroughtTerminal | None:
        found = _found(program, tools)
        if found is None:
            return None
        base, environ, pane = found
        if tools.run((*base, "activate-pane", "--pane-id", str(pane)), environ) is None:
            return None
        return BroughtTerminal(name="WezTerm", is_raised=False)

    def focus(self, program: TerminalProgram, tools: TerminalTools) -> TerminalFocus | None:
        """It knows the pane that each of its screens has chosen, but not whether one of these has focus: that
        says the desktop.
        """
        found = _found(program, tools)
        if found is None:
            return None
        base, environ, pane = found
        chosen = _chosen(tools.run((*base, "list-clients", "--format", "json"), environ))
        if chosen is None:
            return TerminalFocus()
        pids = {pid for pid, each in chosen if each == pane}
        if not pids:
            return TerminalFocus(is_focused=False)
        front = front_program(tools)
        return TerminalFocus(is_focused=None if front is None else front.pid in pids)


def _found(
    program: TerminalProgram, tools: TerminalTools
) -> tuple[tuple[str, ...], Mapping[str, str], int] | None:
    """How it is asked, and the pane."""
    socket, wezterm = program.environ.get("WEZTERM_UNIX_SOCKET", ""), tools.find("wezterm")
    if program.tty is None or not socket or wezterm is None:
        return None
    base, environ = (wezterm, "cli", "--no-auto-start"), {"WEZTERM_UNIX_SOCKET": socket}
    pane = _pane(tools.run((*base, "list", "--format", "json"), environ), program.tty)
    return None if pane is None else (base, environ, pane)


def _chosen(printed: str | None) -> list[tuple[int, int]] | None:
    """The process of each screen, and its pane; None where that is not understood."""
    try:
        found: Any = json.loads(printed or "null")
        return [(int(each["pid"]), int(each["focused_pane_id"])) for each in found]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _pane(printed: str | None, tty: str) -> int | None:
    try:
        found: Any = json.loads(printed or "[]")
        return next((int(each["pane_id"]) for each in found if each.get("tty_name") == tty), None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
