"""The lines at both ends of a rollout, in bounded memory however long it and its lines are.

A line may exceed 100 MB (`compacted`, with images), and the first one 256 KiB (`session_meta`, with all
instructions and tools).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

LINE_CAP = 16 << 20
_FIRST_BLOCK, _LARGEST_BLOCK = 1 << 17, 1 << 22
_GROWS_BY = 8
_END_OF_LINE = 1 << 20


def oldest_first(file: BinaryIO, most: int) -> Iterator[bytes]:
    """The whole lines of about the first `most` bytes, and of a longer one the beginning."""
    file.seek(0)
    while file.tell() < most and (line := file.readline(LINE_CAP)):
        whole = line.endswith(b"\n")
        if whole or len(line) == LINE_CAP:
            yield line
        while not whole and (rest := file.readline(LINE_CAP)):
            whole = rest.endswith(b"\n")


def newest_first(file: BinaryIO, floor: int = 0) -> Iterator[tuple[bytes, int]]:
    """The whole lines from the last to the one that begins at `floor`, each with the place where it begins.

    Of a line that is too long for memory only its end is given, in which damage may have left a whole record.
    What follows the last newline is not finished yet, and left out.
    """
    line = _LineBefore()
    for block, start in _blocks(file, floor):
        first, *later = block.split(b"\n")
        place = start + len(block)
        for piece in reversed(later):
            line.grow(piece)
            place -= len(piece)
            if (whole := line.take()) is not None:
                yield whole, place
            place -= 1
        line.grow(first)
        if (end := line.end_of_overlong()) is not None:
            yield end, start
    if (whole := line.take()) is not None:
        yield whole, floor


def _blocks(file: BinaryIO, floor: int) -> Iterator[tuple[bytes, int]]:
    """The blocks of a file from its end, ever larger ones, each with its place."""
    place = os.fstat(file.fileno()).st_size
    length = _FIRST_BLOCK
    while place > floor:
        start = max(floor, place - length)
        file.seek(start)
        yield file.read(place - start), start
        place = start
        length = min(length * _GROWS_BY, _LARGEST_BLOCK)


class _LineBefore:
    """A line of which the end is known, while its beginning is being looked for."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._finished = False  # whether a newline ends it
        self._dropping = False  # its end has been given already

    def grow(self, piece: bytes) -> None:
        if self._finished and not self._dropping:
            self._pieces.append(piece)
            self._size += len(piece)

    def take(self) -> bytes | None:
        """The line, now that its beginning has been found; None for one without an end, or given already."""
        line = b"".join(reversed(self._pieces)) if self._finished and not self._dropping else None
        self._pieces, self._size = [], 0
        self._finished, self._dropping = True, False
        return line

    def end_of_overlong(self) -> bytes | None:
        if self._size <= LINE_CAP:
            return None
        end = b"".join(reversed(self._pieces))[-_END_OF_LINE:]
        self._pieces, self._size, self._dropping = [], 0, True
        return end
