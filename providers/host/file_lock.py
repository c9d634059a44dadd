"""A lock of the system on a file: it ends with its process. Who waits for one hears for whom, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from providers.host.holder import (
    LONG_WAIT_SECONDS,
    WaitListener,
    holder_of,
    is_suspended,
    note_holder,
    still_held,
    waiting_for,
)

if TYPE_CHECKING:
    from filelock import BaseFileLock


def file_lock(path: Path) -> BaseFileLock:
    """One that any thread may release. Taking it raises OSError where the file system has no locks: filelock's own
    way out, a file whose presence is the lock, would outlive a process that is killed.
    """
    from filelock import FileLock

    return FileLock(path, mode=0o600, thread_local=False, fallback_to_soft=False)


class LockHeld(TimeoutError):
    """Another process does not release the lock; `message` and `remedy` are sentences."""

    def __init__(self, message: str, remedy: str, *, is_suspended: bool) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy
        self.is_suspended = is_suspended


@contextmanager
def locked(path: Path, seconds: float, activity: str, listener: WaitListener | None = None) -> Iterator[None]:
    """Holds the lock; `activity` is what its holder does, as in "asking for limits".

    Raises OSError, and LockHeld after so many seconds, or as soon as its holder is seen to be suspended.
    """
    lock = file_lock(path)
    _acquire(lock, path, seconds, activity, listener)
    try:
        note_holder(path)
        yield
    finally:
        lock.release()


def _acquire(
    lock: BaseFileLock, path: Path, seconds: float, activity: str, listener: WaitListener | None
) -> None:
    ends, is_reported = time.monotonic() + seconds, False
    while True:
        left = ends - time.monotonic()
        try:
            lock.acquire(timeout=max(0.0, min(left, LONG_WAIT_SECONDS)))
        except TimeoutError:
            holder = holder_of(path)
            suspended = is_suspended(holder)
            if left <= LONG_WAIT_SECONDS or suspended:
                raise LockHeld(*still_held(holder, activity), is_suspended=suspended) from None
            if not is_reported and listener is not None:
                is_reported = True
                listener(waiting_for(holder, activity))
        else:
            return
