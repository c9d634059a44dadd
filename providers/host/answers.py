"""Asks the system about folders of which one may be on a dead mount: who asks there does not come back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")

SECONDS = 0.5
"""So long without an answer, and a folder hangs."""
_MOST_HANGS = 2
"""In one look; of the folders after them the next look finds out."""


class Answers(Generic[T]):
    """A folder that hangs keeps its thread, and is not asked about again until that one has come back."""

    def __init__(self, ask: Callable[[str], T], *, seconds: float = SECONDS) -> None:
        self._ask = ask
        self._seconds = seconds
        self._hanging: dict[str, Thread] = {}

    @property
    def hanging(self) -> frozenset[str]:
        return frozenset(self._hanging)

    def of(self, folders: Iterable[str]) -> Mapping[str, T]:
        """What `ask` returns for each; nothing of those that do not answer. Raises what `ask` raises."""
        self._hanging = {folder: thread for folder, thread in self._hanging.items() if thread.is_alive()}
        found: dict[str, T] = {}
        pending = [folder for folder in folders if folder not in self._hanging]
        for _ in range(_MOST_HANGS):
            if not pending:
                break
            asking = _Asking(pending, self._ask)
            answers = asking.wait(self._seconds)
            found.update(zip(pending, answers, strict=False))
            if len(answers) < len(pending):
                self._hanging[pending[len(answers)]] = asking
            pending = pending[len(answers) + 1 :]
        return found


class RealPaths:
    """`os.path.realpath`, of folders that nobody has looked at yet."""

    def __init__(self, ask: Callable[[str], str] = os.path.realpath, *, seconds: float = SECONDS) -> None:
        self._answers = Answers(ask, seconds=seconds)

    def of(self, folder: str) -> str | None:
        """None of one that does not answer."""
        return self._answers.of([folder]).get(folder)


class _Asking(Thread, Generic[T]):
    """For one folder after the other, until nobody waits any more."""

    def __init__(self, folders: Sequence[str], ask: Callable[[str], T]) -> None:
        super().__init__(name="folders", daemon=True)
        self._folders = folders
        self._ask = ask
        self._answers: list[T] = []
        self._error: Exception | None = None
        self._is_over = False

    def run(self) -> None:
        try:
            for folder in self._folders:
                answer = self._ask(folder)
                if self._is_over:
                    return
                self._answers.append(answer)
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            self._error = error

    def wait(self, seconds: float) -> list[T]:
        """In the order of the folders, up to the first that hangs."""
        self.start()
        known = -1
        while self.is_alive() and len(self._answers) > known:
            known = len(self._answers)
            self.join(seconds)
        self._is_over = True
        answers = list(self._answers)
        if self._error is not None:
            raise self._error
        return answers
