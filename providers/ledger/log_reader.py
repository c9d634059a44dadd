"""Read one log: all of it, or what is new in it."""

from __future__ import annotations

import io
import sqlite3
from hashlib import blake2b

from msgspec import Struct

from providers.ledger import index
from providers.ledger.discover import LogFile
from providers.ledger.index import LogEntry, LogRow
from providers.ledger.scan import BUFFER_SIZE, LineReader, Stream, open_log
from providers.logs import LogFormat, LogReader

TAIL = 64


class Change(Struct, frozen=True):
    """A log that must be read: `known` is what it was at the last time."""

    log: LogFile
    known: LogRow | None

    @property
    def unread(self) -> int:
        """Bytes that are new, as far as can be told without opening it."""
        return max(0, self.log.size - (self.known.offset if self.known else 0))


class _Start(Struct, frozen=True):
    """Where the reading of a log begins: its offset, what was read before, and the lines that were skipped.

    `same` tells that it is still the log that it was at the last time.
    """

    reader: LogReader
    offset: int = 0
    skipped: int = 0
    same: bool = False


class Reading:
    """Reads logs through one buffer. A log that cannot be read, or tells less than is known of it, gives None."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._buffer = bytearray(BUFFER_SIZE)

    def read_new(self, log: LogFile, fmt: LogFormat) -> LogEntry | None:
        """A log that nothing is known of; needs no ledger."""
        try:
            stream = open_log(log.path)
            try:
                return self._read(stream, log, fmt, _Start(fmt.reader(log.path)))
            finally:
                stream.close()
        except (OSError, ValueError, OverflowError, RecursionError):
            return None  # one odd log must not keep the others from being read

    def read_on(self, change: Change, fmt: LogFormat) -> LogEntry | None:
        """A log that was read before."""
        try:
            stream = open_log(change.log.path)
            try:
                return self._read_on(stream, change, fmt)
            finally:
                stream.close()
        except (OSError, ValueError, OverflowError, RecursionError):
            return None

    def _read_on(self, stream: Stream, change: Change, fmt: LogFormat) -> LogEntry | None:
        log, known = change.log, change.known
        # A packed log is read as a whole, and taken for what had its name before.
        packed = _is_packed(log)
        start = _Start(fmt.reader(log.path), same=True) if packed else self._start(stream, change, fmt)
        if known is not None and known.gone and known.offset and not start.same:
            return self._read(stream, log, fmt, start, replaces=known.id)
        return self._read(stream, log, fmt, start, known)

    def _start(self, stream: Stream, change: Change, fmt: LogFormat) -> _Start:
        """At what is new, if what stands before it is what stood there; else at the start."""
        log, known = change.log, change.known
        if known is not None and known.offset <= log.size:
            before, skipped, observation = index.read_so_far(self._db, known.id)
            same = bool(before) and _before(stream, known.offset) == before
            try:
                if same:
                    reader = fmt.reader(log.path, observation)
                    _raw(stream).seek(known.offset)
                    return _Start(reader, known.offset, skipped - reader.skipped, same)
            except ValueError:
                pass  # of an older make: read it all again
            _raw(stream).seek(0)
            return _Start(fmt.reader(log.path), same=same)
        return _Start(fmt.reader(log.path))

    def _read(
        self,
        stream: Stream,
        log: LogFile,
        fmt: LogFormat,
        start: _Start,
        known: LogRow | None = None,
        *,
        replaces: int | None = None,
    ) -> LogEntry | None:
        reader = start.reader
        lines = LineReader(stream, fmt.unwanted, buffer=self._buffer)
        whole = True
        try:
            lines.read(reader.take)
        except OSError:
            whole = False
        offset = start.offset + lines.offset
        if not whole and known is not None and known.offset > offset:
            return None
        return LogEntry(
            id=known.id if known else None,
            replaces=replaces,
            path=log.path,
            stamp=(log.inode, log.size, log.mtime_ns),
            offset=offset,
            before=b"" if _is_packed(log) else _before(stream, offset),
            skipped=start.skipped + lines.skipped + reader.skipped,
            whole=whole,
            observation=reader.observation(),
            names=frozenset(reader.links()),
            last_ms=reader.last_ms(),
        )


def _is_packed(log: LogFile) -> bool:
    return log.path.endswith(".zst")


def _raw(stream: Stream) -> io.FileIO:
    """A log that is not compressed is opened as it is."""
    if not isinstance(stream, io.FileIO):
        raise TypeError(type(stream).__name__)
    return stream


def _before(stream: Stream, offset: int) -> bytes:
    """A hash of the bytes just before `offset`: a log that still has them there has only grown."""
    start = max(0, offset - TAIL)
    file = _raw(stream)
    file.seek(start)
    return blake2b(file.read(offset - start) or b"", digest_size=16).digest()
