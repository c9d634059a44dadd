"""The older part of a log, which no reader gets: its turns and compactions are counted once, by their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from providers.live.lines import LONGEST_LINE, LineSplitter
from providers.sessions import SessionFinder

_BLOCK = 1 << 18


class OlderPart:
    """The lines of a log that begin before `until` (a place in bytes), counted a slice at a time."""

    def __init__(self, finder: SessionFinder, until: int, longest: int = LONGEST_LINE) -> None:
        self._finder = finder
        self._until = until
        self._place = 0
        self._splitter = LineSplitter(longest=longest)
        self._turns = 0
        self._compactions = 0
        self.is_counted = until <= 0 or not finder.counted

    @property
    def turns(self) -> int | None:
        """None until all is counted."""
        return self._turns if self.is_counted else None

    @property
    def compactions(self) -> int | None:
        return self._compactions if self.is_counted else None

    def count(self, file: BinaryIO, most: int) -> int:
        """Count on, in about `most` bytes; returns how many were read."""
        file.seek(self._place)
        begun = self._place
        while not self.is_counted and self._place - begun < most:
            for line in self._lines(file.read(_BLOCK)):
                turns, compactions = self._finder.counts(line)
                self._turns += turns
                self._compactions += compactions
        return self._place - begun

    def _lines(self, block: bytes) -> Iterator[bytes]:
        """The lines that count, of the next block."""
        place, self._place = self._place, self._place + len(block)
        if not block:  # it was cut off while it was counted
            self.is_counted = True
            return
        # The last line begins before `until`, and ends with the first newline from the byte before that on.
        last = block.find(b"\n", max(0, self._until - 1 - place)) if self._place >= self._until else -1
        if last >= 0:
            block = block[: last + 1]
            self.is_counted = True
        for line in self._splitter.feed(block):
            if any(needle in line for needle in self._finder.counted):
                yield line
