"""The keys of the person's terminal, each as soon as it is pressed, and not shown. Nothing on Windows."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from typing import Any


class Keyboard:
    """`descriptor` is readable when a key was pressed; None where there are no keys for us."""

    def __init__(self) -> None:
        self.descriptor: int | None = None
        self._before: list[Any] | None = None

    def begin(self) -> None:
        self.descriptor = _descriptor()
        if self.descriptor is not None and sys.platform != "win32":
            import termios
            import tty

            self._before = termios.tcgetattr(self.descriptor)
            tty.setcbreak(self.descriptor, termios.TCSANOW)

    def end(self) -> None:
        """As it was before."""
        if self.descriptor is not None and self._before is not None and sys.platform != "win32":
            import termios

            with suppress(termios.error):  # it was closed
                termios.tcsetattr(self.descriptor, termios.TCSANOW, self._before)
        self.descriptor = self._before = None

    def pressed(self) -> str:
        """The keys since the last call; does not wait."""
        if self.descriptor is None or not select.select([self.descriptor], [], [], 0)[0]:
            return ""
        try:
            keys = os.read(self.descriptor, 64)
        except OSError:
            keys = b""
        if not keys:  # it was closed
            self.descriptor = None
        return keys.decode("ascii", "replace")


def _descriptor() -> int | None:
    """Of stdin, if that is a terminal which is ours now: a job in the background must not touch it."""
    if sys.platform == "win32" or sys.stdin is None:
        return None
    try:
        number = sys.stdin.fileno()
        is_ours = os.isatty(number) and os.tcgetpgrp(number) == os.getpgrp()
    except (OSError, ValueError):
        return None
    return number if is_ours else None
