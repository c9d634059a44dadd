"""Finds the logs of a home, again and again, at the price of a `stat` for each."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

_SETTLED_NS = 3 * 10**9  # what some file systems need to tell two moments apart, and more
_TRUSTED_SECONDS = 600.0


class LogFile(Struct, frozen=True):
    """A log as the folder lists it."""

    path: str
    inode: int
    size: int
    mtime_ns: int


class _Folder(Struct, frozen=True):
    """What a folder listed when it was as `state` says: the folders in it, and what has the name of a log."""

    state: tuple[int, int, int]
    folders: tuple[str, ...]
    logs: tuple[str, ...]


class LogFinder:
    """Finds the logs under `folders` of a home.

    Links are followed, as people keep homes elsewhere; a file reached twice is found once. A folder whose time
    has not moved is not listed again: files come, go and are renamed only with it.
    """

    def __init__(
        self,
        home: Path,
        folders: Sequence[str],
        is_log: Callable[[str], bool],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roots = [os.fspath(home / folder) for folder in folders]
        self._is_log = is_log
        self._seconds = seconds
        self._listed: dict[str, _Folder] = {}
        self._found: dict[str, LogFile] = {}
        self._listed_at = seconds()

    def find(self) -> tuple[list[LogFile], list[str]]:
        """The logs, and the paths that could not be looked at; what did not change is the same object again."""
        # Not every file system keeps a folder's time.
        if self._seconds() - self._listed_at > _TRUSTED_SECONDS:
            self._listed, self._listed_at = {}, self._seconds()
        seen: set[tuple[int, int]] = set()
        logs: list[LogFile] = []
        unreadable: list[str] = []
        pending = list(self._roots)
        while pending:
            folder = self._folder(pending.pop(), seen, unreadable)
            if folder is not None:
                pending += folder.folders
                self._look_at(folder.logs, seen, logs, unreadable)
        if len(self._found) > 2 * len(logs):
            self._found = {log.path: log for log in logs}
        return logs, unreadable

    def _folder(self, path: str, seen: set[tuple[int, int]], unreadable: list[str]) -> _Folder | None:
        """None for one that was seen before, and for one that is not there."""
        try:
            status = os.stat(path)
            if not stat.S_ISDIR(status.st_mode):
                raise NotADirectoryError(path)
            if status.st_ino:  # some network folders have no inodes
                if (status.st_dev, status.st_ino) in seen:
                    return None
                seen.add((status.st_dev, status.st_ino))
            state = status.st_dev, status.st_ino, status.st_mtime_ns
            known = self._listed.get(path)
            if known is None or known.state != state:
                known = self._list(path, state)
        except FileNotFoundError:
            return None
        except OSError:
            unreadable.append(path)
            return None
        return known

    def _list(self, path: str, state: tuple[int, int, int]) -> _Folder:
        """In the order of their names: of two links to one file the same one is met first each time."""
        began_ns = time.time_ns()
        with os.scandir(path) as listing:
            entries = sorted(listing, key=attrgetter("name"))
        folders: list[str] = []
        logs: list[str] = []
        settled = began_ns - state[2] > _SETTLED_NS and sys.platform != "win32"
        for entry in entries:
            if _is_folder(entry):
                folders.append(entry.path)
            elif self._is_log(entry.name):
                logs.append(entry.path)
            elif entry.is_symlink():
                settled = False  # where it leads may come to be a folder, and nothing here would tell
        folder = _Folder(state, tuple(folders), tuple(logs))
        if settled:
            self._listed[path] = folder
        else:
            self._listed.pop(path, None)
        return folder

    def _look_at(
        self, paths: Sequence[str], seen: set[tuple[int, int]], logs: list[LogFile], unreadable: list[str]
    ) -> None:
        found = self._found
        for path in paths:
            try:
                status = os.stat(path)
            except OSError:  # gone since, or a link that leads nowhere
                unreadable.append(path)
                continue
            inode, size, mtime_ns = status.st_ino, status.st_size, status.st_mtime_ns
            if inode:
                if (status.st_dev, inode) in seen:
                    continue
                seen.add((status.st_dev, inode))
            if stat.S_ISREG(status.st_mode):
                log = found.get(path)
                if log is None or log.mtime_ns != mtime_ns or log.size != size or log.inode != inode:
                    log = found[path] = LogFile(path, inode, size, mtime_ns)
                logs.append(log)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle, or to where nobody may look
        return False
