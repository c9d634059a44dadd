"""Waits until a file changes, until the reader of our output is gone, or for a while: without polling on Linux.

There inotify reports the changes, by ctypes; elsewhere, and where the system has no watch left to give, the files
are looked at every second or two. Whoever writes many times in a second wakes us once in it.
"""

from __future__ import annotations

import os
import select
import sys
import time

TYPE_CHECKING = False  # typing itself would cost a megabyte
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Self

REST_SECONDS = 1.0
"""At least so long lies between two wake-ups by changes."""
LOOK_SECONDS = 2.0
_CLOSE_WRITE, _MOVED_TO, _DELETE, _MOVE_SELF, _ONLY_FOLDERS = 0x8, 0x80, 0x200, 0x800, 0x01000000
_WANTED = _CLOSE_WRITE | _MOVED_TO | _DELETE | _MOVE_SELF | _ONLY_FOLDERS
_OVERFLOW, _IGNORED = 0x4000, 0x8000
_CLOSE_ON_EXEC, _WITHOUT_WAITING = 0o2000000, 0o4000

Stamps = dict[str, "tuple[int, int, int] | None"]


class PeerGone(Exception):
    """Whoever holds the other end of the pipe has closed it."""


class FileChanges:
    """Of the files with these names in a folder that is there. `peer` is a pipe of ours whose other end somebody
    holds, None without one.

    A file counts as changed when its writer closed it, whether or not its content is another.
    """

    def __init__(
        self,
        folder: str,
        names: tuple[str, ...],
        peer: int | None,
        notify: Callable[[str], int | None] | None = None,
    ) -> None:
        self._folder = folder
        self._names = names
        self._peer = peer
        self._notify = notify or inotify_of
        self._inotify, self._number = self._begin()
        self._stamps = self._look()
        self._rests_until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._inotify is not None:
            os.close(self._inotify)

    def wait(self, seconds: float) -> frozenset[str]:
        """The names of the files that changed; none of them after so many seconds. Raises PeerGone."""
        ends = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            if self._rests_until > now:
                self._pause(min(self._rests_until, ends) - now, None)
            elif self._inotify is None:
                self._pause(min(LOOK_SECONDS, max(0.0, ends - now)), None)
            else:
                self._pause(max(0.0, ends - now), self._inotify)
            if changed := self._changed():
                self._rests_until = time.monotonic() + REST_SECONDS
                return changed
            if time.monotonic() >= ends:
                return frozenset()

    def _changed(self) -> frozenset[str]:
        if time.monotonic() < self._rests_until:
            return frozenset()
        if self._inotify is not None:
            named, is_over = _events(self._inotify)
            # The folder may be gone, or another one, without an event: as long as a process has it open.
            if is_over or _number_of(self._folder) != self._number:
                os.close(self._inotify)
                self._inotify = None
                return frozenset(self._names)
            return named & frozenset(self._names)
        self._inotify, self._number = self._begin()  # first: what is written after the look is reported
        before, self._stamps = self._stamps, self._look()
        return frozenset(name for name in self._names if before[name] != self._stamps[name])

    def _begin(self) -> tuple[int | None, int | None]:
        number = _number_of(self._folder)
        return (None if number is None else self._notify(self._folder)), number

    def _pause(self, seconds: float, inotify: int | None) -> None:
        if not hasattr(select, "poll"):  # Windows has no way to hear of a pipe's end
            time.sleep(min(seconds, REST_SECONDS))
            return
        poll = select.poll()
        if self._peer is not None:
            poll.register(self._peer, 0)
        if inotify is not None:
            poll.register(inotify, select.POLLIN)
        for file, events in poll.poll(seconds * 1000):
            if file == self._peer and events & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
                raise PeerGone

    def _look(self) -> Stamps:
        return {name: stamp(os.path.join(self._folder, name)) for name in self._names}


def stamp(path: str) -> tuple[int, int, int] | None:
    """Another value whenever the file was written; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _number_of(folder: str) -> int | None:
    try:
        return os.stat(folder).st_ino
    except OSError:
        return None


def inotify_of(folder: str) -> int | None:
    """A file that reports what is written in the folder; None where there is no such thing."""
    if sys.platform != "linux":
        return None
    import ctypes

    try:
        library: Any = ctypes.CDLL(None, use_errno=True)
        file: int = library.inotify_init1(_CLOSE_ON_EXEC | _WITHOUT_WAITING)
        if file < 0:
            return None
        if library.inotify_add_watch(file, os.fsencode(folder), _WANTED) < 0:
            os.close(file)
            return None
    except (OSError, AttributeError):  # another C library
        return None
    return file


def _events(inotify: int) -> tuple[frozenset[str], bool]:
    """The names in the events that wait, and whether there will be no more of them."""
    names, is_over = set[str](), False
    while True:
        try:
            raw = os.read(inotify, 1 << 16)
        except BlockingIOError:
            return frozenset(names), is_over
        at = 0
        while at < len(raw):
            mask = int.from_bytes(raw[at + 4 : at + 8], sys.byteorder)
            length = int.from_bytes(raw[at + 12 : at + 16], sys.byteorder)
            names.add(os.fsdecode(raw[at + 16 : at + 16 + length].rstrip(b"\0")))
            is_over |= bool(mask & (_OVERFLOW | _IGNORED | _MOVE_SELF))
            at += 16 + length
