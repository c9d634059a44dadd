"""The tray: looks at the clock once a minute, asks when it is due, counts beside that, and shows what it knows.

Three threads: the main one belongs to the desktop; `watch` asks and draws; `count` reads the logs. Each waits
without using the processor. Whatever goes wrong in one of them is written to the log, and it goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from providers.models import UsageSnapshot
from providers.pipeline import Mode
from tray import icon, menu
from tray.desktop.face import DesktopGone, Face
from tray.gauge import Gauge
from tray.rows import Action
from tray.state import State

log = logging.getLogger(__name__)

POLL_EVERY = timedelta(minutes=5)
COUNT_EVERY = timedelta(minutes=5)
TICK_SECONDS = 60.0


class App:
    """Runs until Quit, a signal, or the end of the desktop session."""

    def __init__(
        self, gauge: Gauge, open_face: Callable[[Callable[[Action], None], Callable[[], None]], Face]
    ) -> None:
        self._gauge = gauge
        self._state = State()
        self._changing = threading.Lock()
        self._quitting = threading.Event()
        self._poll_wanted = threading.Event()
        self._count_wanted = threading.Event()
        self._polled_at: datetime | None = None
        self._shown: icon.Glance | None = None
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
        """From any thread, or a signal handler."""
        self._face.stop()

    def _choose(self, action: Action) -> None:
        if action == "quit":
            self._face.stop()
        elif action == "refresh":
            self._poll_wanted.set()
            self._count_wanted.set()

    def _watch(self) -> None:
        self._attempt("look", partial(self._look, "cached"))
        while not self._quitting.is_set():
            asked = self._poll_wanted.is_set()
            self._poll_wanted.clear()
            if asked or self._is_due():
                self._attempt("look", partial(self._look, "now" if asked else "due"))
            else:
                self._attempt("draw", self._redraw)
            self._poll_wanted.wait(TICK_SECONDS)

    def _count(self) -> None:
        while not self._quitting.is_set():
            self._count_wanted.clear()
            self._change(counting=True)
            self._attempt("count", self._gauge.count)
            self._change(counting=False)
            self._count_wanted.wait(COUNT_EVERY.total_seconds())

    def _is_due(self) -> bool:
        """By the wall clock, which goes on while the machine sleeps; a clock set back counts as due."""
        now = self._gauge.clock()
        return self._polled_at is None or not timedelta(0) <= now - self._polled_at < POLL_EVERY

    def _look(self, mode: Mode) -> None:
        asking = mode != "cached"
        if asking:
            self._polled_at = self._gauge.clock()
            self._change(refreshing=True)
        try:
            self._change(snapshot=self._gauge.usage(mode))
        finally:
            if asking:
                self._change(refreshing=False)

    def _change(
        self,
        *,
        snapshot: UsageSnapshot | None = None,
        refreshing: bool | None = None,
        counting: bool | None = None,
    ) -> None:
        with self._changing:
            state = self._state
            snapshot = snapshot or state.snapshot
            self._state = State(
                snapshot=self._gauge.with_costs(snapshot) if snapshot else None,
                refreshing=state.refreshing if refreshing is None else refreshing,
                counting=state.counting if counting is None else counting,
            )
        self._redraw()

    def _redraw(self) -> None:
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
