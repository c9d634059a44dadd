"""Work that may hang, on a dead mount or in a dialog: with a timeout, and never started twice meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")


class Bounded:
    """Each kind of work has a name; of one that hangs a single thread stays behind."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, Thread] = {}

    def run(self, name: str, seconds: float, work: Callable[[], T], *, otherwise: T) -> T:
        """What the work returned within so many seconds; `otherwise` where it took longer, or still runs from
        before.

        Raises what the work raised.
        """
        results: list[T] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again by who waits
                errors.append(error)

        with self._lock:
            before = self._running.get(name)
            if before is not None and before.is_alive():
                return otherwise
            thread = Thread(target=run, name=name.partition(":")[0], daemon=True)
            self._running[name] = thread
            thread.start()
        thread.join(seconds)
        if errors:
            raise errors[0]
        if not thread.is_alive():
            with self._lock:
                if self._running.get(name) is thread:
                    del self._running[name]
        return results[0] if results else otherwise
