"""Scans logs that grow line by line: from the start, or from where the last scan ended."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Protocol

from msgspec import Struct

from providers.ledger.scan import LineReader, Stream, TruncatedLog, UsageEnd, open_log
from providers.logs import Checkpoint, LogFormat, ScanResult

TAIL = 64


class LineParser(Protocol):
    """Takes the lines of one log in their order."""

    def take(self, line: bytes | bytearray) -> None:
        """One wanted line; never raises. One that cannot be decoded is counted in `skipped`."""

    @property
    def unwanted(self) -> re.Pattern[bytes]:
        """Matches the head of a line that is known to be irrelevant."""

    @property
    def usage_end(self) -> UsageEnd:
        """How a line that is unwanted by its head is known to end with another record, one of usage."""

    def follow(self, want: Callable[[re.Pattern[bytes], UsageEnd], None]) -> None:
        """`want` is to be called where a line changes `unwanted` or `usage_end` for the next ones."""

    @property
    def skipped(self) -> int: ...

    def links(self) -> Iterable[int]:
        """As in `ScanResult`."""

    def last_ms(self) -> int:
        """As in `ScanResult`."""

    def observation(self) -> bytes:
        """What is kept of the log; `LineFormat.reader` goes on from it."""


class LineFormat(LogFormat, Protocol):
    """A format whose logs have lines; its `scanner` is LineScanner(self)."""

    def reader(self, path: str, observation: bytes | None = None) -> LineParser:
        """A parser for a new log, or one that goes on; raises ValueError for one of another version."""


class _Start(Struct, frozen=True):
    """Where a scan begins: at `offset`, with what was parsed before it, and the lines that were skipped there."""

    parser: LineParser
    offset: int = 0
    skipped: int = 0
    same_log: bool = True


class LineScanner:
    """Implements providers.logs.LogScanner; all logs go through one buffer."""

    def __init__(self, fmt: LineFormat) -> None:
        self._parser = fmt.reader
        self._lines: LineReader | None = None

    def scan(self, path: str, checkpoint: Checkpoint | None = None) -> ScanResult:
        stream = open_log(path)
        try:
            return self._scan(stream, self._start(stream, path, checkpoint))
        finally:
            stream.close()

    def _start(self, stream: Stream, path: str, checkpoint: Checkpoint | None) -> _Start:
        """At the checkpoint, if the bytes before it are still the same; else at the start.

        A compressed log is always read from its start, and taken for the log that had its name before.
        """
        if checkpoint is None or not isinstance(stream, io.FileIO):
            return _Start(self._parser(path))
        offset = checkpoint.offset
        same = checkpoint.fingerprint == _fingerprint(stream, offset)
        if same:
            try:
                parser = self._parser(path, checkpoint.observation)
            except ValueError:
                pass  # of an older format version: scan from the start
            else:
                stream.seek(offset)
                return _Start(parser, offset, checkpoint.skipped - parser.skipped)
        stream.seek(0)
        return _Start(self._parser(path), same_log=same)

    def _scan(self, stream: Stream, start: _Start) -> ScanResult:
        parser = start.parser
        if self._lines is None:
            self._lines = LineReader(stream, parser.unwanted, usage_end=parser.usage_end)
        else:
            self._lines.begin(stream, parser.unwanted, parser.usage_end)
        lines = self._lines
        parser.follow(lines.want)
        complete, torn = True, False
        try:
            lines.read(parser.take)
        except OSError as error:
            complete, torn = False, isinstance(error, TruncatedLog)
        offset = start.offset + lines.offset
        fingerprint = b""
        if isinstance(stream, io.FileIO):
            last = lines.before_offset(min(offset, TAIL))
            fingerprint = _fingerprint(stream, offset) if last is None else _digest(last)
        return ScanResult(
            observation=parser.observation(),
            links=frozenset(parser.links()),
            last_ms=parser.last_ms(),
            offset=offset,
            fingerprint=fingerprint,
            skipped=start.skipped + lines.skipped + parser.skipped,
            complete=complete,
            torn=torn,
            same_log=start.same_log,
        )


_new_digest = blake2b(digest_size=16).copy  # a copy is made in half the time of a new one


def _digest(data: bytes) -> bytes:
    digest = _new_digest()
    digest.update(data)
    return digest.digest()


def _fingerprint(file: io.FileIO, offset: int) -> bytes:
    """A hash of the bytes just before `offset`: a log that still has them has only grown."""
    start = max(0, offset - TAIL)
    file.seek(start)
    return _digest(file.read(offset - start) or b"")
