"""A program in a terminal, at which a test types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from providers.host.terminal.screen import Screen
from tests.programs import started

COLUMNS, LINES = 120, 40
SECONDS = 60.0


class Terminal:
    """A program in a terminal, with its `pid`; `text` is what stands on it."""

    def __init__(self, master: int, pid: int) -> None:
        self._master = master
        self.pid = pid
        self._screen = Screen(COLUMNS, LINES)

    @property
    def text(self) -> str:
        return self._screen.text

    def types(self, text: str) -> None:
        os.write(self._master, text.encode())

    def enters(self, text: str) -> None:
        """Type it, and press Enter once it is on the screen."""
        self.types(text)
        self.until(lambda: text in self.text, f"cannot type {text!r}")
        self.types("\r")

    def until(self, true: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
        ends = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < ends, f"{what}:\n{self.text}"
            if select.select([self._master], [], [], 0.1)[0]:
                with suppress(OSError):
                    self.types(self._screen.feed(os.read(self._master, 1 << 16)).decode())


@contextmanager
def terminal(command: list[str], environ: dict[str, str], folder: Path) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    try:
        with started(command, env=environ, cwd=folder, stdin=slave, stdout=slave, stderr=slave) as process:
            os.close(slave)
            yield Terminal(master, process.pid)
    finally:
        os.close(master)
