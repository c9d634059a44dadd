"""What a look at live sessions shows, over and over, while a test does something."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from providers.domain.live import LiveSession, SessionsLook
from providers.host.processes import system_processes
from providers.live.look import SessionLook
from providers.source import Home, Provider

EVERY = 0.05  # seconds


class Timeline:
    """`looks` are all that were taken, each with the times before and after it (epoch seconds)."""

    def __init__(self, provider: Provider, homes: Sequence[Home]) -> None:
        """`homes` may become more."""
        self._look = SessionLook(lambda: [(provider, homes)], system_processes())
        self._ends = threading.Event()
        self.looks: list[tuple[float, float, SessionsLook]] = []
        self.failed: Exception | None = None

    @property
    def now(self) -> SessionsLook:
        if self.failed is not None:
            raise self.failed
        return self.looks[-1][2] if self.looks else SessionsLook(at=datetime.now(UTC))

    def session(self, id: str | None = None) -> LiveSession | None:  # noqa: A002 - as in a LiveSession
        """The one with this id, or the only one."""
        found = [each for each in self.now.sessions if id in (None, each.id)]
        assert len(found) < 2, found
        return found[0] if found else None

    @property
    def status(self) -> str | None:
        found = self.session()
        return found.status.status if found else None

    @property
    def tool(self) -> str | None:
        found = self.session()
        return found.status.task.tool if found and found.status.task else None

    def between(self, begun: float, ended: float) -> set[str | None]:
        """The statuses of the only session in the looks within this time."""
        return {
            look.sessions[0].status.status if look.sessions else None
            for before, after, look in self.looks
            if begun <= before and after <= ended
        }

    def run(self) -> None:
        try:
            while not self._ends.wait(EVERY):
                before = time.time()
                look = self._look.look(datetime.now(UTC))
                self.looks.append((before, time.time(), look))
        except Exception as error:  # noqa: BLE001 - raised where the test asks
            self.failed = error

    def end(self) -> None:
        self._ends.set()


@contextmanager
def timeline(provider: Provider, homes: Sequence[Home]) -> Iterator[Timeline]:
    line = Timeline(provider, homes)
    thread = threading.Thread(target=line.run)
    thread.start()
    try:
        yield line
    finally:
        line.end()
        thread.join()
    assert line.failed is None
