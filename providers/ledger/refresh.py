"""Bring the ledger up to date with the logs: read what is new, judge what it touches.

Newest logs come first, so that today's figures are there at once. What is read is written in steps, each of
them whole: a scan that is killed loses the step it was at, and goes on from there.
"""

from __future__ import annotations

import io
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from providers.ledger import index
from providers.ledger.database import LedgerTrouble, opened, transaction
from providers.ledger.index import LogEntry, LogRow, PricedResponse
from providers.ledger.scan import BUFFER_SIZE, LineReader, LogFile, Stream, find_logs, open_log
from providers.logs import LogFormat, LogReader, Observed
from providers.models import BilledResponse

TAIL = 64
STEP_SECONDS = 2.0
FIRST_STEP_SECONDS = 0.25
STEP_BYTES = 1 << 20
LOCK_SECONDS = 600.0

Price = Callable[[BilledResponse], int | None]


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
        with FileLock(path.with_suffix(".lock"), timeout=LOCK_SECONDS), opened(path) as db:
            index.reprice(db, price, prices)
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


class _Work(Struct, frozen=True):
    """What is to be done in one home."""

    shelf: Shelf
    home: int
    changes: list[_Change]


class _Scan:
    """One refresh."""

    def __init__(self, db: sqlite3.Connection, price: Price, tell: Tell | None, step_seconds: float) -> None:
        self._db = db
        self._price = price
        self._tell = tell
        self._step_seconds = step_seconds
        self._buffer = bytearray(BUFFER_SIZE)
        self._done = self._total = 0

    def run(self, shelves: Sequence[Shelf]) -> dict[str, tuple[str, ...]]:
        unreadable: dict[str, tuple[str, ...]] = {}
        plan: list[_Work] = []
        for shelf in shelves:
            home = index.home_id(self._db, shelf.provider, shelf.home)
            logs, bad = find_logs([shelf.home], shelf.format.folders, shelf.format.is_log)
            unreadable[shelf.provider] = (*unreadable.get(shelf.provider, ()), *bad)
            plan.append(_Work(shelf, home, self._compare(home, logs)))
        self._total = sum(change.unread for work in plan for change in work.changes)
        for work in plan:
            unreadable[work.shelf.provider] += tuple(self._work(work))
        return {provider: paths for provider, paths in unreadable.items() if paths}

    def _work(self, work: _Work) -> list[str]:
        """Read one home's changes, newest first; the paths that could not be read to their end."""
        unreadable, pending, held = [], list[LogEntry](), 0
        until = time.monotonic() + min(FIRST_STEP_SECONDS, self._step_seconds)
        for change in sorted(work.changes, key=lambda change: change.log.mtime_ns, reverse=True):
            entry = self._read(work.shelf.format, work.home, change)
            if entry is None or not entry.whole:
                unreadable.append(change.log.path)
            if entry is not None:
                pending.append(entry)
                held += len(entry.observation)
            self._done += change.unread
            if time.monotonic() >= until or held > STEP_BYTES:
                self._step(work.shelf, work.home, pending)
                pending, held = [], 0
                until = time.monotonic() + self._step_seconds
                if self._tell is not None:
                    self._tell(Progress(self._done, self._total))
        self._step(work.shelf, work.home, pending)
        return unreadable

    def _compare(self, home: int, logs: Sequence[LogFile]) -> list[_Change]:
        """The logs that must be read; notes those that are gone, back, or were merely moved."""
        known = index.known_logs(self._db, home)
        present = {log.path for log in logs}
        # Archiving moves a log: its inode goes with it, and so does its name. An inode alone is used again.
        missing = {(row.inode, _name(row.path)): row for row in known.values() if row.path not in present}
        changes: list[_Change] = []
        moved: list[tuple[LogRow, str]] = []
        back: list[int] = []
        for log in logs:
            row = known.get(log.path)
            if row is None and (row := missing.pop((log.inode, _name(log.path)), None)) is not None:
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

    def _read(self, fmt: LogFormat, home: int, change: _Change) -> LogEntry | None:
        """What a log says now; None where it says nothing that is not known better."""
        log, known = change.log, change.known
        packed = log.path.endswith(".zst")
        try:
            stream = open_log(log.path)
        except OSError:
            return None
        try:
            reader, offset, skipped = self._start(fmt, stream, change) if not packed else _anew(fmt, log)
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
                path=log.path,
                stamp=log.stamp,
                offset=offset,
                tail=b"" if packed else _before(stream, offset),
                skipped=skipped + lines.skipped + reader.skipped,
                whole=whole,
                observation=reader.observation(),
                names=_names(reader, home),
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
            tail, skipped, observation = index.read_so_far(self._db, known.id)
            if tail and _before(stream, known.offset) == tail:
                reader = fmt.reader(log.path, observation)
                _raw(stream).seek(known.offset)
                return reader, known.offset, skipped - reader.skipped
        except (ValueError, zlib.error):
            pass  # of an older make: read it all again
        _raw(stream).seek(0)
        return _anew(fmt, log)

    def _step(self, shelf: Shelf, home: int, entries: Sequence[LogEntry]) -> None:
        """Write what was read, and judge what it touches."""
        db = self._db
        with transaction(db):
            read = {index.keep_log(db, home, entry): entry for entry in entries}
            for part in _parts(db, shelf.format, home, read):
                observed = [Observed(shelf.home, kept) for _, kept in sorted(part.items())]
                responses = shelf.format.resolve(observed)
                priced = [PricedResponse(response, self._price(response)) for response in responses]
                index.replace_responses(db, home, list(part), priced)


def _parts(
    db: sqlite3.Connection, fmt: LogFormat, home: int, read: Mapping[int, LogEntry]
) -> Iterable[dict[int, bytes]]:
    """The logs that wait to be judged with all that have to do with them, as groups that have nothing to do with
    each other. `read` are those that were just read.
    """
    found = {log: entry.observation for log, entry in read.items()}
    names = {log: entry.names for log, entry in read.items()}
    pending = index.judged_with(db, index.unjudged(db, home))
    while pending:
        for log, (path, observation) in index.observations(db, pending - found.keys()).items():
            found[log] = observation
            names[log] = _names(fmt.reader(path, observation), home)
        fresh = {name for log in pending for name in names[log]}
        pending = index.judged_with(db, index.linked(db, fresh)) - found.keys()
    for group in _connected(names):
        yield {log: found[log] for log in group}


def _names(reader: LogReader, home: int) -> frozenset[int]:
    return frozenset(index.name_hash(home, name) for name in reader.links())


def _connected(names: Mapping[int, frozenset[int]]) -> list[list[int]]:
    """Logs that share a name, directly or by way of others."""
    leader = {log: log for log in names}

    def lead(log: int) -> int:
        while leader[log] != log:
            leader[log] = log = leader[leader[log]]
        return log

    owner: dict[int, int] = {}
    for log, own in names.items():
        for name in own:
            leader[lead(log)] = lead(owner.setdefault(name, log))
    groups: dict[int, list[int]] = {}
    for log in names:
        groups.setdefault(lead(log), []).append(log)
    return list(groups.values())


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
    """The bytes just before `offset`: a log that still has them there has only grown."""
    start = max(0, offset - TAIL)
    file = _raw(stream)
    file.seek(start)
    return file.read(offset - start) or b""
