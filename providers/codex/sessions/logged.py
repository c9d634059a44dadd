"""Sessions that only their rollouts tell of: those that ended a moment ago, and the subagents of one.

A rollout stands in the folder of the local day on which its thread began.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from providers.codex.sessions.rollouts import FirstLine, file_of, first_line
from providers.host.files import is_of_another_user
from providers.sessions import RECENT, FoundSession

_MOST_HEADS = 128
"""So many first lines are read at a time, of the newest rollouts first."""
_TICK = 2 * 10**9  # nanoseconds


def kind_of(originator: str | None) -> str:
    """As in FoundSession, by what started it."""
    if originator == "codex_exec":
        return "exec"
    return "" if originator in (None, "codex-tui", "codex_cli_rs") else "app"


def recent(
    home: Path, running: Collection[str], now: datetime, *, is_running: bool | None
) -> Iterator[FoundSession]:
    """Those of the last two days that were written a moment ago, and that are not `running`: of another user's
    nobody knows whether they are.
    """
    since = (now - RECENT).timestamp()
    for days in (0, 1):
        day = (now.astimezone() - timedelta(days=days)).strftime("%Y/%m/%d")
        for entry in _entries(home / "sessions" / day):
            file = file_of(entry.path)
            if file is None or file.id in running:
                continue
            try:
                if entry.stat().st_mtime < since:
                    continue
            except OSError:
                continue
            runs = None if is_of_another_user(entry.path) else is_running
            yield _found(home, Path(entry.path), file.id, first_line(entry.path), is_running=runs)


class LoggedSubagents:
    """Remembers what the folders of the days hold: rollouts are added to them, and keep their first lines."""

    def __init__(self) -> None:
        self._folders: dict[Path, _Folder] = {}

    def of(self, session: FoundSession) -> Sequence[FoundSession]:
        """The newest first. A stat for the session's own day and for the day of its last line."""
        if session.log is None:
            return ()
        found = [
            _found(session.home, path, first.id or "", first, is_running=False)
            for folder in _days(session.log)
            for path, first in self._folders.setdefault(folder, _Folder(folder)).subagents()
            if first.parent == session.id
        ]
        return sorted(found, key=lambda one: one.log.name if one.log else "", reverse=True)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._modified: int | None = None
        self._known: set[str] = set()
        self._subagents: dict[Path, FirstLine] = {}

    def subagents(self) -> Iterator[tuple[Path, FirstLine]]:
        try:
            modified = self._path.stat().st_mtime_ns
        except OSError:
            return iter(())
        if modified != self._modified:
            # What is added within a tick of the file system's clock leaves the folder's time as it is.
            is_old = time.time_ns() - modified > _TICK
            self._modified = modified if self._read() and is_old else None
        return iter(list(self._subagents.items()))

    def _read(self) -> bool:
        """Whether all of it is known now."""
        paths = [entry.path for entry in _entries(self._path)]
        new = sorted((path for path in paths if path not in self._known), reverse=True)
        for path in new[:_MOST_HEADS]:
            first = first_line(path) if file_of(path) else FirstLine(id="")
            if first.id is not None:  # else its first line is not whole yet
                self._known.add(path)
            if first.parent:
                self._subagents[Path(path)] = first
        return len(new) <= _MOST_HEADS


def _days(log: Path) -> Iterator[Path]:
    yield log.parent
    if log.parent.parent.parent.parent.name != "sessions":
        return
    try:
        written = datetime.fromtimestamp(log.stat().st_mtime).astimezone()
    except (OSError, OverflowError, ValueError):
        return
    last = log.parents[3] / written.strftime("%Y/%m/%d")
    if last != log.parent:
        yield last


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _found(home: Path, log: Path, session: str, first: FirstLine, *, is_running: bool | None) -> FoundSession:
    return FoundSession(
        home=home,
        id=session,
        log=log,
        is_running=is_running,
        kind=kind_of(first.originator),
        parent=first.parent,
        name=first.name,
        cwd=first.cwd,
        version=first.version,
        since=first.at,
    )
