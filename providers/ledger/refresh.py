"""Refresh the ledger from the logs: read what is new, and resolve what it affects.

Newest logs come first, so that today's figures are available at once. The result is written in steps, each atomic:
a scan that is killed loses only its current step, and resumes from there.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from providers.host.holder import WaitListener
from providers.ledger import index, integrity, logins
from providers.ledger.changes import Remembered, Shelf, compare, settle
from providers.ledger.database import opened, transaction, wait_for_writer
from providers.ledger.facts import fact, note_fact
from providers.ledger.growth import are_few, observed_before, resolve_growth
from providers.ledger.index import LogEntry
from providers.ledger.log_reader import ChangedLog, LogReading
from providers.ledger.log_writer import ReadLog, add_logs, number_logs, update_logs
from providers.ledger.logins import SeenLogin
from providers.ledger.long_logs import is_long, resolve_long
from providers.ledger.memory import InMemory
from providers.ledger.prices.pricing import Rates
from providers.ledger.quarantine import is_marked
from providers.ledger.reading_plan import ReadingPlan, ShelfLook
from providers.ledger.repricing import reprice
from providers.ledger.responses import Price
from providers.ledger.scan_lock import Patience, alone
from providers.logs import LogFormat

STEP_SECONDS = 2.0
FIRST_STEP_SECONDS = 0.25
# Of observations. As the names that link logs are hashes, each step writes to pages all over the table of links.
# So steps grow with what is stored.
STEP_BYTES, LARGEST_STEP = 1 << 18, 1 << 20
WORTH_TWO = 96 << 20
"""Bytes: to read fewer takes less time than a second process costs."""
LOG_WEIGHT = 150_000
"""Bytes that could be read in the time that each log takes, whatever its size."""
_AT_ONCE = 1_000  # logs: their observations are in memory together


class ScanProgress(Struct, frozen=True):
    """The progress of a scan, in bytes of changed logs."""

    done: int
    total: int


ScanListener = Callable[[ScanProgress], None]


def refresh(
    path: Path | InMemory,
    shelves: Sequence[Shelf],
    price: Price,
    listener: ScanListener | None = None,
    *,
    rates: Rates | None = None,
    since_ms: int = 0,
    step_seconds: float = STEP_SECONDS,
    remembered: Remembered | None = None,
    worth_two: int = WORTH_TWO,
    patience: Patience | None = None,
    waiting: WaitListener | None = None,
    now: Callable[[], float] = time.time,
) -> dict[str, tuple[str, ...]]:
    """Raises LedgerError. Returns the paths that could not be read completely, by provider.

    Responses before `since_ms` may be left for later. With the `rates` that `price` is of, stored responses are
    repriced when these have changed. New logs that weigh `worth_two` or more are read by two processes. Waits for
    another process that is scanning, with `patience`, and reports that to `waiting`; its work is not repeated.
    """
    patience = patience or Patience()
    mine = path.alone() if isinstance(path, InMemory) else alone(path, patience, waiting)
    with mine, opened(path, repair=True, busy_seconds=patience.for_writer) as db:
        wait_for_writer(db, patience.long_wait, waiting)
        formats = {shelf.provider: shelf.format for shelf in shelves}
        damaged = integrity.check(db, path, formats, now())
        marked = is_marked(path)
        if rates is not None:
            reprice(db, rates)
        scan = _Scan(
            db, price, since_ms, listener, step_seconds, remembered or Remembered(), worth_two, damaged
        )
        unreadable = scan.run(shelves)
        if damaged or marked:
            integrity.confirm(db, path, damaged)
        return unreadable


class _Scan:
    """One refresh."""

    def __init__(
        self,
        db: sqlite3.Connection,
        price: Price,
        since_ms: int,
        listener: ScanListener | None,
        step_seconds: float,
        remembered: Remembered,
        worth_two: int,
        damaged: frozenset[int],
    ) -> None:
        self._db = db
        self._remembered = remembered
        self._worth_two = worth_two
        self._price = price
        self._since_ms = since_ms
        self._listener = listener
        self._step_seconds = step_seconds
        self._reading = LogReading(db)
        self._damaged = damaged
        self._resolved = frozenset[str]()

    def run(self, shelves: Sequence[Shelf]) -> dict[str, tuple[str, ...]]:
        unreadable: dict[str, list[str]] = {shelf.provider: [] for shelf in shelves}
        looks = [self._look(shelf, unreadable[shelf.provider]) for shelf in shelves]
        self._resolved = frozenset(filter(self._is_resolved, unreadable))
        plan = ReadingPlan(looks)
        incomplete = dict.fromkeys(plan.providers, False)
        done, held, written, pending = 0, 0, 0, list[tuple[Shelf, LogEntry]]()
        until = time.monotonic() + min(FIRST_STEP_SECONDS, self._step_seconds)
        with closing(self._entries(plan)) as entries:
            for change, shelf, entry in entries:
                if entry is None or entry.whole != index.WHOLE:
                    unreadable[shelf.provider].append(change.log.path)
                if entry is not None:
                    pending.append((shelf, entry))
                    held += len(entry.observation)
                done += change.unread
                if time.monotonic() >= until or held > step_bytes(written):
                    self._step(shelves, pending, incomplete)
                    pending, held, written = [], 0, written + held
                    until = time.monotonic() + self._step_seconds
                    if self._listener is not None:
                        self._listener(ScanProgress(done, plan.unread))
        complete = {provider: not paths for provider, paths in unreadable.items()}
        if pending or self._damaged or any(self._is_outdated(*each) for each in complete.items()):
            while not self._step(shelves, pending, complete, is_last=True):
                pending = []
            self._settle(looks, complete)
        return {provider: tuple(paths) for provider, paths in unreadable.items() if paths}

    def _look(self, shelf: Shelf, unreadable: list[str]) -> ShelfLook:
        """Also adds to the paths that cannot be read completely."""
        self._update_make(shelf)
        logs, bad = self._remembered.finder(shelf).find()
        changes = compare(self._db, self._remembered, shelf, logs)
        unreadable += bad + changes.torn
        return ShelfLook(shelf, logs, changes)

    def _is_outdated(self, provider: str, complete: bool) -> bool:
        """Whether the ledger has logs to resolve, or its completeness flag is outdated."""
        if provider not in self._resolved:
            if index.unresolved(self._db, provider, self._since_ms, 1):
                return True
            self._note_resolved(provider)
        return index.is_complete(self._db, provider) is not complete

    def _is_resolved(self, provider: str) -> bool:
        """Whether that is known of all its logs that are not read now."""
        since_ms = fact(self._db, f"resolved of {provider}")
        return since_ms is not None and int(since_ms) <= self._since_ms

    def _settle(self, looks: Sequence[ShelfLook], complete: Mapping[str, bool]) -> None:
        """Note what is so after the last step: no refresh has to find it out until something changes."""
        for provider in complete:
            self._note_resolved(provider)
        for look in looks:
            if complete[look.shelf.provider]:
                settle(self._db, self._remembered, look.shelf, look.logs)

    def _note_resolved(self, provider: str) -> None:
        note_fact(self._db, f"resolved of {provider}", str(self._since_ms))

    def _damaged_of(self, provider: str) -> frozenset[int]:
        return index.logs_of(self._db, provider, self._damaged) if self._damaged else frozenset()

    def _login(self, shelf: Shelf) -> SeenLogin | None:
        """Never raises: a count without its account is better than none."""
        try:
            return shelf.read_login()
        except Exception:  # noqa: BLE001 - a provider's fault must not end the count
            return None

    def _update_make(self, shelf: Shelf) -> None:
        if index.make_of(self._db, shelf.provider) != shelf.format.make:
            with transaction(self._db):
                index.set_make(self._db, shelf.provider, shelf.format.make)

    def _entries(self, plan: ReadingPlan) -> Generator[tuple[ChangedLog, Shelf, LogEntry | None]]:
        """The entry of each log. Known logs come first: they are few, and contain today's work."""
        for change, shelf in plan.known:
            if change.known is not None:
                yield change, shelf, self._reading.read_on(change.log, change.known, shelf.format)
        new = plan.new
        if not new:
            return
        from providers.ledger.parallel import pays, read_in_two  # 1 ms, where there is nothing to read
        from providers.ledger.read_ahead import ReadAhead

        ahead = ReadAhead(len(new), new.path)

        def read(number: int) -> LogEntry | None:
            ahead.come_to(number)
            change, shelf = new[number]
            return self._reading.read_new(change.log, shelf.format)

        if pays(new.unread + LOG_WEIGHT * len(new), self._worth_two):
            for shelf in new.shelves:
                self._reading.scanner(shelf.format)  # what it imports is then there for both processes
            with closing(read_in_two(len(new), lambda number: _as_values(read(number)))) as reading:
                for number, values in reading:
                    yield *new[number], LogEntry(*values) if values else None
        else:
            for number in range(len(new)):
                yield *new[number], read(number)

    def _step(
        self,
        shelves: Sequence[Shelf],
        entries: Sequence[tuple[Shelf, LogEntry]],
        complete: Mapping[str, bool],
        *,
        is_last: bool = False,
    ) -> bool:
        """Write what was read, and resolve what it affects; the last steps also resolve all else that is to be
        resolved. False if more of that is left.

        `complete` says by provider whether all its logs are read completely with this step.
        """
        db, done = self._db, True
        with transaction(db):
            index.note_writing(db)
            for provider, fmt in {shelf.provider: shelf.format for shelf in shelves}.items():
                homes = self._homes(provider, shelves)
                read = [
                    ReadLog(shelf.home, homes[shelf.home], entry)
                    for shelf, entry in entries
                    if shelf.provider == provider
                ]
                also = self._damaged_of(provider)
                if is_last and provider not in self._resolved:
                    left = index.unresolved(db, provider, self._since_ms, _AT_ONCE)
                    done &= len(left) < _AT_ONCE
                    also |= left
                self._store(provider, fmt, read, also)
            for provider, is_whole in complete.items():
                index.set_complete(db, provider, is_whole and done)
        self._damaged = frozenset()
        return done

    def _store(self, provider: str, fmt: LogFormat, read: Sequence[ReadLog], also: AbstractSet[int]) -> None:
        """Store these logs, and resolve what they affect and what `also` must be resolved."""
        from providers.ledger.resolve import resolve_parts  # mostly there is nothing to store

        db, price = self._db, self._price
        before = observed_before(db, read)
        # Long ones first: they are stored first, and what is stored must have lower numbers than what is not.
        known, new = number_logs(db, sorted(read, key=is_long, reverse=True))
        update_logs(db, known)
        long = {log: new.pop(log) for log, each in list(new.items()) if is_long(each)}
        add_logs(db, long, {})
        known |= resolve_long(db, provider, fmt, price, long)
        if are_few(read):
            add_logs(db, new, {})
            known = resolve_growth(db, provider, fmt, price, known | new, before, self._remembered.summaries)
            new = {}
        parts = resolve_parts(db, provider, fmt, price, known, new, self._since_ms, also)
        add_logs(db, new, parts)

    def _homes(self, provider: str, shelves: Sequence[Shelf]) -> dict[Path, int]:
        """The numbers of the provider's homes, where it is noted who is signed in now."""
        own = [shelf for shelf in shelves if shelf.provider == provider]
        homes = {shelf.home: index.home_id(self._db, provider, shelf.home) for shelf in own}
        for shelf in own:
            if logins.note(self._db, homes[shelf.home], self._login(shelf)):
                self._resolved -= {provider}
        return homes


def step_bytes(written: int) -> int:
    """How much a step may hold in memory, after those before it wrote so much."""
    return min(max(STEP_BYTES, written // 4), LARGEST_STEP)


def _as_values(entry: LogEntry | None) -> tuple[Any, ...]:
    return () if entry is None else astuple(entry)
