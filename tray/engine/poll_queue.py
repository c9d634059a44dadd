"""Which accounts wait to be asked, and which are being asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from providers.polling.accounts import Target
from providers.polling.poll import Mode

MOST_AT_ONCE = 4
SLOW_SECONDS = 3.0
"""An account that takes longer than that no longer counts as one of those at once."""


class PollQueue:
    """Used by one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[str, Mode] = {}
        self._asking: dict[str, float] = {}

    def __bool__(self) -> bool:
        """Whether anybody waits or is being asked."""
        return bool(self._waiting or self._asking)

    @property
    def waiting(self) -> frozenset[str]:
        return frozenset(self._waiting)

    @property
    def keys(self) -> frozenset[str]:
        """Who waits or is being asked."""
        return frozenset((*self._waiting, *self._asking))

    def add(self, targets: Iterable[Target], mode: Mode) -> None:
        """Those that have a client. One that waits already does so in the more urgent mode."""
        for target in targets:
            if target.client is not None:
                self._waiting[target.key] = "now" if "now" in (mode, self._waiting.get(target.key)) else mode

    def take(self, targets: Mapping[str, Target]) -> Iterator[tuple[Target, Mode]]:
        """Whoever of these may be asked now, which begins with that; those that are no more wait no longer."""
        for key, mode in list(self._waiting.items()):
            if key not in targets:
                del self._waiting[key]
            elif key not in self._asking and self._running() < MOST_AT_ONCE:
                del self._waiting[key]
                self._asking[key] = self._clock()
                yield targets[key], mode

    def ended(self, key: str) -> None:
        self._asking.pop(key, None)

    def _running(self) -> int:
        latest = self._clock() - SLOW_SECONDS
        return sum(began > latest for began in self._asking.values())
