"""Runs a program in a terminal, with a screen that can be read and keys that can be pressed.

It is a pseudo terminal of the system; on Windows ConPTY, which has a module of its own. However the program
behaves: every wait has an end, what is kept is one screen, and nothing of it is left afterwards.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from providers.domain.errors import NotUnderstood
from providers.host.process.child import Child
from providers.host.terminal.line import Line, Size
from providers.host.terminal.screen import Screen

_CHUNK = 1 << 16
_MOST_OUTPUT = 1 << 20  # a session to one screen takes 12 KB
_LOOK_SECONDS = 0.05


class Terminal:
    """A program's screen. Its terminal queries are answered on each `look`."""

    def __init__(self, line: Line, size: Size) -> None:
        self._line = line
        self._screen = Screen(size.columns, size.lines)
        self._taken = 0

    @property
    def text(self) -> str:
        """What is on the screen, as lines."""
        return self._screen.text

    @property
    def ended(self) -> bool:
        return self._line.ended

    def press(self, keys: str) -> None:
        self._line.write(keys.encode())

    def look(self, seconds: float) -> bool:
        """Take in what comes within that time; True when anything did.

        Raises NotUnderstood for a program that floods its terminal.
        """
        data = self._line.read(seconds)
        self._taken += len(data)
        if self._taken > _MOST_OUTPUT:
            raise NotUnderstood("The program flooded its terminal with output.")
        answers = self._screen.feed(data)
        if answers:
            self._line.write(answers)
        return bool(data)

    def wait_until(self, seen: Callable[[str], bool], seconds: float) -> bool:
        """Look until the screen is as wished; False where it is not by then, or the program ended before."""
        ends = time.monotonic() + seconds
        while not seen(self.text):
            left = ends - time.monotonic()
            if left <= 0 or (not self.look(min(left, _LOOK_SECONDS)) and self.ended):
                return seen(self.text)
        return True

    def wait_still(self, still: float, seconds: float) -> None:
        """Look until the screen has not changed for `still` seconds, at most `seconds` long."""
        ends = time.monotonic() + seconds
        text, since = self.text, time.monotonic()
        while (now := time.monotonic()) < ends and now - since < still and not self.ended:
            self.look(_LOOK_SECONDS)
            if self.text != text:
                text, since = self.text, time.monotonic()


@contextmanager
def in_terminal(
    argv: Sequence[str], *, environ: Mapping[str, str], folder: Path, size: Size
) -> Iterator[Terminal]:
    """A program in a terminal of its own, for the time of the context. `folder` is of `probe_folder()`.

    Raises ProgramMissing when it cannot be started.
    """
    environ = {**environ, "TERM": "xterm-256color", "COLUMNS": str(size.columns), "LINES": str(size.lines)}
    if sys.platform == "win32":
        from providers.host.terminal.windows_terminal import open_line
    else:
        open_line = _open_line
    with open_line(argv, environ=environ, folder=folder, size=size) as line:
        yield Terminal(line, size)


@contextmanager
def _open_line(
    argv: Sequence[str], *, environ: Mapping[str, str], folder: Path, size: Size
) -> Iterator[Line]:
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    with ExitStack() as after:
        after.callback(os.close, ours)
        with ExitStack() as started:
            started.callback(os.close, theirs)  # else the program's end would never be seen
            fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", size.lines, size.columns, 0, 0))
            os.set_blocking(ours, False)
            child = after.enter_context(Child(argv, environ=environ, folder=folder, terminal=theirs))
        yield _PseudoTerminal(child, ours)


class _PseudoTerminal:
    """Implements Line."""

    def __init__(self, child: Child, file: int) -> None:
        self._child = child
        self._file = file
        self._over = False

    @property
    def ended(self) -> bool:
        return self._over

    def read(self, seconds: float) -> bytes:
        import select

        if self._over:
            return b""
        ready, _, _ = select.select([self._file], [], [], max(seconds, 0))
        if not ready:
            # A daemon may hold the other side open when the program itself is long gone.
            self._over = self._child.code is not None
            return b""
        try:
            data = os.read(self._file, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError:  # nobody has the other side any more
            data = b""
        self._over = not data
        return data

    def write(self, data: bytes) -> None:
        with suppress(OSError):
            os.write(self._file, data)
