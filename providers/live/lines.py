"""Bytes to whole lines, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

LONGEST_LINE = 16 << 20
"""Bytes. A longer one (`compacted` in a rollout, with images) is skipped."""


class LineSplitter:
    """Fed with blocks in order, it gives their whole lines, without newlines; what follows the last newline waits
    for the next block.

    With `in_line` the first block begins within a line, of which nothing is given.
    """

    def __init__(self, *, in_line: bool = False, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._begun: list[bytes] = []
        self._size = 0
        self._skips = in_line

    def feed(self, block: bytes) -> Iterator[bytes]:
        end = block.rfind(b"\n")
        if end < 0:
            self._wait(block)
            return
        first, *others = block[:end].split(b"\n")
        self._wait(first)
        if not self._skips:
            yield b"".join(self._begun)
        self._begun, self._size, self._skips = [], 0, False
        yield from (line for line in others if len(line) <= self._longest)
        self._wait(block[end + 1 :])

    def _wait(self, piece: bytes) -> None:
        """For the rest of its line."""
        if self._skips:
            return
        self._begun.append(piece)
        self._size += len(piece)
        if self._size > self._longest:
            self._begun, self._size, self._skips = [], 0, True
