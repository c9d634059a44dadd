"""One walk through the folders of a home: each folder listed, or known as listed before, and each log stat'ed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress

from providers.ledger.found_logs import FoundLogs
from providers.ledger.listing import Folder, Listings

_WORTH_OPENING = 8  # logs: for fewer, opening their folder takes longer than it saves
_KIND = stat.S_IFMT(0o177777)  # the bits that say whether it is a file
_FROM_FOLDER = getattr(os, "O_DIRECTORY", 0) if os.stat in os.supports_dir_fd else None


class LogWalk:
    """A file or folder that was reached before is not visited again; `seen` are folders, by device and inode."""

    def __init__(
        self, listings: Listings, companions: Sequence[str], seen: Iterable[tuple[int, int]] = ()
    ) -> None:
        self.folders: dict[str, Folder] = {}
        self.logs = FoundLogs()
        self.unreadable: list[str] = []
        self._listings = listings
        self._companions = companions
        self._seen_folders = set(seen)
        self._seen: dict[int, set[int]] = {}  # inodes by device

    def descend(self, roots: Sequence[str]) -> None:
        pending = list(roots)
        while pending:
            path = pending.pop()
            folder = self._folder(path)
            if folder is not None:
                self.folders[path] = folder
                pending += folder.folders
                if folder.names:
                    self.look_at(path + os.sep, folder.names)

    def _folder(self, path: str) -> Folder | None:
        """None where it was visited before or does not exist."""
        try:
            state = self._listings.state(path)
            if state.inode:  # some network folders have no inodes
                if state.identity in self._seen_folders:
                    return None
                self._seen_folders.add(state.identity)
            return self._listings.folder(path, state)
        except FileNotFoundError:
            return None
        except OSError:
            self.unreadable.append(path)
            return None

    def look_at(self, prefix: str, names: Sequence[str]) -> None:
        """Stat the logs whose paths are made of a prefix, as of their folder, and these names."""
        found, inodes, sizes, mtimes = list[str](), list[int](), list[int](), list[int]()
        device, seen, companions = -1, set[int](), self._companions
        folder = _opened(prefix) if len(names) >= _WORTH_OPENING else None
        try:
            for name in names:
                try:
                    status = os.stat(prefix + name if folder is None else name, dir_fd=folder)
                except OSError:  # removed since it was listed, or a broken link
                    self.unreadable.append(prefix + name)
                    continue
                inode, size, mtime_ns = status.st_ino, status.st_size, status.st_mtime_ns
                if status.st_dev != device:
                    device = status.st_dev
                    seen = self._seen.setdefault(device, set())
                if inode in seen:
                    continue
                if inode:
                    seen.add(inode)
                if status.st_mode & _KIND != stat.S_IFREG:
                    continue
                if companions:
                    size, mtime_ns = _with_companions(prefix + name, companions, size, mtime_ns)
                found.append(name)
                inodes.append(inode)
                sizes.append(size)
                mtimes.append(mtime_ns)
        finally:
            if folder is not None:
                os.close(folder)
        # Mostly all are found: then the names are those of the listing.
        self.logs.add(prefix, names if len(found) == len(names) else tuple(found), inodes, sizes, mtimes)


def _opened(prefix: str) -> int | None:
    """The descriptor of a folder, from which its files are reached faster than from the root; None where that is
    not so, or it cannot be opened.
    """
    if not prefix or _FROM_FOLDER is None:
        return None
    try:
        return os.open(prefix, os.O_RDONLY | _FROM_FOLDER)
    except OSError:
        return None


def _with_companions(path: str, companions: Sequence[str], size: int, mtime_ns: int) -> tuple[int, int]:
    """An empty companion is ignored: merely opening a database may create one."""
    for suffix in companions:
        with suppress(OSError):
            status = os.stat(path + suffix)
            if status.st_size:
                size += status.st_size
                mtime_ns = max(mtime_ns, status.st_mtime_ns)
    return size, mtime_ns
