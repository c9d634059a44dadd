"""Bring the ledger up to date with the logs: read what is new, judge what it touches.

Newest logs come first, so that today's figures are there at once. What is read is written in steps, each of
them whole: a scan that is killed loses the step it was at, and goes on from there.
"""

from __future__ import annotations

import io
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct

from providers.ledger import index
from providers.ledger.database import LedgerTrouble, opened, transaction
from providers.ledger.index import LogEntry, LogRow
from providers.ledger.parts import Price, judge, names_of
from providers.ledger.responses import reprice
from providers.ledger.scan import BUFFER_SIZE, LineReader, LogFile, Stream, find_logs, open_log
from providers.logs import LogFormat, LogReader

TAIL = 64
STEP_SECONDS = 2.0
FIRST_STEP_SECONDS = 0.25
STEP_BYTES = 1 << 20
LOCK_SECONDS = 600.0


class Progress(Struct, frozen=True):
    """How far a scan is, in bytes of changed logs."""

    done: int
    total: int


Tell = Callable[[Progress], None]


class Shelf(Struct, frozen=True, kw_only=True):
    """One provider's logs in one home."""

    provider: str
    home: Path
    format: LogFormat


def refresh(
    path: Path,
    shelves: Sequence[Shelf],
    price: Price,
    tell: Tell | None = None,
    *,
    prices: str = "",
    step_seconds: float = STEP_SECONDS,
) -> dict[str, tuple[str, ...]]:
    """Raises LedgerTrouble. Returns the paths that could not be read to their end, by provider.

    `prices` names what `price` goes by: under another name all that is held is priced anew. Waits for another
    process that is at it; its work is not done twice.
    """
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            FileLock(path.with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600),
            opened(path, mend=True) as db,
        ):
            reprice(db, price, prices)
            return _Scan(db, price, tell, step_seconds).run(shelves)
    except Timeout:
        raise LedgerTrouble("Another tankful has been counting for ten minutes: end it.") from None
    except OSError as error:
        raise LedgerTrouble(
            f"{path.parent} cannot be written ({error.strerror}): check the folder."
        ) from error


class _Change(Struct, frozen=True):
    """A log that must be read: `known` is what it was at the last time."""

    log: LogFile
    known: LogRow | None

    @property
    def unread(self) -> int:
        """Bytes that are new, as far as can be told without opening it."""
        return max(0, self.log.size - (self.known.offset if self.known else 0))


