"""tmux: a pane, in the client that shows its session."""

from __future__ import annotations

from collections.abc import Sequence

from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.terminal import BroughtTerminal
from tray.desktop.terminals.tools import TerminalTools

_PANES = "#{pane_tty}\t#{pane_id}\t#{session_id}"
_CLIENTS = "#{client_control_mode}\t#{client_activity}\t#{session_id}\t#{client_pid}\t#{client_tty}"


class Tmux:
    variables = ("TMUX",)

    def bring(self, program: TerminalProgram, tools: TerminalTools) -> BroughtTerminal | None:
        socket = program.environ.get("TMUX", "").rpartition(",")[0].rpartition(",")[0]
        tmux = tools.find("tmux")
        if program.tty is None or not socket.startswith("/") or tmux is None:
            return None
        base = (tmux, "-S", socket)
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


def _rows(tools: TerminalTools, command: Sequence[str], length: int) -> list[list[str]]:
    printed = tools.run(command, {}) or ""
    rows = [line.split("\t") for line in printed.splitlines()]
    return [row for row in rows if len(row) == length]
