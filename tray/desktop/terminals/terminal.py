"""What a kind of terminal can do for us."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from tray.desktop.terminals.program import TerminalProgram
from tray.desktop.terminals.tools import TerminalTools


class BroughtTerminal(Struct, frozen=True, kw_only=True):
    """`name` is what people call it. `around` is the program whose terminal shows this one, None where it
    is a window of its own. `attach` is the command that shows it where nothing does: then it is not shown.
    `is_raised` is whether that window is at the front now.
    """

    name: str
    around: int | None = None
    is_raised: bool = True
    attach: tuple[str, ...] = ()


class TerminalKind(Protocol):
    """Knows its terminals by `variables` in the environment of a program."""

    @property
    def variables(self) -> tuple[str, ...]: ...

    def bring(self, program: TerminalProgram, tools: TerminalTools, /) -> BroughtTerminal | None:
        """Bring the program's terminal to the front. None, and nothing is done, where it is certainly none of this
        kind, or not certainly that one.
        """