class _Scan:
    """One refresh."""

    def __init__(self, db: sqlite3.Connection, price: Price, tell: Tell | None, step_seconds: float) -> None:
        self._db = db
        self._price = price
        self._tell = tell
        self._step_seconds = step_seconds
        self._buffer = bytearray(BUFFER_SIZE)

    def run(self, shelves: Sequence[Shelf]) -> dict[str, tuple[str, ...]]:
        unreadable: dict[str, list[str]] = {shelf.provider: [] for shelf in shelves}
        plan: list[tuple[_Change, Shelf]] = []
        for shelf in shelves:
            logs, bad = find_logs([shelf.home], shelf.format.folders, shelf.format.is_log)
            unreadable[shelf.provider] += bad
            plan += [(change, shelf) for change in self._compare(shelf, logs)]
        plan.sort(key=lambda each: each[0].log.mtime_ns, reverse=True)
        total = sum(change.unread for change, _ in plan)
        done, held, pending = 0, 0, list[tuple[Shelf, LogEntry]]()
        until = time.monotonic() + min(FIRST_STEP_SECONDS, self._step_seconds)
        for change, shelf in plan:
            entry = self._read_safely(shelf, change)
            if entry is None or not entry.whole:
                unreadable[shelf.provider].append(change.log.path)
            if entry is not None:
                pending.append((shelf, entry))
                held += len(entry.observation)
            done += change.unread
            if time.monotonic() >= until or held > STEP_BYTES:
                self._step(shelves, pending)
                pending, held = [], 0
                until = time.monotonic() + self._step_seconds
                if self._tell is not None:
                    self._tell(Progress(done, total))
        if pending or any(index.unjudged(self._db, provider) for provider in unreadable):
            self._step(shelves, pending)
        return {provider: tuple(paths) for provider, paths in unreadable.items() if paths}

    def _compare(self, shelf: Shelf, logs: Sequence[LogFile]) -> list[_Change]:
        """The logs that must be read; notes those that are gone, back, or were merely moved."""
        known = index.known_logs(self._db, index.home_id(self._db, shelf.provider, shelf.home))
        present = {index.storable(log.path) for log in logs}
        # Archiving moves a log: its inode goes with it, and so does its name. An inode alone is used again.
        missing = {(row.inode, _name(row.path)): row for row in known.values() if row.path not in present}
        changes: list[_Change] = []
        moved: list[tuple[LogRow, str]] = []
        back: list[int] = []
        for log in logs:
            path = index.storable(log.path)
            row = known.get(path)
            if row is None and (row := missing.pop((log.inode, _name(path)), None)) is not None:
                moved.append((row, log.path))
            if row is None or row.stamp != log.stamp or not row.whole:
                changes.append(_Change(log, row))
            elif row.gone:
                back.append(row.id)
        newly_gone = [row.id for row in missing.values() if not row.gone]
        if moved or back or newly_gone:
            with transaction(self._db):
                for row, path in moved:
                    index.move_log(self._db, row.id, path)
                index.mark_gone(self._db, back, gone=False)
                index.mark_gone(self._db, newly_gone, gone=True)
        return changes

    def _read_safely(self, shelf: Shelf, change: _Change) -> LogEntry | None:
        """What a log says now; None where it says nothing that is not known better."""
        try:
            return self._read(shelf, change)
        except OSError:
            return None
        except (
            ValueError,
            OverflowError,
            RecursionError,
        ):  # one odd log must not keep the others from being read
            return None

    def _read(self, shelf: Shelf, change: _Change) -> LogEntry | None:
        fmt, log, known = shelf.format, change.log, change.known
        packed = log.path.endswith(".zst")
        stream = open_log(log.path)
        try:
            reader, offset, skipped = _anew(fmt, log) if packed else self._start(fmt, stream, change)
            if known is not None and known.gone and offset == 0 and known.offset:
                index.retire_log(self._db, known.id)  # another log has come to its path
                known = None
            lines = LineReader(stream, fmt.unwanted, buffer=self._buffer)
            whole = True
            try:
                for line in lines:
                    reader.take(line)
            except OSError:
                whole = False
            offset += lines.offset
            if not whole and known is not None and known.offset > offset:
                return None
            return LogEntry(
                id=known.id if known else None,
                home=shelf.home,
                path=log.path,
                stamp=log.stamp,
                offset=offset,
                before=b"" if packed else _before(stream, offset),
                skipped=skipped + lines.skipped + reader.skipped,
                whole=whole,
                observation=reader.observation(),
                names=names_of(reader, shelf.provider),
            )
        finally:
            stream.close()

    def _start(self, fmt: LogFormat, stream: Stream, change: _Change) -> tuple[LogReader, int, int]:
        """Where reading goes on, with the lines skipped before: at what is new, if what stands before it is what
        stood there; else from the start.
        """
        log, known = change.log, change.known
        if known is None or known.offset > log.size:
            return _anew(fmt, log)
        try:
            before, skipped, observation = index.read_so_far(self._db, known.id)
            if before and _before(stream, known.offset) == before:
                reader = fmt.reader(log.path, observation)
                _raw(stream).seek(known.offset)
                return reader, known.offset, skipped - reader.skipped
        except ValueError:
            pass  # of an older make: read it all again
        _raw(stream).seek(0)
        return _anew(fmt, log)

    def _step(self, shelves: Sequence[Shelf], entries: Sequence[tuple[Shelf, LogEntry]]) -> None:
        """Write what was read, and judge what it touches."""
        db = self._db
        with transaction(db):
            for provider, fmt in {shelf.provider: shelf.format for shelf in shelves}.items():
                read = {
                    index.keep_log(db, index.home_id(db, provider, shelf.home), entry): entry
                    for shelf, entry in entries
                    if shelf.provider == provider
                }
                judge(db, provider, fmt, self._price, read)


def _name(path: str) -> str:
    return os.path.basename(path)


def _anew(fmt: LogFormat, log: LogFile) -> tuple[LogReader, int, int]:
    return fmt.reader(log.path), 0, 0


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
