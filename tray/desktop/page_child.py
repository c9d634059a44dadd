"""The page in the browser, as a process beside the tray: what it takes is gone when it ends, and it ends with us.

On its output it answers each wish to see the page: `ready`, and `failed` with a sentence. What opens a browser is
in that process; its token never leaves it but for the browser.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from tray.desktop.opener import CannotOpen
from tray.engine.detached import own_command

START_SECONDS, END_SECONDS = 30.0, 2.5
READY = "ready"
NOT_STARTED = "The page could not be started. Run `tankful dashboard` in a terminal to see why."


class PageChild:
    """Thread-safe. `on_failure` gets what goes wrong later, from a thread of its own."""

    def __init__(
        self,
        environ: Mapping[str, str],
        on_failure: Callable[[str], None],
        command: Sequence[str] | None = None,
        *,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._environ = environ
        self._on_failure = on_failure
        self._command = command or own_command("dashboard", "--for-tray")
        self._start_seconds = start_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._last_started: subprocess.Popen[str] | None = None
        self._is_closed = False
        self._listener = threading.Thread()
        self._answers: queue.Queue[str] = queue.Queue()

    def open(self) -> None:
        """Open the page in the browser; a second call opens the same one. Raises CannotOpen."""
        with self._lock:
            if self._process is None or not self._is_asked_again(self._process):
                self._start()

    def close(self) -> None:
        """End it, and wait as long as it takes to end its answers; one that does not answer is killed."""
        self._is_closed = True
        if not self._lock.acquire(timeout=END_SECONDS):  # `open` waits for it
            if self._last_started is not None:
                self._last_started.kill()
            self._lock.acquire()
        try:
            process, self._process = self._process, None
            if process is None or process.stdin is None:
                return
            with suppress(OSError):
                process.stdin.close()
        finally:
            self._lock.release()
        self._listener.join(END_SECONDS)
        if self._listener.is_alive():
            process.kill()
            self._listener.join(END_SECONDS)

    def _is_asked_again(self, process: subprocess.Popen[str]) -> bool:
        """False where it has ended, or ends before it hears of it."""
        if process.poll() is not None or process.stdin is None:
            return False
        try:
            process.stdin.write("open\n")
            process.stdin.flush()
        except (OSError, ValueError):
            return False
        return self._next_answer() == READY

    def _start(self) -> None:
        if self._process is not None:  # suspended, perhaps: it would stay beside the next one
            self._process.kill()
        self._process, self._answers = None, queue.Queue()
        if self._is_closed:
            raise CannotOpen(NOT_STARTED)
        try:  # in a session of its own: Ctrl-C is for us alone, and the end of the pipe ends it
            process = subprocess.Popen(
                self._command,
                env=dict(self._environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise CannotOpen(NOT_STARTED) from error
        self._last_started = process
        self._listener = threading.Thread(
            target=self._listen, args=(process, self._answers), name="page", daemon=True
        )
        self._listener.start()
        answer = self._next_answer()
        if answer != READY:
            process.kill()
            self._listener.join(END_SECONDS)
            raise CannotOpen(_sentence(answer))
        self._process = process

    def _next_answer(self) -> str:
        """ "" when it has ended, or does not answer in time."""
        try:
            return self._answers.get(timeout=self._start_seconds)
        except queue.Empty:
            return ""

    def _listen(self, process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
        """Until it ends; then nothing of it is left."""
        if process.stdout is None or process.stdin is None:
            return
        is_ready = False
        with process.stdout:
            for line in process.stdout:
                if is_ready and line.startswith("failed"):
                    self._on_failure(_sentence(line.rstrip("\n")))
                else:
                    answers.put(line.rstrip("\n"))
                is_ready = True
        answers.put("")
        process.wait()
        with suppress(OSError):
            process.stdin.close()


def _sentence(line: str) -> str:
    what, _, sentence = line.partition(" ")
    return sentence if what == "failed" and sentence else NOT_STARTED
