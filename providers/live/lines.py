"""Bytes to whole lines, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

LONGEST_LINE = 16 << 20
"""Bytes. A longer one (`compacted` in a rollout, with images) is skipped."""


class WholeLines:
    """Fed with blocks in order, it gives their whole lines; what follows the last newline waits for the next.

    With `in_line` the first block begins within a line, of which nothing is given.
    """

    def __init__(self, *, in_line: bool = False, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._begun: list[bytes] = []
        self._size = 0
        self._skips = in_line

    def feed(self, block: bytes) -> bytes:
        """All that are whole by now, each with its newline. One that began in an earlier block is not among them
        if it is too long; one that did not may be as long as the block.
        """
        end = block.rfind(b"\n") + 1
        if not end:
            self._wait(block)
            return b""
        first = block.find(b"\n") + 1
        self._wait(block[:first])
        text = block[first:end] if self._skips else b"".join((*self._begun, block[first:end]))
        self._begun, self._size, self._skips = [], 0, False
        self._wait(block[end:])
        return text

    def _wait(self, piece: bytes) -> None:
        """For the rest of its line."""
        if self._skips:
            return
        self._begun.append(piece)
        self._size += len(piece)
        if self._size > self._longest + 1:
            self._begun, self._size, self._skips = [], 0, True


def split(text: bytes) -> Iterator[bytes]:
    """Whole lines, without their newlines. To have all at once would take five times as long: they are long, and
    this way each has the memory of the one before.
    """
    start = 0
    while (end := text.find(b"\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
