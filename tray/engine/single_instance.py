"""One engine for one person: the holder of the lock file runs; the system releases it when its process dies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from providers.host.private import make_folder
from providers.host.storage import cannot_write
from tray.engine.detached import ENGINE_LOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from filelock import BaseFileLock

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
        self._file = folder / name
        self._lock = file_lock(self._file)
        self._number: tuple[int, int] | None = None
        self._handle: int | None = None
        self.is_lost = False
        """Whether another tankful holds it, as `keep` found."""

    def acquire(self, patience: float = _PATIENCE_SECONDS) -> bool:
        """False when another tankful still holds it after `patience` seconds. Raises StateFolderUnusable."""
        try:
            if not self._take_file(patience):
                return False
        except OSError as error:
            raise StateFolderUnusable(cannot_write(self._folder, error)) from error
        if self._file.name == ENGINE_LOCK and _is_any_locked(_own_folders(self._folder)):
            self.release()  # to one that began when the folder could not be used
            return False
        return True

    def acquire_without_file(self) -> bool:
        """For a folder that cannot be used: the lock of the first one above it that is there, if the system has
        such locks. False when another tankful holds it.
        """
        folder = next(each for each in (self._folder, *self._folder.parents) if os.path.isdir(each))
        for handle in _opened([folder]):
            try:
                _lock_folder(handle, shared=False)
            except BlockingIOError:
                os.close(handle)
                return False
            except OSError:  # there are no locks
                os.close(handle)
            else:
                self._handle = handle  # held until `release`, or the end of this process
        return True

    def keep(self) -> bool:
        """Whether it is still held where others look for it; to be called now and then. Where the file is new,
        since somebody removed the folder, or since it can be used at last, that is locked, too, unless another
        tankful was faster.
        """
        if self._number is not None and self._number == _number_of(self._file):
            self.is_lost = False
            return True
        before, self._lock = self._lock, self._another()
        try:
            is_held = self._take_file(0)
        except OSError:  # nothing can be written: nobody else can hold it
            is_held = True
        if is_held and self._number is not None:
            before.release()
        else:
            self._lock = before
        self.is_lost = not is_held
        return is_held

    def release(self) -> None:
        """The file stays: removing it could hand two processes a lock of the same name."""
        self._lock.release()
        self._number = None
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _another(self) -> BaseFileLock:
        from providers.host.file_lock import file_lock

        return file_lock(self._file)

    def _take_file(self, patience: float) -> bool:
        """Raises OSError."""
        from filelock import Timeout

        try:
            make_folder(self._folder)
            self._lock.acquire(timeout=patience, poll_interval=0.02)
        except Timeout:
            return False
        self._number = _number_of(self._file)
        return True


def _number_of(file: Path) -> tuple[int, int] | None:
    """Another for each file of that name; None where there is none."""
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _own_folders(folder: Path) -> list[Path]:
    """Itself and those above it, any of which may have been the first one that was there."""
    return [folder, *folder.parents]


def _is_any_locked(folders: Iterable[Path]) -> bool:
    found = False
    for handle in _opened(folders):
        try:
            _lock_folder(handle, shared=True)
        except BlockingIOError:
            found = True
        except OSError:  # there are no locks
            pass
        finally:
            os.close(handle)
    return found


def _opened(folders: Iterable[Path]) -> Iterator[int]:
    """Those that are ours: in the folders of others they lock for themselves. Windows opens none."""
    for folder in folders:
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            continue
        if os.fstat(handle).st_uid == os.geteuid():
            yield handle
        else:
            os.close(handle)


def _lock_folder(handle: int, *, shared: bool) -> None:
    """Raises OSError: BlockingIOError where another process holds it."""
    import fcntl

    fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
