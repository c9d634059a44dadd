"""A terminal on Windows: ConPTY, by way of pywinpty. Its own reads wait for ever, so it is looked at in turns."""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from providers.domain.errors import ProgramMissing
from providers.host.files import short
from providers.host.process.scratch import MARK, end_marked

if TYPE_CHECKING:
    from providers.host.terminal.line import Line, Size

_LOOK_SECONDS = 0.02


@contextmanager
def open_line(argv: Sequence[str], *, environ: Mapping[str, str], folder: Path, size: Size) -> Iterator[Line]:
    """The program in a terminal of that size; it and all it started are gone when the context is left.

    Raises ProgramMissing when it cannot be started.
    """
    from winpty import PTY, WinptyError

    mark = f"{folder}:{secrets.token_hex(8)}"
    variables = "".join(f"{name}={value}\0" for name, value in {**environ, MARK: mark}.items())
    try:
        pty = PTY(size.columns, size.lines)
        pty.spawn(argv[0], cmdline=_arguments(argv), cwd=str(folder), env=variables)
    except (WinptyError, OSError):
        raise ProgramMissing(
            f"Cannot start {short(Path(argv[0]))} in a terminal.", remedy="Reinstall it."
        ) from None
    try:
        yield ConPty(pty, WinptyError)
    finally:
        _end(pty.pid, mark)
        with suppress(WinptyError, OSError):
            pty.cancel_io()


class ConPty:
    """Implements Line over a `winpty.PTY`; `fault` is the error that it raises at its end."""

    def __init__(self, pty: Any, fault: type[Exception]) -> None:
        self._pty = pty
        self._faults = (fault, OSError)
        self._over = False

    @property
    def ended(self) -> bool:
        return self._over

    def read(self, seconds: float) -> bytes:
        ends = time.monotonic() + seconds
        while not self._over:
            alive = self._alive()  # asked first: what it says last may come after that
            try:
                text: str = self._pty.read(blocking=False)
            except self._faults:
                text, alive = "", False
            if text:
                return text.encode("utf-8", "replace")
            self._over = not alive
            left = ends - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, _LOOK_SECONDS))
        return b""

    def write(self, data: bytes) -> None:
        with suppress(*self._faults):
            self._pty.write(data.decode("utf-8", "replace"))

    def _alive(self) -> bool:
        try:
            return bool(self._pty.isalive())
        except self._faults:
            return False


def _arguments(argv: Sequence[str]) -> str | None:
    """What follows the program's name on its command line."""
    return f" {subprocess.list2cmdline(argv[1:])}" if len(argv) > 1 else None


def _end(pid: int | None, mark: str) -> None:
    import psutil

    with suppress(psutil.Error):
        if pid is not None:
            program = psutil.Process(pid)
            for process in (*program.children(recursive=True), program):
                with suppress(psutil.Error):
                    process.kill()
    end_marked(lambda other: other == mark)
