"""Costs for a process without an engine: it counts what changed itself, where no engine does."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from providers.ledger.database import LedgerError
from tray.engine.bounded import Bounded

FIRST_SECONDS = 2.0
"""For how long a person waits for a count; it goes on beside what they see."""
EVERY_SECONDS = 30.0
_JOB = "count"


class OwnCount:
    """`count` may raise LedgerError: then the figures are those of an earlier count."""

    def __init__(
        self,
        count: Callable[[], None],
        is_counted: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        first_seconds: float = FIRST_SECONDS,
    ) -> None:
        self._count = count
        self._is_counted = is_counted
        self._clock = clock
        self._first_seconds = first_seconds
        self._bounded = Bounded()
        self._began: float | None = None

    def keep_up(self) -> None:
        """Count if that is due; only the first time this waits for it, and not for long."""
        now = self._clock()
        if (self._began is not None and now - self._began < EVERY_SECONDS) or self._is_counted():
            return
        seconds = self._first_seconds if self._began is None else 0.0
        self._began = now
        self._bounded.run(_JOB, seconds, self._try, otherwise=None)

    def _try(self) -> None:
        with suppress(LedgerError):
            self._count()
