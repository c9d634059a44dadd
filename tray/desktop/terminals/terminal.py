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


class AroundTerminal(Struct, frozen=True):
    """A program whose terminal shows another one, and whether that has focus where nothing else is known of it."""

    pid: int
    otherwise: bool | None = None


class TerminalFocus(Struct, frozen=True, kw_only=True):
    """Whether the person looks at a terminal: None where the kind cannot tell, so that the next one is asked.
    With `around` it is shown by those, and focused where one of them is.
    """

    is_focused: bool | None = None
    around: tuple[AroundTerminal, ...] = ()


class TerminalKind(Protocol):
    """Knows its terminals by `variables` in the environment of a program."""

    @property
    def variables(self) -> tuple[str, ...]: ...

    def bring(self, program: TerminalProgram, tools: TerminalTools, /) -> BroughtTerminal | None:
        """Bring the program's terminal to the front. None, and nothing is done, where it is certainly none of this
        kind, or not certainly that one.
        """

    def focus(self, program: TerminalProgram, tools: TerminalTools, /) -> TerminalFocus | None:
        """Whether it has focus; nothing is changed. None as above."""
