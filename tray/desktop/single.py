"""One icon for one person: whoever holds the lock file runs, and the system lets go of it for the dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "tray.lock"


class StateFolderUnusable(Exception):
    """The folder that holds our state cannot be written; str() names it and says why."""


class SingleInstance:
    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        self._folder = folder
        # Any thread may release: by default the lock would belong to the thread that took it.
        self._lock = FileLock(folder / _FILE, thread_local=False)

    def acquire(self) -> bool:
        """False when another tankful holds it. Raises StateFolderUnusable."""
        from filelock import Timeout

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            reason = error.strerror or error
            raise StateFolderUnusable(
                f"{self._folder} cannot be written ({reason}): give it back to your account, or move it away."
            ) from error
        return True

    def release(self) -> None:
        """The file stays: removing it could hand two processes a lock of the same name."""
        self._lock.release()
