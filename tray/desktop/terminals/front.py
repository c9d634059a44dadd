"""From a session to its terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.live import LiveSession
from providers.domain.processes import ProcessTable
from tray.desktop.terminals.apple import APPLE_TERMINAL, ITERM
from tray.desktop.terminals.kitty import Kitty
from tray.desktop.terminals.program import TerminalProgram, program_of
from tray.desktop.terminals.terminal import BroughtTerminal, TerminalKind
from tray.desktop.terminals.tmux import Tmux
from tray.desktop.terminals.tools import TerminalTools, system_tools
from tray.desktop.terminals.wezterm import WezTerm
from tray.desktop.terminals.x11_window import X11Window

KINDS: tuple[TerminalKind, ...] = (Tmux(), Kitty(), WezTerm(), ITERM, APPLE_TERMINAL, X11Window())
"""In this order: what runs in a terminal is asked before the terminal."""
_DEEPEST = 4


class FoundTerminal(Struct, frozen=True, kw_only=True):
    """What was done. `names` are the terminals that show the session now, the inner one first. `is_raised`: the
    last one is a window, which is at the front now. `attach` is the command that shows one which is nowhere shown.
    """

    names: tuple[str, ...] = ()
    is_raised: bool = False
    attach: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Where the session is now, if it has `names`."""
        where = " inside ".join(self.names)
        if self.is_raised:
            return f"it is at the front now, in {where}."
        return f"it is selected in {where}; the window around that cannot be brought to the front."


def bring_to_front(
    session: LiveSession,
    *,
    look: Callable[[], ProcessTable] | None = None,
    tools: TerminalTools | None = None,
    kinds: Sequence[TerminalKind] = KINDS,
) -> FoundTerminal:
    """Does nothing where it is not certain which process the session has, and in which terminal that is."""
    if not session.may_have_terminal:
        return FoundTerminal()
    table = (look or system_table)()
    tools = tools or system_tools(os.environ)
    variables = tuple({name for kind in kinds for name in kind.variables})
    names: list[str] = []
    pid: int | None = session.pid
    is_raised = False
    while pid is not None and len(names) < _DEEPEST:
        program = program_of(pid, table, tools.tty_of, variables)
        found = None if program is None else _first(kinds, program, tools)
        if found is None or found.attach:
            return FoundTerminal(names=tuple(names), attach=found.attach if found else ())
        names.append(found.name)
        pid, is_raised = found.around, found.is_raised
    return FoundTerminal(names=tuple(names), is_raised=is_raised and pid is None)


def _first(
    kinds: Sequence[TerminalKind], program: TerminalProgram, tools: TerminalTools
) -> BroughtTerminal | None:
    """By the first kind that can; where that cannot raise the window, also by the first one that does."""
    selected: BroughtTerminal | None = None
    for kind in kinds:
        found = kind.bring(program, tools)
        if found is None:
            continue
        if selected is not None:
            return replace(selected, is_raised=True) if found.is_raised else selected
        if found.is_raised:
            return found
        selected = found
    return selected


def system_table() -> ProcessTable:
    from providers.host.processes import system_processes

    return system_processes().look()
