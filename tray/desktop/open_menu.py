"""What is kept up to date only while the menu is open."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

LONGEST_SECONDS = 60.0
"""For how long a menu counts as open, where the desktop does not report that it was closed."""


class ShownWhile:
    """`show` begins, and returns what ends it. All methods may be called from any thread, at any time."""

    def __init__(
        self, show: Callable[[], Callable[[], None]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._show = show
        self._monotonic = monotonic
        self._lock = Lock()
        self._undo: Callable[[], None] | None = None
        self._began_at = 0.0

    def begin(self) -> None:
        with self._lock:
            self._began_at = self._monotonic()
            if self._undo is None:
                self._undo = self._show()

    def end(self) -> None:
        with self._lock:
            undo, self._undo = self._undo, None
        if undo is not None:
            undo()

    def end_if_old(self) -> None:
        if self._monotonic() - self._began_at >= LONGEST_SECONDS:
            self.end()
