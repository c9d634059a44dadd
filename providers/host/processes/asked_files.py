"""The open files of processes where asking costs a program of its own: answers are kept for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from providers.domain.processes import OpenFile, Process

AskFiles = Callable[[Sequence[int]], Mapping[int, tuple[OpenFile, ...]] | None]
"""The open files of these; None where no answer came in time."""

_FRESH_SECONDS = 10.0
_PAUSE_SECONDS = 60.0


class AskedFiles:
    """A process that is new is asked for at once, and one that was asked for again after `fresh` seconds. Where
    no answer came, nobody is asked for `pause` seconds.
    """

    def __init__(
        self,
        ask: AskFiles,
        *,
        clock: Callable[[], float] = time.monotonic,
        fresh: float = _FRESH_SECONDS,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._fresh = fresh
        self._pause = pause
        self._answers: dict[tuple[int, float], tuple[OpenFile, ...] | None] = {}
        self._asked_at = 0.0
        self._paused_until: float | None = None

    def of(self, processes: Sequence[Process]) -> Mapping[int, tuple[OpenFile, ...]]:
        """One of which nothing is known is absent."""
        wanted = {(each.pid, each.started): each.pid for each in processes}
        if self._is_due(wanted):
            self._answer(wanted)
        return {pid: files for key, pid in wanted.items() if (files := self._answers.get(key)) is not None}

    def _is_due(self, wanted: Mapping[tuple[int, float], int]) -> bool:
        now = self._clock()
        if not wanted or (self._paused_until is not None and now < self._paused_until):
            return False
        return not wanted.keys() <= self._answers.keys() or now - self._asked_at >= self._fresh

    def _answer(self, wanted: Mapping[tuple[int, float], int]) -> None:
        found = self._ask(sorted(wanted.values()))
        self._asked_at = self._clock()
        self._paused_until = self._asked_at + self._pause if found is None else None
        # What was known of them before is not known any more: a file may be another's by now.
        self._answers = {key: (found or {}).get(pid) for key, pid in wanted.items()}
