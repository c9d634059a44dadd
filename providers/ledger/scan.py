"""Bytes to lines: finds log files and reads the lines worth parsing, in bounded memory.

Of a log's bytes only 2-3 % are lines that count. So each line is judged by its **head**: one regex says "known
to be irrelevant", everything else is handed on whole. A head that changed its order or spacing costs time,
never correctness, and a marker inside a string fools nobody.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Protocol

from msgspec import Struct

BUFFER_SIZE = 256 * 1024
LINE_CAP = 64 * 1024 * 1024


class LogFile(Struct, frozen=True, kw_only=True):
    """A log as the folder lists it; `home` is the folder it was found under."""

    path: str
    home: Path
    inode: int
    size: int
    mtime_ns: int

    @property
    def stamp(self) -> tuple[int, int, int]:
        """Equal for as long as nothing was written."""
        return self.inode, self.size, self.mtime_ns


class Stream(Protocol):
    """All that is asked of an open log."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...
    def close(self) -> None: ...


class TornLog(OSError):
    """A compressed log that ends early or is damaged."""


def find_logs(
    homes: Iterable[Path], folders: Sequence[str], is_log: Callable[[str], bool]
) -> tuple[list[LogFile], list[str]]:
    """The logs under `folders` of each home, and the paths that could not be looked at.

    Links are followed, as people keep homes elsewhere; a file reached twice belongs to the home named first.
    """
    seen: set[tuple[int, int]] = set()
    logs: list[LogFile] = []
    unreadable: list[str] = []
    for home in homes:
        pending = [os.fspath(home / folder) for folder in folders]
        while pending:
            for entry in _entries(pending.pop(), unreadable):
                status = _status(entry)
                if status is None:
                    if is_log(entry.name):
                        unreadable.append(entry.path)
                    continue
                if status.st_ino:  # some network folders have no inodes
                    if (status.st_dev, status.st_ino) in seen:
                        continue
                    seen.add((status.st_dev, status.st_ino))
                if stat.S_ISDIR(status.st_mode):
                    pending.append(entry.path)
                elif stat.S_ISREG(status.st_mode) and is_log(entry.name):
                    logs.append(_log_file(entry.path, home, status))
    return logs, unreadable


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Of what a link leads to; None where it leads nowhere."""
    try:
        # Windows tells no inode with its listing.
        return os.stat(entry.path) if sys.platform == "win32" else entry.stat()
    except OSError:
        return None


def _entries(folder: str, unreadable: list[str]) -> list[os.DirEntry[str]]:
    """In the order of their names: of two links to one file the same one is met first each time."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=attrgetter("name"))
    except FileNotFoundError:
        return []
    except OSError:
        unreadable.append(folder)
        return []


def _log_file(path: str, home: Path, status: os.stat_result) -> LogFile:
    return LogFile(
        path=path, home=home, inode=status.st_ino, size=status.st_size, mtime_ns=status.st_mtime_ns
    )


def open_log(path: str) -> Stream:
    plain = Path(path).open("rb", buffering=0)  # noqa: SIM115 - handed to the caller, who closes it
    return ZstdStream(plain) if path.endswith(".zst") else plain


class LineReader:
    """The wanted lines of a stream, without their line ends, through one buffer that is used again and again.

    A long unwanted line passes through chunk by chunk. A wanted one may grow the buffer (this reader's own,
    never the one it was lent) up to `cap` bytes; a longer one is skipped. What follows the last newline is
    left: `offset`, counted from where the stream stood, is where to go on once the writer has finished it.
    """

    def __init__(
        self,
        stream: Stream,
        unwanted: re.Pattern[bytes],
        *,
        buffer: bytearray | None = None,
        cap: int = LINE_CAP,
    ) -> None:
        self.offset = 0
        self.skipped = 0
        self._stream = stream
        self._unwanted = unwanted.match
        self._cap = cap
        self._buffer = bytearray(BUFFER_SIZE) if buffer is None else buffer
        self._view = memoryview(self._buffer)
        self._base = 0  # offset of the buffer's first byte
        self._start = self._end = 0  # what is in the buffer and not yet judged
        self._dropping = self._too_long = False

    @property
    def buffer_size(self) -> int:
        return len(self._buffer)

    def __iter__(self) -> Iterator[bytes]:
        while self._fill():
            if self._dropping and not self._end_of_dropped():
                continue
            yield from self._whole_lines()

    def _whole_lines(self) -> Iterator[bytes]:
        buffer, end, unwanted = self._buffer, self._end, self._unwanted
        start = self._start
        while (stop := buffer.find(b"\n", start, end)) >= 0:
            if not unwanted(buffer, start, stop) and (line := self._text(start, stop)):
                self.offset = self._base + start
                yield line
            start = stop + 1
        self._start = start
        if start:
            self.offset = self._base + start

    def _text(self, start: int, stop: int) -> bytes:
        if stop - start >= self._cap:
            self.skipped += 1
            return b""
        line = bytes(self._view[start:stop]).strip()
        # A crash of the machine leaves blocks of NULs in a file that was being written.
        if b"\0" in line or not _is_utf8(line):
            self.skipped += 1
            return b""
        return line

    def _fill(self) -> bool:
        """Makes room and reads on; False at the end of the stream."""
        held = self._end - self._start
        if held and not self._dropping:
            known = self._unwanted(self._buffer, self._start, self._end) is not None
            self._too_long = held >= self._cap and not known
            self._dropping = known or self._too_long
        keep = 0 if self._dropping else held
        self._base += self._end - keep
        if keep == len(self._buffer):
            self._buffer = self._buffer + bytes(min(keep, self._cap - keep))
            self._view = memoryview(self._buffer)
        elif keep and self._start:
            self._view[:keep] = self._view[self._start : self._end]
        count = self._stream.readinto(self._view[keep:]) or 0
        self._start, self._end = 0, keep + count
        return count > 0

    def _end_of_dropped(self) -> bool:
        stop = self._buffer.find(b"\n", 0, self._end)
        if stop < 0:
            self._start = self._end
            return False
        self.skipped += self._too_long
        self._dropping = self._too_long = False
        self._start = stop + 1
        self.offset = self._base + self._start
        return True


def _is_utf8(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


class ZstdStream:
    """The plain bytes of a zstd file, frame after frame.

    The library's own file object reads ahead, and loses what it had decoded when the file turns out torn.
    """

    def __init__(self, compressed: Stream) -> None:
        # Most people have no compressed log: they should not pay for the import.
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdDecompressor, ZstdError
        else:
            from backports.zstd import ZstdDecompressor, ZstdError
        self._compressed = compressed
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
                raise TornLog(str(error)) from error
            self._inside = not self._frame.eof
            if plain:
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
            raise TornLog("the file ends inside a frame")
        return None

    def close(self) -> None:
        self._compressed.close()
