from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.tray.desktop.fake_watcher import Panel


class Bus:
    """A session bus of the test's own."""

    def __init__(self) -> None:
        self._daemon = subprocess.Popen(
            ["dbus-daemon", "--session", "--print-address", "--nofork", "--nopidfile"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._daemon.stdout is not None
        self.environ = {"DBUS_SESSION_BUS_ADDRESS": self._daemon.stdout.readline().strip()}

    def close(self) -> None:
        self._daemon.terminate()
        self._daemon.wait(10)
        assert self._daemon.stdout is not None
        self._daemon.stdout.close()


@pytest.fixture
def bus(need: Callable[..., None]) -> Iterator[Bus]:
    need("dbus-daemon")
    opened = Bus()
    yield opened
    opened.close()


@pytest.fixture
def panel(bus: Bus) -> Iterator[Panel]:
    """A panel that watches for icons, on the test's bus."""
    opened = Panel(bus.environ)
    opened.start_watching()
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []
