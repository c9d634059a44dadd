"""Which tabs of browsers have the page open, so that a page which nobody looks at can end.

A tab that shows the page has a stream of events. One in the background has none, as browsers allow six connections
to a host and no more; it says that it is hidden before it closes its stream, and that it closes before it is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")

CLOSED_SECONDS = 60.0
HIDDEN_SECONDS = 3600.0
WITHOUT_SCRIPT_SECONDS = 900.0
"""After a page that opened no stream: a browser without JavaScript says nothing when it closes."""
MOST = 256


class OpenTabs:
    """For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._streams = 0
        self._hidden: dict[str, float] = {}
        self._closed: dict[str, None] = {}
        self._needed_until = clock() + 2 * CLOSED_SECONDS  # a browser may take long to start

    def shown(self) -> None:
        """A page was answered."""
        if not self._streams:
            self._need(WITHOUT_SCRIPT_SECONDS)

    def opened(self, tab: str) -> None:
        """A tab with this name began to listen."""
        self._hidden.pop(tab, None)
        self._closed.pop(tab, None)
        self._streams += 1
        self._needed_until = self._clock()

    def ended(self) -> None:
        self._streams -= 1
        self._need(CLOSED_SECONDS)

    def hidden(self, tab: str) -> None:
        if tab not in self._closed:  # a tab that closes says both, and they may overtake each other
            _keep(self._hidden, tab, self._clock() + HIDDEN_SECONDS)

    def closed(self, tab: str) -> None:
        self._hidden.pop(tab, None)
        _keep(self._closed, tab, None)
        self._need(CLOSED_SECONDS)

    @property
    def seconds_left(self) -> float | None:
        """After so many seconds nobody needs the page; None while one is shown."""
        if self._streams:
            return None
        return max(0.0, max((self._needed_until, *self._hidden.values())) - self._clock())

    def _need(self, seconds: float) -> None:
        self._needed_until = max(self._needed_until, self._clock() + seconds)


def _keep(known: dict[str, _Value], tab: str, value: _Value) -> None:
    while len(known) >= MOST:
        del known[next(iter(known))]
    known[tab] = value
