"""Only one process counts at a time. Who waits hears for whom, and not for ever."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct

from providers.host.holder import (
    LONG_WAIT_SECONDS,
    WaitListener,
    holder_of,
    is_suspended,
    note_holder,
    still_held,
    waiting_for,
)
from providers.host.private import make_folder
from providers.host.storage import has_no_locks, lock_fault
from providers.ledger.database import (
    LedgerBusy,
    LedgerError,
    LedgerUnwritable,
    as_ledger_error,
    connect,
    is_damage,
)

_LOCK_WAIT_SECONDS = 0.2
_ACTIVITY = "counting the logs"


class Patience(Struct, frozen=True, kw_only=True):
    """How long to wait for another count, in seconds; `without_progress` while nothing of it is seen. After
    `long_wait` the wait is reported to the listener. `for_writer` is how long to wait for what writes to the
    ledger without a count.
    """

    longest: float = 600.0
    without_progress: float = 30.0
    long_wait: float = LONG_WAIT_SECONDS
    for_writer: float = 30.0


@contextmanager
def alone(
    path: Path, patience: Patience | None = None, listener: WaitListener | None = None
) -> Iterator[None]:
    """Lets only one process count into the ledger at `path` at a time.

    Raises LedgerError: LedgerBusy after waiting in vain, LedgerUnwritable where nothing can be locked.

    The lock is SQLite's own, on an empty database beside the ledger: it ends with its process, on every system.
    """
    file = path.with_suffix(".lock")
    with closing(_locked(file, _Wait(path, file, patience or Patience(), listener))):
        note_holder(file)
        yield


def _locked(path: Path, wait: _Wait) -> sqlite3.Connection:
    try:
        make_folder(path.parent)
        lock = connect(path, _LOCK_WAIT_SECONDS)
        try:
            _lock(lock, wait)
        except BaseException:
            lock.close()
            raise
    except sqlite3.Error as error:
        if is_damage(error):
            raise LedgerError(f"{path} is not a tankful lock file. Remove it.") from error
        raise as_ledger_error(path, error) from error
    except OSError as error:
        raise LedgerUnwritable(path, error) from error
    return lock


def _lock(lock: sqlite3.Connection, wait: _Wait) -> None:
    """SQLite waits only briefly each time, because that wait cannot be interrupted."""
    while True:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            wait.check()
        else:
            return


class _Wait:
    """One wait for the process that holds the lock."""

    def __init__(
        self,
        ledger: Path,
        lock: Path,
        patience: Patience,
        listener: WaitListener | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._lock = lock
        self._patience = patience
        self._listener = listener
        self._clock = clock
        self._began: float | None = None
        self._progressed = 0.0
        self._seen: object = None
        self._is_reported = False

    def check(self) -> None:
        """To be called whenever the lock was found held. Raises LedgerError when it is not worth waiting on."""
        now = self._clock()
        if self._began is None:  # SQLite takes missing locks for a rival's
            self._began = now
            fault = lock_fault(self._lock.parent)
            if fault is not None and has_no_locks(fault):
                raise LedgerUnwritable(self._lock, fault)
        if (seen := self._stamps()) != self._seen:
            self._seen, self._progressed = seen, now
        waited, idle = now - self._began, now - self._progressed
        is_long = waited >= self._patience.long_wait
        holder = holder_of(self._lock) if is_long else None
        in_vain = waited >= self._patience.longest or idle >= self._patience.without_progress
        if in_vain or (is_long and is_suspended(holder)):
            raise LedgerBusy(" ".join(still_held(holder, _ACTIVITY)))
        if is_long and not self._is_reported:
            self._is_reported = True
            if self._listener is not None:
                self._listener(waiting_for(holder, _ACTIVITY))

    def _stamps(self) -> object:
        """Others whenever the holder has written what it counted."""
        found: list[object] = []
        for suffix in ("", "-wal"):
            try:
                about = self._ledger.with_name(self._ledger.name + suffix).stat()
                found.append((about.st_mtime_ns, about.st_size, about.st_ino))
            except OSError:
                found.append(None)
        return found
