"""Bytes to lines: reads the lines of a log that are worth parsing, in bounded memory.

Of a log's bytes only 2-3 % are lines that count. So each line is filtered by its **head**: one regex matches what
is known to be irrelevant, everything else is passed on whole. A head with another order or spacing costs time,
never correctness, and a marker inside a string has no effect.

The head of a line says nothing of a second record on it, behind one that was cut short. To look for one in
every line would take a fifth of the time; so only the end of a line is looked at, where each record of usage
has its tokens.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from typing import Protocol

# Larger ones are no faster, and smaller ones by a tenth slower.
BUFFER_SIZE = 1 << 20
# Bytes of files lie at the start of pages, and the buffer 16 bytes behind one. Some processors (AMD's EPYC) copy
# to a place that far behind its source at two thirds of their speed, and to one 1 to 15 behind it at a quarter.
_OFFSET_IN_PAGE = 32
# Where the first byte comes: the end of the first line is looked for without asking how long it is.
_FIRST_PLACE = 4096 + _OFFSET_IN_PAGE
_LEAST_ROOM = 1 << 16  # of the buffer: with less of it left, what it holds is moved to its start
# No line that counts comes near: what a model says in one go is below a megabyte.
LINE_CAP = 16 * 1024 * 1024
# Of a compressed log: the longest sessions have hundreds of megabytes, and 32 KB may unpack to a gigabyte.
PLAIN_CAP = 2 << 30

HEAD_ALONE = "head"
_TAIL = 1 << 16  # of a line that is not kept: no record of usage that ends a line is longer


UsageEnd = tuple[bytes, int]
"""What stands within so many bytes of the end of each record of usage, and hardly ever at the end of another
one.
"""


_Finds = Callable[[bytearray, int, int], re.Match[bytes] | None]


def _rules(unwanted: re.Pattern[bytes], usage_end: UsageEnd) -> tuple[_Finds, _Finds, int]:
    """What finds an unwanted head, and what finds a record of usage in the last so many bytes of a line."""
    mark, within = usage_end
    return unwanted.match, _search(mark), within


@cache
def _search(mark: bytes) -> _Finds:
    """As bytearray.find, in three quarters of its time."""
    return re.compile(re.escape(mark)).search


class Stream(Protocol):
    """What is needed of an open log."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...
    def close(self) -> None: ...


class TruncatedLog(OSError):
    """A compressed log that is truncated or damaged, or unpacks to more than any log holds."""


def open_log(path: str) -> Stream:
    plain = io.FileIO(path)
    return ZstdStream(plain) if path.endswith(".zst") else plain


