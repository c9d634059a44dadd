"""One engine for one person: the holder of the lock file runs; the system releases it when its process dies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from providers.host.private import make_folder
from providers.host.storage import cannot_write
from tray.engine.detached import ENGINE_LOCK

if TYPE_CHECKING:
    from pathlib import Path


_PATIENCE_SECONDS = 0.1
"""A process that only checks whether the lock is held takes it for a moment."""
OWNER_PATIENCE_SECONDS = 1.0
"""For the owner-to-be: a command that publishes what it read holds the lock for as long as the disk takes."""


class StateFolderUnusable(Exception):
    """The folder that holds our state cannot be written; str() names it and says why."""


class SingleInstance:
    def __init__(self, folder: Path, name: str = ENGINE_LOCK) -> None:
        from providers.host.file_lock import file_lock

        self._folder = folder
        self._handle: int | None = None
        self._lock = file_lock(folder / name)

    def acquire(self, patience: float = _PATIENCE_SECONDS) -> bool:
        """False when another tankful still holds it after `patience` seconds. Raises StateFolderUnusable."""
        from filelock import Timeout

        try:
            make_folder(self._folder)
            self._lock.acquire(timeout=patience, poll_interval=0.02)
        except Timeout:
            return False
        except OSError as error:
            raise StateFolderUnusable(cannot_write(self._folder, error)) from error
        return True

    def acquire_without_file(self) -> bool:
        """For a folder that cannot be used: the lock of the first one above it that is there, if the system has
        such locks. False when another tankful holds it.
        """
        try:
            import fcntl
        except ImportError:
            return True
        folder = next(each for each in (self._folder, *self._folder.parents) if each.is_dir())
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:  # it may not be read either
            return True
        if os.fstat(handle).st_uid != os.geteuid():  # there others lock for themselves
            os.close(handle)
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            return not isinstance(error, BlockingIOError)  # others mean that there are no locks
        self._handle = handle  # held until `release`, or the end of this process
        return True

    def release(self) -> None:
        """The file stays: removing it could hand two processes a lock of the same name."""
        self._lock.release()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
