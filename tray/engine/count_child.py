"""A count in a process of its own: the memory that a first scan takes is freed when it ends, and the tray
stays light.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock

from providers.host.holder import WaitListener
from tray.engine.detached import own_command


class CountChild:
    """Runs `tankful count`, at most one at a time; it ends when its output is no longer read."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._lock = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    def run(self, progress: Callable[[float], None], waiting: WaitListener) -> None:
        """Count to the end; `progress` gets the share that is done, 0-1, and `waiting` for whom it waits.

        Never raises: the count that follows finds out what is left, and why.
        """
        with suppress(OSError):
            process = self._start()
            if process is None or process.stdout is None:
                return
            with process.stdout, suppress(UnicodeDecodeError):
                for line in process.stdout:
                    try:
                        share = float(line)
                    except ValueError:  # `tray.cli.count` prints nothing else
                        waiting(line.rstrip())
                    else:
                        progress(share)
                process.wait()
            self._end()

    def close(self) -> None:
        """End it, and start no more."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._process.kill()
                self._process.wait()

    def _start(self) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._closed:
                return None
            self._process = subprocess.Popen(
                own_command("count"),
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            return self._process
