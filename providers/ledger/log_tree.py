"""The folders and logs of a home, as of the last walk and the last look at what is recent."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter

from msgspec import Struct

from providers.ledger.listing import Folder, Listings

_written = attrgetter("mtime_ns", "path")


_LARGEST = 2**63 - 1  # what a column of the ledger holds: some file systems have inodes and times beyond


class LogFile(Struct, frozen=True):
    """A log as `stat` describes it.

    Its companions are included (see `providers.logs.LogDiscovery`): `size` is the sum of the sizes, in bytes, and
    `mtime_ns` the latest of the mtimes, in epoch ns. `inode` is 0 where the file system has none.
    """

    path: str
    inode: int
    size: int
    mtime_ns: int


class LogTree:
    """The logs below `roots`, and those of the fixed `files` that exist. Not thread-safe.

    A log is **recent** when it was written after the `horizon_ns` (epoch ns) of the last walk or look.
    """

    def __init__(
        self, listings: Listings, roots: Sequence[str], files: Sequence[str], companions: Sequence[str]
    ) -> None:
        self._listings = listings
        self._roots = tuple(roots)
        self._files = tuple(files)
        self._companions = tuple(companions)
        self._folders: dict[str, Folder] = {}
        self._logs: dict[str, LogFile] = {}
        self._horizon_ns = 0
        self._recent: list[str] = []
        self._recent_folders: dict[str, None] = {}

    def written_since(self, since_ns: int) -> list[LogFile]:
        """Of the logs as last seen, those written since then (epoch ns), newest first."""
        all_are_recent = since_ns >= self._horizon_ns
        logs = map(self._logs.__getitem__, self._recent) if all_are_recent else self._logs.values()
        return sorted((log for log in logs if log.mtime_ns >= since_ns), key=_written, reverse=True)

    def walk(self, horizon_ns: int) -> tuple[list[LogFile], list[str]]:
        """Stat everything. Returns the logs, unchanged ones as the same objects, and the unreadable paths."""
        walk = _Walk(self._listings, self._companions, self._logs, set())
        walk.descend(self._roots)
        walk.look_at(filter(os.path.lexists, self._files))
        self._folders, self._logs, self._horizon_ns = walk.folders, walk.logs, horizon_ns
        self._recent = [path for path, log in walk.logs.items() if log.mtime_ns >= horizon_ns]
        self._note_recent_folders()
        return list(walk.logs.values()), walk.unreadable

    def look(self, horizon_ns: int) -> None:
        """Stat the recent logs, the recent folders, those above the newest log, and whatever is new in them."""
        new_folders, new_logs, changed = list[str](), list[str](), False
        for path in self._watched():
            before = self._folders.get(path)
            after = self._folder(path)
            if before is not after and before != after:
                changed = True
                self._compare(path, before, after, new_folders, new_logs)
        self._stat_again((*self._recent, *self._files))
        new_logs += [path for path in self._files if path not in self._logs and os.path.lexists(path)]
        added = self._add(new_folders, new_logs) if new_folders or new_logs else ()
        there = [
            log
            for path in dict.fromkeys((*self._recent, *self._files, *added))
            if (log := self._logs.get(path))
        ]
        self._recent = [log.path for log in there if log.mtime_ns >= horizon_ns]
        self._horizon_ns = horizon_ns
        if changed:
            self._note_recent_folders()

    def _watched(self) -> Iterable[str]:
        newest = max((self._logs[path] for path in self._recent), key=_written, default=None)
        if newest is None:
            newest = max(self._logs.values(), key=_written, default=None)
        if newest is None:
            return self._recent_folders
        return self._recent_folders | self._with_parents([os.path.dirname(newest.path)])

    def _with_parents(self, folders: Iterable[str]) -> dict[str, None]:
        """These and their ancestors up to the roots. A root may come to exist, so all roots are included."""
        found = dict.fromkeys(self._roots)
        for folder in folders:
            path = folder
            while path in self._folders and path not in found:
                found[path] = None
                path = os.path.dirname(path)
        return found

    def _note_recent_folders(self) -> None:
        recent = [path for path, each in self._folders.items() if each.state.mtime_ns >= self._horizon_ns]
        self._recent_folders = self._with_parents(recent)

    def _folder(self, path: str) -> Folder | None:
        """None where it does not exist or cannot be listed."""
        try:
            return self._listings.folder(path, self._listings.state(path))
        except OSError:
            return None

    def _compare(
        self, path: str, before: Folder | None, after: Folder | None, folders: list[str], logs: list[str]
    ) -> None:
        """Drop what was removed from a folder, and add what is new in it to `folders` and `logs`."""
        if before is None or after is None or before.state.identity != after.state.identity:
            self._forget([path])
            if after is not None and (before is not None or path in self._roots):
                folders.append(path)
            return
        self._folders[path] = after
        old, new = set(before.folders), set(after.folders)
        self._forget(old - new)
        folders += [folder for folder in after.folders if folder not in old]
        for log, inode in before.logs.items():
            if after.logs.get(log) != inode:
                self._logs.pop(log, None)
        logs += [log for log, inode in after.logs.items() if before.logs.get(log) != inode]

    def _forget(self, folders: Iterable[str]) -> None:
        """Drop these folders with everything below them."""
        pending = list(folders)
        while pending:
            folder = self._folders.pop(pending.pop(), None)
            if folder is not None:
                pending += folder.folders
                for log in folder.logs:
                    self._logs.pop(log, None)

    def _stat_again(self, paths: Iterable[str]) -> None:
        known = {path: log for path in paths if (log := self._logs.get(path))}
        walk = _Walk(self._listings, self._companions, known, set())
        walk.look_at(known)
        for path in known.keys() - walk.logs.keys():
            del self._logs[path]
        self._logs |= walk.logs

    def _add(self, folders: Sequence[str], logs: Sequence[str]) -> Iterable[str]:
        """Walk new folders and stat new logs; returns the paths of the logs found."""
        seen = {folder.state.identity for folder in self._folders.values()}
        walk = _Walk(self._listings, self._companions, {}, seen)
        walk.descend(folders)
        walk.look_at(logs)
        self._folders |= walk.folders
        by_inode = {log.inode: path for path, log in self._logs.items() if log.inode}
        for path, log in walk.logs.items():
            other = by_inode.get(log.inode)
            if other is not None and other != path:
                if _is_same_file(other, path):
                    continue
                self._stat_again([other])  # it may have been moved
            self._logs[path] = log
        return walk.logs


class _Walk:
    """One walk. `known` are the logs as last seen; a device and inode in `seen` is not visited again."""

    def __init__(
        self,
        listings: Listings,
        companions: Sequence[str],
        known: Mapping[str, LogFile],
        seen: set[tuple[int, int]],
    ) -> None:
        self.folders: dict[str, Folder] = {}
        self.logs: dict[str, LogFile] = {}
        self.unreadable: list[str] = []
        self._listings = listings
        self._companions = companions
        self._known = known
        self._seen = seen

    def descend(self, roots: Sequence[str]) -> None:
        pending = list(roots)
        while pending:
            path = pending.pop()
            folder = self._folder(path)
            if folder is not None:
                self.folders[path] = folder
                pending += folder.folders
                self.look_at(folder.logs)

    def _folder(self, path: str) -> Folder | None:
        """None where it was visited before or does not exist."""
        try:
            state = self._listings.state(path)
            if state.inode:  # some network folders have no inodes
                if state.identity in self._seen:
                    return None
                self._seen.add(state.identity)
            return self._listings.folder(path, state)
        except FileNotFoundError:
            return None
        except OSError:
            self.unreadable.append(path)
            return None

    def look_at(self, paths: Iterable[str]) -> None:
        known, seen, logs, companions = self._known, self._seen, self.logs, self._companions
        for path in paths:
            try:
                status = os.stat(path)
            except OSError:  # removed since it was listed, or a broken link
                self.unreadable.append(path)
                continue
            inode, size, mtime_ns = (
                min(value, _LARGEST) for value in (status.st_ino, status.st_size, status.st_mtime_ns)
            )
            if inode:
                identity = status.st_dev, inode
                if identity in seen:
                    continue
                seen.add(identity)
            if stat.S_ISREG(status.st_mode):
                log = known.get(path)
                if companions:
                    size, mtime_ns = _with_companions(path, companions, size, mtime_ns)
                if log is None or log.mtime_ns != mtime_ns or log.size != size or log.inode != inode:
                    log = LogFile(path, inode, size, mtime_ns)
                logs[path] = log


def _with_companions(path: str, companions: Sequence[str], size: int, mtime_ns: int) -> tuple[int, int]:
    """An empty companion is ignored: merely opening a database may create one."""
    for suffix in companions:
        with suppress(OSError):
            status = os.stat(path + suffix)
            if status.st_size:
                size += status.st_size
                mtime_ns = max(mtime_ns, status.st_mtime_ns)
    return size, mtime_ns


def _is_same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
