"""Follows one log: at first sight only as much of its end is read as its reader needs, then what is appended.

A log that did not change costs one stat. Nothing is read twice, but for the end of a log in which the reader
did not find enough: then it begins anew, where the turn began.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from providers.host.file_ends import Bounds, newest_first
from providers.host.files import open_regular, stamp
from providers.live.lines import LONGEST_LINE, WholeLines, split
from providers.live.older import OlderPart
from providers.sessions import SessionFacts, SessionFinder, SessionReader


class TailBounds(Struct, frozen=True, kw_only=True):
    """Bytes: how much of the end is read at first, and how much at most; the blocks; the longest line."""

    first: int = 1 << 17
    most: int = 16 << 20
    block: int = 1 << 18
    line: int = LONGEST_LINE


BOUNDS = TailBounds()
_MOST_TRIED = 3
"""So many beginnings of turns, before all of the rest is read."""
_LARGEST_BLOCK = 1 << 18
_SEAM = 256
"""So many bytes before the place up to which a log was read are compared: a program may write a log anew."""


class Tail:
    """`facts` are None until something was read; those of a log that is deleted, or compressed since, stay. `clis`
    are for the reader.
    """

    def __init__(
        self, path: Path, finder: SessionFinder, bounds: TailBounds = BOUNDS, *, clis: Collection[str] = ()
    ) -> None:
        self.path = path
        self._finder = finder
        self._clis = clis
        self._bounds = bounds
        self._stamp: tuple[int, int, int] | None = None
        self._place = 0
        self._seam = b""
        self._lines = WholeLines()
        self._reader: SessionReader | None = None
        self._older = OlderPart(finder, 0)
        self.facts: SessionFacts | None = None
        self.read = 0
        """Bytes, in the last look."""

    @property
    def modified(self) -> datetime | None:
        """When the log was last written, None if there is none."""
        return None if self._stamp is None else datetime.fromtimestamp(self._stamp[0] / 1e9, UTC)

    @property
    def turns(self) -> int | None:
        """Of the whole log; None until its older part is counted."""
        older = self._older.turns
        return None if older is None or self.facts is None else older + self.facts.turns

    @property
    def compactions(self) -> int | None:
        older = self._older.compactions
        return None if older is None or self.facts is None else older + self.facts.compactions

    def look(self) -> SessionFacts | None:
        """Read what is new. Raises OSError where the log is there and cannot be read."""
        self.read = 0
        found = stamp(str(self.path))
        if found is None or found == self._stamp:
            self._stamp = found
            return self.facts
        with open_regular(self.path) as file:
            # Of the open file: another one may have its name by now.
            status = os.fstat(file.fileno())
            before = self._stamp
            self._stamp = status.st_mtime_ns, status.st_size, status.st_ino
            try:
                self._read(file, status.st_size, before is not None and before[2] == status.st_ino)
            except BaseException:
                self._stamp, self._reader = None, None  # the next look begins anew
                raise
        return self.facts

    def count_older(self, most: int) -> int:
        """Count on in the part that no reader got, in about `most` bytes; returns how many were read. Raises
        OSError.
        """
        if self._older.is_counted or self._stamp is None:
            return 0
        with open_regular(self.path) as file:
            return self._older.count(file, most) if os.fstat(file.fileno()).st_ino == self._stamp[2] else 0

    def _read(self, file: BinaryIO, size: int, is_same: bool) -> None:
        """Up to `size`: what is written meanwhile is read the next time."""
        if not (is_same and self._reader and self._place <= size <= self._place + self._bounds.most):
            return self._begin(file, size)
        file.seek(self._place - len(self._seam))
        if file.read(len(self._seam)) != self._seam:
            return self._begin(file, size)
        self._feed(self._reader, self._blocks(file, self._place, size))
        self.facts = self._reader.facts
        return None

    def _begin(self, file: BinaryIO, size: int) -> None:
        """If the reader does not find enough in the end, it begins where the turn did."""
        for start in self._starts(file, size):
            self._lines = WholeLines(in_line=start > 0, longest=self._bounds.line)
            self._reader, self._seam = self._finder.reader(self._clis), b""
            self._feed(self._reader, self._blocks(file, start, size))
            self.facts = self._reader.facts
            self._older = OlderPart(self._finder, start + 1 if start else 0, self._bounds.line)
            if self.facts.is_settled or not start:
                break

    def _starts(self, file: BinaryIO, size: int) -> Iterator[int]:
        """Where to begin, one after the other."""
        near, far = (max(0, size - length - 1) for length in (self._bounds.first, self._bounds.most))
        turns = self._turns(file, size, far)
        if self._finder.needs_turn:
            newest = next(turns, near)
            yield min(newest, near)
        else:
            yield near
        yield from islice((each for each in turns if each < near), _MOST_TRIED)
        yield far

    def _turns(self, file: BinaryIO, end: int, floor: int) -> Iterator[int]:
        """Where the lines begin with which a turn does, less one: the newline before. The newest first."""
        blocks = Bounds(first_block=self._bounds.first, largest_block=_LARGEST_BLOCK, line=self._bounds.line)
        for line, start in newest_first(file, floor, blocks, before=end):
            if self._finder.counts(line)[0]:
                yield max(0, start - 1)

    def _feed(self, reader: SessionReader, blocks: Iterator[bytes]) -> None:
        for block in blocks:
            self._seam = (self._seam + block[-_SEAM:])[-_SEAM:]
            for line in split(self._lines.feed(block)):
                if len(line) <= self._bounds.line:
                    reader.feed(line)

    def _blocks(self, file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
        """What is between these places. Afterwards `_place` is the end of it."""
        file.seek(start)
        self._place = start
        while block := file.read(min(self._bounds.block, end - self._place)):
            self._place += len(block)
            self.read += len(block)
            yield block
