"""The tray: looks at the clock once a minute, asks when it is due, counts beside that, and shows what it knows.

Three threads: the main one belongs to the desktop; `watch` keeps the times, asks and draws; `count` reads the
logs. Each waits without using the processor. Whatever goes wrong in one of them is written to the log, and it
goes on.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Protocol

from msgspec.structs import replace

from providers.domain.limits import UsageSnapshot
from providers.ledger.database import LedgerTrouble
from providers.polling.poll import Mode
from tray.desktop.icon import DesktopGone, Face
from tray.engine.settings import Settings
from tray.engine.state import State
from tray.view import icon, menu
from tray.view.rows import Action

log = logging.getLogger(__name__)

POLL_EVERY = timedelta(minutes=5)
COUNT_EVERY = timedelta(minutes=5)
TICK = timedelta(minutes=1)
PROGRESS_EVERY = 0.5  # seconds
JITTER = 0.1
"""By how much of a period a poll may come later: many machines that began together drift apart."""


class Gauge(Protocol):
    """What the tray asks of `tray.engine.gauge.Gauge`."""

    @property
    def zone(self) -> tzinfo: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    def usage(self, mode: Mode) -> UsageSnapshot: ...
    def settings(self) -> Settings: ...
    def with_costs(self, snapshot: UsageSnapshot) -> UsageSnapshot: ...
    def count(self, tell: Callable[[float], None]) -> None: ...


class App:
    """Runs until Quit, a signal, or the end of the desktop session.

    Periods are of the wall clock, which goes on while the machine sleeps; it is looked at every `tick`.
    """

    def __init__(
        self,
        gauge: Gauge,
        open_face: Callable[[Callable[[Action], None], Callable[[], None]], Face],
        *,
        poll_every: timedelta = POLL_EVERY,
        count_every: timedelta = COUNT_EVERY,
        tick: timedelta = TICK,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._gauge = gauge
        self._poll_every, self._count_every, self._tick = poll_every, count_every, tick
        self._chance = chance
        self._next_poll_after = poll_every
        self._settings = Settings()
        self._state = State()
        self._changing = threading.Lock()
        self._drawing = threading.Lock()
        self._quitting = threading.Event()
        self._poll_wanted = threading.Event()
        self._count_wanted = threading.Event()
        self._polled_at: datetime | None = None
        self._counted_at: datetime | None = None
        self._counted_on: date | None = None
        self._told_progress_at = -PROGRESS_EVERY
        self._face = open_face(self._choose, self._redraw)

    def run(self) -> int:
        """The exit code: 0 also when the desktop session ended under it. Blocks in the main thread."""
        threads = [
            threading.Thread(target=self._watch, name="watch", daemon=True),
            threading.Thread(target=self._count, name="count", daemon=True),
        ]
        self._redraw()
        for thread in threads:
            thread.start()
        try:
            self._face.run()
        except DesktopGone as gone:
            log.info("%s", gone)
        finally:
            self._quitting.set()
            self._poll_wanted.set()
            self._count_wanted.set()
        for thread in threads:
            # A request under way may take its whole deadline; as a daemon it ends with the process.
            thread.join(timeout=1)
        return 0

    def stop(self) -> None:
        """From any thread, but not from a signal handler; see `Face.stop`."""
        self._face.stop()

    def _choose(self, action: Action) -> None:
        if action.name == "quit":
            self._face.stop()
        elif action.name == "refresh":
            self._poll_wanted.set()
            self._count_wanted.set()

    def _watch(self) -> None:
        self._attempt("look", partial(self._look, "cached"))
        while not self._quitting.is_set():
            asked = self._poll_wanted.is_set()
            self._poll_wanted.clear()
            if self._count_is_due():
                self._count_wanted.set()
            if asked or self._is_due(self._polled_at, self._next_poll_after):
                self._attempt("look", partial(self._look, "now" if asked else "due"))
            elif self._gauge.settings() != self._settings:
                self._attempt("look", partial(self._look, "due"))
                self._count_wanted.set()
            else:
                self._attempt("draw", self._redraw)
            self._poll_wanted.wait(self._pause().total_seconds())

    def _pause(self) -> timedelta:
        """Until the clock is looked at again: a tick, or less where a poll is due before that."""
        if self._polled_at is None:
            return self._tick
        until_poll = self._polled_at + self._next_poll_after - self._gauge.clock()
        return min(self._tick, max(until_poll, timedelta(seconds=1)))

    def _count(self) -> None:
        while True:
            self._count_wanted.wait()
            self._count_wanted.clear()
            if self._quitting.is_set():
                return
            self._attempt("count", self._count_once)

    def _is_due(self, last: datetime | None, every: timedelta) -> bool:
        """A clock that was set back counts as due."""
        return last is None or not timedelta(0) <= self._gauge.clock() - last < every

    def _count_is_due(self) -> bool:
        """Also when a day begins: what is counted of today is of the day before."""
        if self._state.counting:
            return False
        return self._today() != self._counted_on or self._is_due(self._counted_at, self._count_every)

    def _today(self) -> date:
        return self._gauge.clock().astimezone(self._gauge.zone).date()

    def _look(self, mode: Mode) -> None:
        asking = mode != "cached"
        if asking:
            self._polled_at = self._gauge.clock()
            self._next_poll_after = self._poll_every * (1 + JITTER * self._chance())
            self._change(refreshing=True)
        try:
            self._settings = self._gauge.settings()
            self._change(snapshot=self._gauge.usage(mode), settings_trouble=self._settings.trouble)
        finally:
            if asking:
                self._change(refreshing=False)

    def _count_once(self) -> None:
        self._counted_on = self._today()
        try:
            self._change(counting=True, progress=None)
            self._gauge.count(self._progress)
            self._change(trouble=None)
        except LedgerTrouble as trouble:
            log.warning("%s", trouble)
            self._change(trouble=str(trouble))
        except OSError as error:
            self._change(trouble=f"The cost cannot be kept: {error.strerror}.")
        finally:
            self._counted_at = self._gauge.clock()
            self._change(counting=False, progress=None)

    def _progress(self, share: float) -> None:
        """Each one is read, priced and drawn, so not all of them are."""
        now = time.monotonic()
        if now - self._told_progress_at >= PROGRESS_EVERY:
            self._told_progress_at = now
            self._change(progress=share)

    def _change(self, **changes: Any) -> None:
        with self._changing:
            self._state = replace(self._state, **changes)
            if self._state.snapshot is not None:
                known = self._gauge.with_costs(self._state.snapshot)
                self._state = replace(self._state, snapshot=known)
        self._redraw()

    def _redraw(self) -> None:
        with self._drawing:  # of two that draw at once, the one with the older state must not come last
            state, now = self._state, self._gauge.clock()
            self._face.show(
                partial(icon.picture, icon.glance(state, now)),
                menu.title(state, now),
                menu.rows(state, now, self._gauge.zone),
            )

    def _attempt(self, what: str, act: Callable[[], None]) -> None:
        """A fault is logged by its kind alone: its text could hold what nobody should read."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the tray outlives any fault of one round
            log.warning("could not %s: %s", what, type(error).__name__)
