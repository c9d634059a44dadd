"""Commands of this tankful that a tool needs, each in a process of its own: bounded, and ended when nobody waits.

So the server itself stays small and answers at once, and a call that is cancelled leaves nothing behind.
"""

from __future__ import annotations

from threading import Lock

from tray.engine.detached import own_command

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    import subprocess  # 6 ms, which only a command costs
    from collections.abc import Callable

    Child = subprocess.Popen[bytes]

_GRACE_SECONDS = 2.0


class Cancelled(Exception):
    """Nobody waits for the answer any more."""


class Output:
    """What a command printed; `code` is None where it was ended because it took too long."""

    __slots__ = ("code", "messages", "text")

    def __init__(self, code: int | None, text: str, messages: str) -> None:
        self.code = code
        self.text = text
        self.messages = messages


class Commands:
    """The commands of one call, one after the other; another thread may `cancel` it.

    `command` makes the command line of this tankful with the arguments.
    """

    def __init__(self, command: Callable[..., list[str]] = own_command) -> None:
        self._command = command
        self._lock = Lock()
        self._running: Child | None = None
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        return self._is_cancelled

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
            if self._running is not None:
                self._running.terminate()

    def run(self, arguments: list[str], seconds: float) -> Output:
        """Raises Cancelled, and OSError where no process can be started."""
        import subprocess

        with self._lock:
            if self._is_cancelled:
                raise Cancelled
            self._running = process = subprocess.Popen(
                self._command(*arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        try:
            found, messages = process.communicate(timeout=seconds)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            found, messages, code = *_ended(process), None
        finally:
            with self._lock:
                self._running = None
        if self._is_cancelled:
            raise Cancelled
        return Output(code, found.decode("utf-8", "replace"), messages.decode("utf-8", "replace"))


def _ended(process: Child) -> tuple[bytes, bytes]:
    import subprocess

    process.terminate()
    try:
        return process.communicate(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()
