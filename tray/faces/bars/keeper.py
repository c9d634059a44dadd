"""The engine for those who watch, where nobody else has one: a process beside one of them that ends with it.

A tray that starts takes over; when it ends, one of those who watch starts an engine again.
"""

from __future__ import annotations

import os
import sys
import time

from tray.engine import published
from tray.engine.detached import ENGINE_LOCK, is_owned, own_command
from tray.engine.takeover import WATCH_LOCK, is_wanted

TYPE_CHECKING = False  # typing itself would cost a megabyte
if TYPE_CHECKING:
    import subprocess
    from types import TracebackType
    from typing import Self

    from tray.engine.published import Document

LONG_SECONDS, SHORT_SECONDS = 60.0, 5.0
FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 10.0, 600.0
"""Between two attempts to start one: doubled each time, until one stays."""
RETURN_SECONDS = 8.0
"""An owner whose folder was removed recreates it within five."""


class Keeper:
    """`look` is to be called whenever a lock or the snapshot may have changed, and after `due` seconds."""

    def __init__(self, state_folder: str, command: list[str] | None = None) -> None:
        self.due = LONG_SECONDS
        self._folder = state_folder
        self._command = command or own_command("engine")
        self._lock: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._backoff = FIRST_BACKOFF_SECONDS
        self._was_owned = False
        self._not_before = self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._end_child()
        self._unlock()

    def look(self, snapshot: Document | None) -> None:
        """Starts an engine where there is none. Never raises."""
        now = time.monotonic()
        if self._child is not None and self._child.poll() is not None:
            if now - self._began > LONG_SECONDS:
                self._backoff = FIRST_BACKOFF_SECONDS
            self._end_child()
        owned, wanted = self._is_owned(snapshot), is_wanted(self._folder, time.time())
        self.due = LONG_SECONDS if owned and not wanted else SHORT_SECONDS
        if self._was_owned and not owned and not os.path.exists(os.path.join(self._folder, ENGINE_LOCK)):
            self._not_before = max(self._not_before, now + RETURN_SECONDS)
        self._was_owned = owned
        if self._child is not None:  # it may be about to begin, or to end
            return
        if owned:
            self._unlock()
        elif wanted:
            return
        elif self._is_ours():
            self.due = self._not_before - now
            if self.due <= 0:
                self._start(now)

    def _is_owned(self, snapshot: Document | None) -> bool:
        if is_owned(self._folder):
            return True
        if sys.platform != "win32" or snapshot is None:
            return False
        try:  # there the lock cannot be seen
            return published.is_kept(snapshot, time.time())
        except published.DAMAGED:
            return False

    def _start(self, now: float) -> None:
        import subprocess

        self._began, self._not_before = now, now + self._backoff
        self.due, self._backoff = LONG_SECONDS, min(2 * self._backoff, LONGEST_BACKOFF_SECONDS)
        nothing = subprocess.DEVNULL
        try:  # in a session of its own: Ctrl-C is for us alone, and the end of the pipe ends it
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=nothing, stderr=nothing, start_new_session=True
            )
        except OSError:  # the system has no process left
            self._child = None

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None and child.stdin is not None:
            child.stdin.close()
            child.returncode = child.poll() or 0  # not ours to wait for: no warning when we end before it

    def _is_ours(self) -> bool:
        """Whether it is for us to start one, and for nobody else who watches."""
        if self._lock is not None or sys.platform == "win32":
            return True
        import fcntl

        try:  # not for writing: others would hear of it, and look in their turn
            file = os.open(
                os.path.join(self._folder, WATCH_LOCK), os.O_RDONLY | os.O_CREAT | os.O_NONBLOCK, 0o600
            )
        except OSError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError:  # no locks here
            os.close(file)
            return True
        self._lock = file
        return True

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
