"""tmux: a pane, in the client that shows its session."""

from __future__ import annotations

from collections.abc import Sequence

from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import AroundTerminal, BroughtTerminal, TerminalFocus
from tray.desktop.terminals.tools import TerminalTools

_PANES = "#{pane_tty}\t#{pane_id}\t#{session_id}"
_ACTIVE = "#{pane_tty}\t#{session_id}\t#{window_active}\t#{pane_active}\t#{focus-events}"
_FLAGS = "#{client_control_mode}\t#{session_id}\t#{client_pid}\t#{client_flags}\t#{client_termfeatures}"
_CLIENTS = "#{client_control_mode}\t#{client_activity}\t#{session_id}\t#{client_pid}\t#{client_tty}"


class Tmux:
    variables = ("TMUX",)

    def bring(self, program: TerminalProgram, tools: TerminalTools) -> BroughtTerminal | None:
        base = _base(program, tools)
        if base is None:
            return None
        socket = base[2]
        panes = _rows(tools, (*base, "list-panes", "-a", "-F", _PANES), 3)
        own = [(pane, session) for tty, pane, session in panes if tty == program.tty]
        if not own:
            return None
        attached = _rows(tools, (*base, "list-clients", "-F", _CLIENTS), 5)
        if not attached:
            return BroughtTerminal(name="tmux", attach=("tmux", "-S", socket, "attach", "-t", own[0][1]))
        clients = [row for row in attached if row[0] != "1" and row[4]]
        if not clients:  # only such as iTerm2's, which draw the panes themselves
            return None
        sessions = {session for _, session in own}
        client = max(clients, key=lambda row: (row[2] in sessions, row[1].zfill(20)))
        pane, session = next((each for each in own if each[1] == client[2]), own[0])
        chosen = ("select-window", "-t", pane, ";", "select-pane", "-t", pane, ";")
        if tools.run((*base, *chosen, "switch-client", "-c", client[4], "-t", session), {}) is None:
            return None
        return BroughtTerminal(name="tmux", around=int(client[3]) if client[3].isdigit() else None)

    def focus(self, program: TerminalProgram, tools: TerminalTools) -> TerminalFocus | None:
        """Of the active pane of a window that is shown it is asked further. Whether the client has focus tmux
        knows only if it asks its terminal for it: without `focus-events` all clients are "focused" (3.3a).
        """
        base = _base(program, tools)
        if base is None:
            return None
        own = [
            row
            for row in _rows(tools, (*base, "list-panes", "-a", "-F", _ACTIVE), 5)
            if row[0] == program.tty
        ]
        if not own:
            return None
        shown = {session for _, session, *active, _ in own if active == ["1", "1"]}
        clients = [row for row in _rows(tools, (*base, "list-clients", "-F", _FLAGS), 5) if row[1] in shown]
        is_reported = own[0][4] in ("1", "on")
        around = [
            AroundTerminal(int(pid), _reported(flags, features) if is_reported else None)
            for control, _, pid, flags, features in clients
            if control != "1" and pid.isdigit()
        ]
        draws_itself = any(row[0] == "1" for row in clients)  # as iTerm2 does
        return TerminalFocus(is_focused=None if around or draws_itself else False, around=tuple(around))


def _reported(flags: str, features: str) -> bool | None:
    """What the terminal reported, if it is one that does."""
    return "focused" in flags.split(",") if "focus" in features.split(",") else None


def _base(program: TerminalProgram, tools: TerminalTools) -> tuple[str, str, str] | None:
    """How the server is asked in which the program may run."""
    socket = program.environ.get("TMUX", "").rpartition(",")[0].rpartition(",")[0]
    tmux = tools.find("tmux")
    if program.tty is None or not socket.startswith("/") or tmux is None:
        return None
    return tmux, "-S", socket


def _rows(tools: TerminalTools, command: Sequence[str], length: int) -> list[list[str]]:
    printed = tools.run(command, {}) or ""
    rows = [line.split("\t") for line in printed.splitlines()]
    return [row for row in rows if len(row) == length]
