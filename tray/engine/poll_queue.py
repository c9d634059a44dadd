"""Which accounts wait to be asked, which are being asked, and whom a person wants refreshed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from providers.polling.poll import Mode
from providers.polling.targets import Target

MOST_AT_ONCE = 4
SLOW_SECONDS = 3.0
"""An account that takes longer than that no longer counts as one of those at once."""


class PollQueue:
    """Used by one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[str, Mode] = {}
        self._asking: dict[str, float] = {}
        self._wanted: frozenset[str] | None = None

    def __bool__(self) -> bool:
        """Whether anybody waits or is being asked."""
        return bool(self._waiting or self._asking)

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

    def want(self) -> None:
        """A person waits for all that wait now."""
        self._wanted = (self._wanted or frozenset()) | self._waiting.keys()

    def take_wanted(self) -> frozenset[str] | None:
        """Whom a person wanted refreshed, once all of them have been asked; else None."""
        wanted = self._wanted
        if wanted is None or wanted & {*self._waiting, *self._asking}:
            return None
        self._wanted = None
        return wanted

    def _running(self) -> int:
        latest = self._clock() - SLOW_SECONDS
        return sum(began > latest for began in self._asking.values())
