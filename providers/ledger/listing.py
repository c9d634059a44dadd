"""A cache of folder listings: a folder whose mtime has not changed is not listed again."""

from __future__ import annotations

import os
import stat
import sys
import time
from array import array
from collections.abc import Callable

from msgspec import Struct

_SETTLED_NS = 3 * 10**9  # what some file systems need to tell two moments apart, and more
_TRUSTED_SECONDS = 600.0


class FolderState(Struct, frozen=True):
    """A folder's `stat`, as far as it tells whether an entry was created, removed or renamed."""

    device: int
    inode: int
    mtime_ns: int

    @property
    def identity(self) -> tuple[int, int]:
        return self.device, self.inode


class Folder(Struct, frozen=True):
    """A listing, made at `state`: the paths of the subfolders, and each entry named like a log, with its inode
    (0 on Windows, where it would cost a `stat`). All are in the order of their names.
    """

    state: FolderState
    folders: tuple[str, ...]
    names: tuple[str, ...]
    inodes: array[int]

    def logs(self) -> dict[str, int]:
        """The inodes by name."""
        return dict(zip(self.names, self.inodes, strict=True))


class Listings:
    """Listings by path; symbolic links are followed."""

    def __init__(self, is_log: Callable[[str], bool], seconds: Callable[[], float]) -> None:
        self._is_log = is_log
        self._seconds = seconds
        self._cache: dict[str, Folder] = {}
        self._since = seconds()

    def expire(self) -> None:
        """Drop listings older than 10 minutes: not every file system updates a folder's mtime."""
        if self._seconds() - self._since > _TRUSTED_SECONDS:
            self._cache, self._since = {}, self._seconds()

    def state(self, path: str) -> FolderState:
        """Raises OSError where there is no folder, or none that `stat` may see."""
        status = os.stat(path)
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(path)
        return FolderState(status.st_dev, status.st_ino, status.st_mtime_ns)

    def folder(self, path: str, state: FolderState) -> Folder:
        """Cached if made at the same state; raises OSError where the folder cannot be listed."""
        known = self._cache.get(path)
        return known if known is not None and known.state == state else self._list(path, state)

    def _list(self, path: str, state: FolderState) -> Folder:
        """In the order of their names: of two links to one file the same one is met first each time."""
        began_ns = time.time_ns()
        folders: list[str] = []
        logs: dict[str, int] = {}
        windows = sys.platform == "win32"
        settled = began_ns - state.mtime_ns > _SETTLED_NS and not windows
        with os.scandir(path) as entries:
            for entry in entries:
                name = entry.name
                try:
                    is_folder = entry.is_dir()
                except OSError:  # a link in a circle, or to where nobody may look
                    is_folder = False
                if is_folder:
                    folders.append(entry.path)
                elif self._is_log(name):
                    logs[name] = 0 if windows else entry.inode()
                elif entry.is_symlink():
                    settled = False  # where it leads may come to be a folder, and nothing here would tell
        folders.sort()
        names = sorted(logs)
        inodes = array("Q", [logs[name] for name in names])
        folder = Folder(state, tuple(folders), tuple(names), inodes)
        if settled:
            self._cache[path] = folder
        else:
            self._cache.pop(path, None)
        return folder
