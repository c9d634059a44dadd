"""What every face asks for the live sessions: one look at a time on this machine, whoever takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from providers.domain.live import SessionsLook
from providers.host.faults import log_fault, logger_of
from providers.host.private import make_folder
from tray.engine.live.shared import SharedLook

LOCK = "sessions.lock"
LOCK_SECONDS = 2.0
"""For as long as another process may take to look: then this one looks, too."""
_log = logger_of(__name__)


class SessionFeed:
    """The newest look, from another process if one has just looked, else our own.

    While sessions are shown, call `read` again and again; each look is then shared by sessions.json, until
    `withdraw`. All methods may be called from any thread, and none raises.
    """

    def __init__(
        self,
        folder: Path,
        look: Callable[[], SessionsLook],
        clock: Callable[[], datetime],
        *,
        lock_seconds: float = LOCK_SECONDS,
        shared: SharedLook | None = None,
    ) -> None:
        self._folder = folder
        self._look = look
        self._clock = clock
        self._lock_seconds = lock_seconds
        self._shared = shared or SharedLook(folder)
        self._newest: SessionsLook | None = None
        self._alone = Lock()

    def read(self, max_age: timedelta, *, share: bool = True) -> SessionsLook:
        """One that is no older than that. `share` is False for who looks once, or in the background."""
        with self._alone:
            found = self._known(max_age)
            if found is not None:
                return found
            with self._alone_on_this_machine():
                found = self._known(max_age)  # by who held the lock
                if found is None:
                    found = self._newest = self._take()
                    if share:
                        self._shared.write(found)
                return found

    def withdraw(self) -> None:
        """Nobody here shows sessions any more."""
        with self._alone:
            self._shared.remove()

    def _known(self, max_age: timedelta) -> SessionsLook | None:
        now, own = self._clock(), self._newest
        if own is not None and timedelta(0) <= now - own.at <= max_age:
            return own
        found = self._shared.read(now, max_age)
        if found is not None:
            self._newest = found
        return found

    def _take(self) -> SessionsLook:
        try:
            return self._look()
        except Exception as error:  # noqa: BLE001 - a face goes on, and the next look may go better
            log_fault(_log, "could not look at the sessions", error)
            problem = "The sessions could not be looked at. See `tankful doctor`."
            return SessionsLook(at=self._clock(), problems=(problem,))

    @contextmanager
    def _alone_on_this_machine(self) -> Iterator[None]:
        """As far as there are locks, and their holder comes to an end."""
        from providers.host.file_lock import file_lock

        lock = file_lock(self._folder / LOCK)
        try:
            make_folder(self._folder)
            lock.acquire(timeout=self._lock_seconds, poll_interval=0.01)
        except (OSError, TimeoutError):
            yield
            return
        try:
            yield
        finally:
            lock.release()
