"""The listeners to changes: each in its own thread, so that one that blocks or raises affects no other."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Lock, Thread, current_thread

from providers.host.faults import log_fault, logger_of
from tray.engine.state import State

Listener = Callable[[State, State], None]
"""Called with the state it last saw and the newest; states between the two may be left out."""
Undo = Callable[[], None]

_LINGER_SECONDS = 1.0
_log = logger_of(__name__)


class Listeners:
    def __init__(self) -> None:
        self._lock = Lock()
        self._workers: dict[int, _Worker] = {}
        self._count = 0

    def add(self, listener: Listener, state: State) -> Undo:
        """From now on the listener hears of changes of `state`, until the undo that is returned is called."""
        worker = _Worker(listener, state)
        with self._lock:
            self._count += 1
            number = self._count
            self._workers[number] = worker

        def undo() -> None:
            with self._lock:
                self._workers.pop(number, None)
            worker.stop(deliver=False)

        return undo

    def notify(self, state: State) -> None:
        """Never waits."""
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            worker.notify(state)

    def close(self) -> None:
        """The newest state is delivered first, unless a listener takes too long."""
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            worker.stop(deliver=True)
        for worker in workers:
            worker.join()


class _Worker:
    def __init__(self, listener: Listener, state: State) -> None:
        self._listener = listener
        self._seen = self._newest = state
        self._changed = Condition()
        self._stopping = False
        self._thread = Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def notify(self, state: State) -> None:
        with self._changed:
            if not self._stopping:
                self._newest = state
                self._changed.notify()

    def stop(self, *, deliver: bool) -> None:
        """No call begins after this, but that for the newest state where it is still to `deliver`."""
        with self._changed:
            self._stopping = True
            if not deliver:
                self._newest = self._seen
            self._changed.notify()

    def join(self) -> None:
        if self._thread is not current_thread():
            self._thread.join(_LINGER_SECONDS)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._newest is not self._seen)
                if self._newest is self._seen:
                    return
                before, self._seen = self._seen, self._newest
                newest = self._newest
            try:
                self._listener(before, newest)
            except Exception as error:  # noqa: BLE001 - a face's fault must not be the engine's end
                log_fault(_log, "a listener failed", error)
