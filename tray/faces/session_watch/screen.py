"""A terminal on which a text is drawn in place: on its alternate screen, and only the lines that changed."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from tray.faces.bars.changes import PeerGone
from tray.view.output import Paper, harmless
from tray.view.terminal import NARROWEST

if TYPE_CHECKING:
    from collections.abc import Callable

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"  # alternate screen, no cursor, no wrapping
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_UNKNOWN = (80, 24)


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines, as they are now: COLUMNS may be those of before."""
    try:
        columns, lines = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return _UNKNOWN
    return columns or _UNKNOWN[0], lines or _UNKNOWN[1]


class TableScreen:
    """Between `enter` and `leave` the terminal shows what is drawn; then it is as it was before."""

    def __init__(self, stream: TextIO, size: Callable[[TextIO], tuple[int, int]] = terminal_size) -> None:
        self._stream = stream
        self._size_of = size
        self._size = (0, 0)
        self._drawn: list[str] = []

    def enter(self) -> None:
        self._size = (0, 0)  # all of it is drawn anew
        with suppress(OSError, ValueError):  # it was closed: the first drawing says so
            self._write(_ENTER)

    def leave(self) -> None:
        with suppress(OSError, ValueError):
            self._write(_LEAVE)

    def paper(self, *, styled: bool) -> tuple[Paper, int]:
        """What a text is laid out for, and how many lines it may have."""
        columns, lines = self._size_of(self._stream)
        encoding = self._stream.encoding or "utf-8"
        return Paper(width=max(columns, NARROWEST), encoding=encoding, styled=styled), lines

    def is_resized(self) -> bool:
        """Since it was last drawn."""
        return self._size_of(self._stream) != self._size

    def draw(self, text: str) -> None:
        """In one write, so that nobody sees half of it; nothing where nothing changed. Raises PeerGone where the
        terminal is closed.
        """
        lines, size, parts = harmless(text, styled=True).split("\n"), self._size_of(self._stream), []
        if size != self._size:
            parts.append("\x1b[2J")
            self._size, self._drawn = size, []
        for number, line in enumerate(lines[: size[1]], 1):
            if self._drawn[number - 1 : number] != [line]:
                # Erased before it is written: behind the last column the cursor would still be on it.
                parts.append(f"\x1b[{number};1H\x1b[K{line}")
        if len(self._drawn) > len(lines):
            parts.append(f"\x1b[{len(lines) + 1};1H\x1b[J")
        self._drawn = lines
        if parts:
            try:
                self._write("".join(parts))
            except (OSError, ValueError) as error:
                raise PeerGone from error

    def _write(self, codes: str) -> None:
        self._stream.write(codes)
        self._stream.flush()
