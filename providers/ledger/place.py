"""Where the ledger is kept: in its file, or in memory for as long as that cannot be written or locked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from typing import TypeVar

from providers.host.storage import fault_of, lock_fault
from providers.ledger.database import BUSY_SECONDS, LedgerUnwritable, opened
from providers.ledger.memory import InMemory

T = TypeVar("T")
SHORT_WAIT = 0.2
"""Seconds. Polling limits and publishing do not wait for a scan."""


class Place:
    """`on_move` is called when it changes: what was remembered of one place is not true of the other."""

    def __init__(self, file: Path, on_move: Callable[[], None]) -> None:
        self._file = file
        self._on_move = on_move
        self._memory: InMemory | None = None
        self._is_checked = False
        self._lock = Lock()
        self.problem: str | None = None
        """Why nothing is kept, in a sentence with its remedy."""

    @property
    def now(self) -> Path | InMemory:
        self._check()
        return self._memory or self._file

    @property
    def is_kept(self) -> bool:
        self._check()
        return self._memory is None

    def state(self) -> object:
        """Another whenever somebody has written to the file; in memory, each time another."""
        if not self.is_kept:
            return object()
        found: list[tuple[int, int, int] | None] = []
        for file in (self._file, self._file.with_name(f"{self._file.name}-wal")):
            try:
                stat = file.stat()
            except OSError:
                found.append(None)
            else:
                found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return found

    def has_ledger(self) -> bool:
        return not self.is_kept or os.path.exists(self._file)

    @contextmanager
    def opened(self, busy_seconds: float = BUSY_SECONDS) -> Iterator[Connection]:
        """Like `database.opened`. What fails for want of a place to write goes on in memory the next time."""
        try:
            with ExitStack() as stack:
                yield self._enter(stack, busy_seconds)
        except LedgerUnwritable as error:
            self.leave_file(error)
            raise

    def read(
        self, question: Callable[[Connection], T], otherwise: T, busy_seconds: float = BUSY_SECONDS
    ) -> T:
        """What a query says of the ledger; `otherwise` where there is none yet. Raises LedgerError."""
        if not self.has_ledger():
            return otherwise
        with self.opened(busy_seconds) as db:
            return question(db)

    def _enter(self, stack: ExitStack, busy_seconds: float) -> Connection:
        try:
            return stack.enter_context(opened(self.now, busy_seconds=busy_seconds))
        except LedgerUnwritable as error:
            self.leave_file(error)
        return stack.enter_context(opened(self.now, busy_seconds=busy_seconds))

    def leave_file(self, error: LedgerUnwritable) -> None:
        """From now on the ledger is in memory, where it begins as a copy of the file."""
        with self._lock:
            self.problem = str(error)
            if self._memory is None:
                self._memory = InMemory(self._file)
                self._on_move()

    def try_file(self) -> None:
        """Back to the file as soon as it can be written: what was counted in memory is counted there once more."""
        if self._memory is not None:
            fault = fault_of(self._file)
            if fault is None:
                with self._lock:
                    self._memory, self.problem = None, None
                    self._on_move()
            else:
                self.problem = str(LedgerUnwritable(self._file, fault))

    def _check(self) -> None:
        """Before the first use: SQLite would wait long for locks that there are not."""
        if not self._is_checked and os.path.isdir(self._file.parent):
            self._is_checked = True
            fault = lock_fault(self._file.parent)
            if fault is not None:
                self.leave_file(LedgerUnwritable(self._file, fault))
