"""Work beside the engine's thread, each kind under a name: at most one of a name runs, and one more may wait."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread

from providers.host.faults import log_fault, logger_of

_log = logger_of(__name__)


class Jobs:
    """Threads are daemons: one that never ends blocks neither another job nor the end of the process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, Thread] = {}
        self._next: dict[str, Callable[[], None]] = {}
        self._closed = False

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Run it now, or once the one of this name that runs has ended; of several that wait the last is run."""
        with self._lock:
            if self._closed:
                return
            if name in self._running:
                self._next[name] = work
                return
            self._begin(name, work)

    def close(self, seconds: float) -> None:
        """Start no more jobs; those that run have this many seconds in total to finish."""
        with self._lock:
            self._closed = True
            self._next.clear()
            running = list(self._running.values())
        share = seconds / max(1, len(running))
        for thread in running:
            thread.join(share)

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        """Raises RuntimeError where the system gives no further thread: the name is free then."""
        thread = Thread(target=self._run, args=(name, work), name=name, daemon=True)
        self._running[name] = thread
        try:
            thread.start()
        except RuntimeError:
            del self._running[name]
            raise

    def _run(self, name: str, work: Callable[[], None]) -> None:
        """In the same thread what waits: the system may have no other one."""
        following: Callable[[], None] | None = work
        while following is not None:
            try:
                following()
            except Exception as error:  # noqa: BLE001 - a fault of one job must not be the next one's
                log_fault(_log, f"could not {name.partition(':')[0]}", error)
            with self._lock:
                following = self._next.pop(name, None)
                if following is None:
                    del self._running[name]
