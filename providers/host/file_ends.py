"""The lines at both ends of a log, in bounded memory however long it and its lines are.

A line of Codex may exceed 100 MB (`compacted`, with images), and its first one 256 KiB (`session_meta`, with all
instructions and tools).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct


class Bounds(Struct, frozen=True, kw_only=True):
    """How many bytes are held in memory: the blocks that are read, a whole line, the end of a longer one."""

    first_block: int = 1 << 17
    largest_block: int = 1 << 22
    line: int = 16 << 20
    end_of_line: int = 1 << 20


BOUNDS = Bounds()
_GROWS_BY = 8


def oldest_first(file: BinaryIO, most: int, bounds: Bounds = BOUNDS) -> Iterator[bytes]:
    """The whole lines of about the first `most` bytes, and of a longer one the beginning."""
    file.seek(0)
    while file.tell() < most and (line := file.readline(bounds.line)):
        whole = line.endswith(b"\n")
        if whole or len(line) == bounds.line:
            yield line
        while not whole and file.tell() < most and (rest := file.readline(bounds.line)):
            whole = rest.endswith(b"\n")


def newest_first(
    file: BinaryIO, floor: int = 0, bounds: Bounds = BOUNDS, *, before: int | None = None
) -> Iterator[tuple[bytes, int]]:
    """The whole lines from the last, or the last one before a place, to the one that begins at `floor`, each with
    the place where it begins.

    Of a line that is too long for memory only its end is given, in which damage may have left a whole record.
    What follows the last newline is not finished yet, and left out.
    """
    line = _LineBefore(bounds)
    for block, start in _blocks(file, floor, bounds, before):
        # One by one, as all at once would take five times as long: each line gets the memory of the one before.
        end = len(block)
        while (place := block.rfind(b"\n", 0, end)) >= 0:
            line.grow(block[place + 1 : end])
            if (whole := line.take()) is not None:
                yield whole, start + place + 1
            end = place
        line.grow(block[:end])
        if (rest := line.end_of_overlong()) is not None:
            yield rest, start
    if (whole := line.take()) is not None:
        yield whole, floor


def _blocks(file: BinaryIO, floor: int, bounds: Bounds, before: int | None) -> Iterator[tuple[bytes, int]]:
    """The blocks of a file from its end, ever larger ones, each with its place."""
    place = os.fstat(file.fileno()).st_size if before is None else before
    length = bounds.first_block
    while place > floor:
        start = max(floor, place - length)
        file.seek(start)
        yield file.read(place - start), start
        place = start
        length = min(length * _GROWS_BY, bounds.largest_block)


class _LineBefore:
    """A line of which the end is known, while its beginning is being looked for."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
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
        if self._size <= self._bounds.line:
            return None
        end = b"".join(reversed(self._pieces))[-self._bounds.end_of_line :]
        self._pieces, self._size, self._dropping = [], 0, True
        return end
