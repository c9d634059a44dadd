"""The folders and logs of a home, as of the last walk and the last look at what is recent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from providers.ledger.found_logs import FoundLogs, LogFile
from providers.ledger.listing import Folder, Listings
from providers.ledger.log_walk import LogWalk

_EVER = -(2**63)
_written = attrgetter("mtime_ns", "path")


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
        self._walked = FoundLogs()
        self._has_noted = True
        self._since: dict[str, LogFile | None] = {}
        """What looks found since the walk; None for what is gone."""
        self._horizon_ns = 0
        self._recent: dict[str, LogFile] = {}
        self._recent_folders: dict[str, None] = {}

    def written_since(self, since_ns: int) -> list[LogFile]:
        """Of the logs as last seen, those written since then (epoch ns), newest first."""
        self._note_recent()
        logs = self._recent.values() if since_ns >= self._horizon_ns else self._all(since_ns)
        return sorted((log for log in logs if log.mtime_ns >= since_ns), key=_written, reverse=True)

    def walk(self, horizon_ns: int) -> tuple[FoundLogs, list[str]]:
        """Stat everything. Returns the logs, the same object if nothing has changed, and the unreadable paths."""
        walk = LogWalk(self._listings, self._companions)
        walk.descend(self._roots)
        walk.look_at("", [path for path in self._files if os.path.lexists(path)])
        self._folders, self._horizon_ns = walk.folders, horizon_ns
        if walk.logs != self._walked:
            walk.logs.share_names(self._walked)
            self._walked = walk.logs
        self._since, self._has_noted = {}, False
        return self._walked, walk.unreadable

    def look(self, horizon_ns: int) -> None:
        """Stat the recent logs, the recent folders, those above the newest log, and whatever is new in them."""
        if horizon_ns < self._horizon_ns:  # the clock was set back: more is recent
            self._horizon_ns, self._has_noted = horizon_ns, False
        self._note_recent()
        new_folders, new_logs, changed = list[str](), list[str](), False
        for path in self._watched():
            before = self._folders.get(path)
            after = self._folder(path)
            if before is not after and before != after:
                changed = True
                self._compare(path, before, after, new_folders, new_logs)
        self._stat_again((*self._recent, *self._files))
        if new_folders or new_logs:
            self._add(new_folders, new_logs)
        self._recent = {path: log for path, log in self._recent.items() if log.mtime_ns >= horizon_ns}
        self._horizon_ns = horizon_ns
        if changed:
            self._note_recent_folders()

    def _all(self, since_ns: int) -> Iterator[LogFile]:
        """The logs as last seen; of those that only the walk saw, the ones written since then."""
        yield from (log for log in self._walked.written_since(since_ns) if log.path not in self._since)
        yield from filter(None, self._since.values())

    def _note(self, log: LogFile) -> None:
        self._since[log.path] = self._recent[log.path] = log

    def _drop(self, path: str) -> None:
        self._since[path] = None
        self._recent.pop(path, None)

    def _watched(self) -> Iterable[str]:
        newest = max(self._recent.values(), key=_written, default=None)
        if newest is None:
            newest = (
                max(self._all(_EVER), key=_written, default=None) if self._since else self._walked.newest()
            )
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

    def _note_recent(self) -> None:
        """What is recent of all logs as last seen; after some walks nobody asks."""
        if not self._has_noted:
            self._has_noted = True
            horizon_ns = self._horizon_ns
            self._recent = {log.path: log for log in self._all(horizon_ns) if log.mtime_ns >= horizon_ns}
            self._note_recent_folders()

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
        old_folders, old, new = set(before.folders), before.logs(), after.logs()
        self._forget(old_folders.difference(after.folders))
        folders += [folder for folder in after.folders if folder not in old_folders]
        for name in old.keys() | new.keys():
            if old.get(name) != new.get(name):
                self._drop(os.path.join(path, name))
        logs += [os.path.join(path, name) for name, inode in new.items() if old.get(name) != inode]

    def _forget(self, folders: Iterable[str]) -> None:
        """Drop these folders with everything below them."""
        pending = list(folders)
        while pending:
            path = pending.pop()
            folder = self._folders.pop(path, None)
            if folder is not None:
                pending += folder.folders
                for name in folder.names:
                    self._drop(os.path.join(path, name))

    def _stat_again(self, paths: Iterable[str]) -> None:
        walk = LogWalk(self._listings, self._companions)
        once = list(dict.fromkeys(paths))
        walk.look_at("", once)
        found = {log.path: log for log in walk.logs}
        for path in once:
            if path not in found:
                self._drop(path)
            elif found[path] != self._recent.get(path):
                self._note(found[path])

    def _add(self, folders: Sequence[str], logs: Sequence[str]) -> None:
        """Walk new folders and stat new logs."""
        seen = {folder.state.identity for folder in self._folders.values()}
        walk = LogWalk(self._listings, self._companions, seen)
        walk.descend(folders)
        walk.look_at("", logs)
        self._folders |= walk.folders
        known = self._paths_of(set(walk.logs.inodes) - {0})
        for log in walk.logs:
            other = known.get(log.inode)
            if other is not None and other != log.path:
                if _is_same_file(other, log.path):
                    continue
                self._stat_again([other])  # it may have been moved
            self._note(log)

    def _paths_of(self, inodes: set[int]) -> dict[int, str]:
        """The paths of the logs as last seen that have these inodes."""
        walked = (log for log in self._walked.with_inodes(inodes) if log.path not in self._since)
        found = {log.inode: log.path for log in walked}
        return found | {log.inode: log.path for log in self._since.values() if log and log.inode in inodes}


def _is_same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
