"""Starts programs of the desktop: they hold none of our pipes, outlive us, and are never waited for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OPEN_SECONDS, FEED_SECONDS = 5.0, 3.0
_OURS_ALONE = (
    "DESKTOP_STARTUP_ID",
    "XDG_ACTIVATION_TOKEN",
    "GIO_LAUNCHED_DESKTOP_FILE",
    "GIO_LAUNCHED_DESKTOP_FILE_PID",
)
"""Variables of how tankful itself was started: a program that inherits them is taken for tankful."""


class Launcher:
    """Any thread may call it; each call waits for seconds at most."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        open_seconds: float = OPEN_SECONDS,
        feed_seconds: float = FEED_SECONDS,
    ) -> None:
        self._environ = environ
        self._open_seconds = open_seconds
        self._feed_seconds = feed_seconds
        self._lock = Lock()
        self._left: set[int] = set()

    def open(self, command: Sequence[str]) -> int | None:
        """Its exit code; None if it still runs after some seconds, as a browser that it became. Raises OSError."""
        self._reap()
        process = self._start(command, subprocess.DEVNULL)
        try:
            return process.wait(self._open_seconds)
        except subprocess.TimeoutExpired:
            process.returncode = 0  # it is left to itself: no warning when we end before it
            with self._lock:
                self._left.add(process.pid)
            return None

    def feed(self, command: Sequence[str], data: bytes, extra: Mapping[str, str] = {}) -> int | None:
        """Its exit code once it has read the data; None if it does not end, and is killed. Raises OSError."""
        self._reap()
        process = self._start(command, subprocess.PIPE, extra)
        with process:
            try:
                process.communicate(data, timeout=self._feed_seconds)
            except subprocess.TimeoutExpired:
                _kill(process)
                return None
        return process.returncode

    def _start(
        self, command: Sequence[str], stdin: int, extra: Mapping[str, str] = {}
    ) -> subprocess.Popen[bytes]:
        environ = {name: value for name, value in self._environ.items() if name not in _OURS_ALONE}
        return subprocess.Popen(
            command,
            env={**environ, **extra},
            cwd=os.path.expanduser("~") if sys.platform == "win32" else "/",
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_apart(),
        )

    def _reap(self) -> None:
        """Those that have ended since, so that none stays behind as a zombie."""
        if sys.platform == "win32":
            return
        with self._lock:
            for pid in list(self._left):
                try:
                    ended, _ = os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    ended = pid
                if ended:
                    self._left.discard(pid)


def _apart() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With what it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
