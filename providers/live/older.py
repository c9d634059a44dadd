"""The older part of a log, which no reader gets: its turns and compactions are counted once, by their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from providers.live.lines import LONGEST_LINE, WholeLines
from providers.sessions import SessionFinder

_BLOCK = 1 << 18


class OlderPart:
    """The lines of a log that begin before `until` (a place in bytes), counted a slice at a time."""

    def __init__(self, finder: SessionFinder, until: int, longest: int = LONGEST_LINE) -> None:
        self._finder = finder
        self._until = until
        self._longest = longest
        self._place = 0
        self._lines = WholeLines(longest=longest)
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
            for line in self._telling(self._lines.feed(self._next(file))):
                turns, compactions = self._finder.counts(line)
                self._turns += turns
                self._compactions += compactions
        return self._place - begun

    def _next(self, file: BinaryIO) -> bytes:
        """The next block, up to the end of the last line."""
        block = file.read(_BLOCK)
        place, self._place = self._place, self._place + len(block)
        if not block:  # the log was cut off while it was counted
            self.is_counted = True
        # The last line begins before `until`, and ends with the first newline from the byte before that on.
        last = block.find(b"\n", max(0, self._until - 1 - place)) if self._place >= self._until else -1
        if last < 0:
            return block
        self.is_counted = True
        return block[: last + 1]

    def _telling(self, text: bytes) -> Iterator[bytes]:
        """The lines that may count: to look for bytes in many of them at once takes a tenth of the time."""
        found: dict[int, int] = {}
        for needle in self._finder.counted:
            place = text.find(needle)
            while place >= 0:
                end = text.find(b"\n", place)
                found[text.rfind(b"\n", 0, place) + 1] = end
                place = text.find(needle, end)
        yield from (text[start:end] for start, end in found.items() if end - start <= self._longest)