class LineReader:
    """The wanted lines of a stream, without their newlines, through one reused buffer.

    Empty lines are skipped; decoding is up to the parser.

    A long unwanted line passes through chunk by chunk. A wanted one may grow the buffer (this reader's own,
    never the one it was lent) up to `cap` bytes; a longer one is skipped. What follows the last newline is
    left: `offset`, counted from where the stream stood, is where to go on once the writer has finished it.

    A line whose head matches a group of `unwanted` is clipped: its head and its last 64 KB are handed on; of one
    that matches the group HEAD_ALONE, the head alone.
    """

    def __init__(
        self,
        stream: Stream,
        unwanted: re.Pattern[bytes],
        *,
        buffer: bytearray | None = None,
        cap: int = LINE_CAP,
        usage_end: UsageEnd = (b"\n", 1),
    ) -> None:
        self._cap = cap
        self._lent = bytearray(BUFFER_SIZE) if buffer is None else buffer
        self.begin(stream, unwanted, usage_end)

    def begin(self, stream: Stream, unwanted: re.Pattern[bytes], usage_end: UsageEnd) -> None:
        """From here on as a new reader of this stream.

        Most logs are small: to make a reader for each takes as long as to judge some of its lines.
        """
        self.offset = 0
        self.skipped = 0
        self._stream = stream
        self._rules = _rules(unwanted, usage_end)
        self._buffer = self._lent
        self._view = memoryview(self._buffer)
        # The first byte in the buffer, the first one that is not yet judged, and the end of what was read.
        self._first = self._start = self._end = min(_FIRST_PLACE, len(self._buffer))
        self._base = -self._first  # offset of the buffer's first byte
        self._dropping = self._too_long = False
        self._head: bytes | None = None  # of a dropped line that is clipped
        self._head_alone = False

    @property
    def buffer_size(self) -> int:
        return len(self._buffer)

    def want(self, unwanted: re.Pattern[bytes], usage_end: UsageEnd) -> None:
        """From the next line on, these tell what is unwanted."""
        self._rules = _rules(unwanted, usage_end)

    def read(self, take: Callable[[bytearray], None]) -> None:
        """Hands each wanted line to `take`, to the end of the stream; raises OSError where that cannot be read."""
        while self._fill():
            if not self._dropping or self._end_of_dropped(take):
                self._hand_on(take)

    def before_offset(self, count: int) -> bytes | None:
        """As many bytes of the stream right before `offset`; None where they are no longer in the buffer."""
        stop = self.offset - self._base
        return bytes(self._view[stop - count : stop]) if stop - count >= self._first else None

    def _hand_on(self, take: Callable[[bytearray], None]) -> None:
        # The hottest loop: it runs for each line of each log.
        buffer, start, end, rules = self._buffer, self._start, self._end, self._rules
        find, (unwanted, ends_in_usage, within) = buffer.find, rules
        while (stop := find(b"\n", start, end)) >= 0:
            head = unwanted(buffer, start, stop)
            if head is None:
                if stop - start >= self._cap:
                    self._take_last(take, start, stop, too_long=True)
                elif start < stop:
                    take(buffer[start:stop])
                    if self._rules is not rules:
                        rules = unwanted, ends_in_usage, within = self._rules
            elif head.lastindex is None:
                # The line before may well end in usage.
                if ends_in_usage(buffer, start if stop - start < within else stop - within, stop):
                    self._take_last(take, start, stop)
            elif head.lastgroup != HEAD_ALONE:
                take(self._clipped(head.group(), start, stop))
            else:
                take(bytearray(head.group()))
                if ends_in_usage(buffer, start if stop - start < within else stop - within, stop):
                    self._take_last(take, start, stop, is_whole=False)
            start = stop + 1
        self._start = start
        self.offset = self._base + start

    def _fill(self) -> bool:
        """Reads on; False at the end of the stream."""
        if len(self._buffer) - self._end < _LEAST_ROOM:
            self._make_room()
        count = self._stream.readinto(self._view[self._end :]) or 0
        self._end += count
        return count > 0

    def _make_room(self) -> None:
        """Moves what must be kept of the line at the end to the start of the buffer."""
        held = self._end - self._start
        if held and not self._dropping:
            head = self._rules[0](self._buffer, self._start, self._end)
            self._too_long = held >= self._cap and head is None
            self._dropping = head is not None or self._too_long
            self._head = head.group() if head is not None and head.lastindex else None
            self._head_alone = head is not None and head.lastgroup == HEAD_ALONE
        keep = min(held, _TAIL) if self._dropping else held
        # Of what comes; what is kept stands right before it.
        place = (keep + 63 & ~63) + _FIRST_PLACE
        line = self._view[self._end - keep : self._end]
        if place >= len(self._buffer):
            self._buffer = bytearray(place + max(1, min(keep, self._cap - keep)))
            self._view = memoryview(self._buffer)
        self._view[place - keep : place] = line
        self._base += self._end - place
        self._first = self._start = place - keep
        self._end = place

    def _end_of_dropped(self, take: Callable[[bytearray], None]) -> bool:
        stop = self._buffer.find(b"\n", self._start, self._end)
        if stop < 0:
            self._start = max(self._start, self._end - _TAIL)
            return False
        if self._head is not None and not self._head_alone:
            take(self._clipped(self._head, self._start, stop))
        else:
            if self._head is not None:
                take(bytearray(self._head))
            self._take_last(take, self._start, stop, too_long=self._too_long, is_whole=False)
        self._dropping = self._too_long = False
        self._start = stop + 1
        self.offset = self._base + self._start
        return True

    def _clipped(self, head: bytes, start: int, stop: int) -> bytearray:
        tail = self._buffer[max(start, stop - _TAIL) : stop]
        if not tail.startswith(head):
            tail[:0] = head
        return tail

    def _take_last(
        self,
        take: Callable[[bytearray], None],
        start: int,
        stop: int,
        *,
        too_long: bool = False,
        is_whole: bool = True,
    ) -> None:
        """Hands on what may be read of a line that ends with a record of usage, and is no record as a whole.

        That is all of the line, or that record where the line is too long to be held.
        """
        _, ends_in_usage, within = self._rules
        line, place = self._buffer[start:stop], None
        if ends_in_usage(self._buffer, max(start, stop - within), stop):
            from providers.ledger.damaged_line import last_record  # few logs need it

            place = last_record(line, is_whole=is_whole)
        if place is not None:
            # Of a line that is held whole the parser counts what is lost.
            take(line if is_whole and not too_long else line[place:])
        if too_long or (place is not None and not is_whole):
            self.skipped += 1


class ZstdStream:
    """The plain bytes of a zstd file, frame after frame.

    At most `cap` bytes are unpacked. The library's own file object reads ahead, and loses what it had decoded when
    the file turns out torn.
    """

    def __init__(self, compressed: Stream, cap: int = PLAIN_CAP) -> None:
        # Most people have no compressed log: they should not pay for the import.
        from providers.ledger.zstd import ZstdDecompressor, ZstdError

        self._compressed = compressed
        self._left = cap
        self._new_frame = ZstdDecompressor
        self._error = ZstdError
        self._frame = ZstdDecompressor()
        self._input = bytearray(64 * 1024)
        self._inside = False  # of a frame: the file may not end here

    def readinto(self, room: memoryview, /) -> int:
        while True:
            data = self._next_input()
            if data is None:
                return 0
            try:
                plain = self._frame.decompress(data, max_length=len(room))
            except self._error as error:
                raise TruncatedLog(str(error)) from error
            self._inside = not self._frame.eof
            if plain:
                self._left -= len(plain)
                if self._left < 0:
                    raise TruncatedLog("more than a log holds")
                room[: len(plain)] = plain
                return len(plain)

    def _next_input(self) -> bytes | None:
        """What to feed the frame next; empty when it still holds output, None at the end of the file."""
        if self._frame.eof:
            rest = self._frame.unused_data
            self._frame = self._new_frame()
            if rest:
                return rest
        elif not self._frame.needs_input:
            return b""
        with memoryview(self._input) as view:
            count = self._compressed.readinto(view) or 0
        if count:
            return bytes(self._input[:count])
        if self._inside:
            raise TruncatedLog("the file ends inside a frame")
        return None

    def close(self) -> None:
        self._compressed.close()
