"""One engine for one person: the holder of the lock file runs; the system releases it when its process dies."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from providers.host.private import make_folder
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
        from filelock import FileLock

        self._folder = folder
        # Any thread may release: by default the lock would belong to the thread that took it.
        self._lock = FileLock(folder / name, mode=0o600, thread_local=False)

    def acquire(self, patience: float = _PATIENCE_SECONDS) -> bool:
        """False when another tankful still holds it after `patience` seconds. Raises StateFolderUnusable."""
        from filelock import Timeout

        try:
            make_folder(self._folder)
            self._lock.acquire(timeout=patience, poll_interval=0.02)
        except Timeout:
            return False
        except OSError as error:
            raise StateFolderUnusable(_why(self._folder, error)) from error
        return True

    def release(self) -> None:
        """The file stays: removing it could hand two processes a lock of the same name."""
        self._lock.release()


def _why(folder: Path, error: OSError) -> str:
    """The remedy differs with the reason."""
    in_the_way = next((each for each in (folder, *folder.parents) if os.path.isfile(each)), None)
    if in_the_way is not None:
        return f"Cannot create {folder}: {in_the_way} is a file. Move it away."
    if error.errno == errno.EROFS:
        return f"{folder} is on a read-only file system. Set TANKFUL_HOME to another folder."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"Cannot write to {folder}: the disk is full. Free up space."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Your account cannot write to {folder}. Check the owner and permissions of that folder."
    return f"Cannot write to {folder} ({error.strerror or error}). Check what is in its place."
