"""Looks at the live sessions, for all tabs that show them: again and again while there is one, else none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from starlette.concurrency import run_in_threadpool

from providers.domain.live import SessionsLook
from tray.engine.bounded import Bounded
from tray.engine.live.cadence import SHOWN_AGE, SHOWN_EVERY
from tray.engine.live.feed import SessionFeed

LOOK_SECONDS = 2.0
"""A request waits no longer for a look; it goes on, and what it finds is for the next one."""
TOO_SLOW = "The sessions are still being looked at."
_JOB = "sessions"


class LiveLooks:
    """`on_look` is called after each look for a tab, in the event loop. `look` and `close` may be called from any
    thread.
    """

    def __init__(
        self,
        feed: SessionFeed,
        on_look: Callable[[], None],
        clock: Callable[[], datetime],
        *,
        every: float = SHOWN_EVERY.total_seconds(),
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._feed = feed
        self._on_look = on_look
        self._clock = clock
        self._every = every
        self._look_seconds = look_seconds
        self._bounded = Bounded()
        self._alone = Lock()
        self._tabs = 0
        self.number = 0
        """Another after each look for a tab."""
        self._task: asyncio.Task[None] | None = None
        self._newest: SessionsLook | None = None

    def look(self) -> SessionsLook:
        """What there is now; where that takes too long, what there was, or a sentence that says so."""
        with self._alone:  # those who ask at the same time share it
            found = self._bounded.run(_JOB, self._look_seconds, self._read, otherwise=self._newest)
            if found is None:
                return SessionsLook(at=self._clock(), problems=(TOO_SLOW,))
            self._newest = found
            return found

    @property
    def tabs(self) -> int:
        """How many show them."""
        return self._tabs

    def shown(self) -> None:
        """By one more tab. In the event loop."""
        self._tabs += 1
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_looking())

    def hidden(self) -> None:
        """By one tab less. In the event loop."""
        self._tabs -= 1

    def close(self) -> None:
        """Nobody shows them any more."""
        self._tabs = 0
        self._feed.withdraw()

    def _read(self) -> SessionsLook:
        return self._feed.read(SHOWN_AGE, share=self._tabs > 0)

    async def _keep_looking(self) -> None:
        try:
            while self._tabs:
                began = time.monotonic()
                await run_in_threadpool(self.look)
                self.number += 1
                self._on_look()
                await asyncio.sleep(max(0.0, began + self._every - time.monotonic()))
        finally:
            self._task = None
        await run_in_threadpool(self._feed.withdraw)
