from __future__ import annotations

import os
import pty
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.programs import started

_IN_TERMINAL = (
    "import fcntl, termios, time; fcntl.ioctl(0, termios.TIOCSCTTY, 0); print(1, flush=True); time.sleep(600)"
)


@pytest.fixture
def running_in_terminal() -> Iterator[Callable[[], tuple[int, str]]]:
    """Starts a program in a terminal of its own: its pid, and the terminal."""
    with ExitStack() as stack:

        def start() -> tuple[int, str]:
            master, slave = pty.openpty()
            stack.callback(os.close, master)
            stack.callback(os.close, slave)
            command = [sys.executable, "-c", _IN_TERMINAL]
            process = stack.enter_context(started(command, stdin=slave, stdout=slave, stderr=slave))
            os.read(master, 1)
            return process.pid, os.ttyname(slave)

        yield start
