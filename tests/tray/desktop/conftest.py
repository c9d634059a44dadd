from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.programs import end, started
from tests.tray.desktop.fake_watcher import Panel


class Bus:
    """A session bus of the test's own."""

    def __init__(self, daemon: subprocess.Popen[str]) -> None:
        self._daemon = daemon
        assert daemon.stdout is not None
        self.environ = {"DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().strip()}

    def close(self) -> None:
        end(self._daemon)


@pytest.fixture
def bus(need: Callable[..., None]) -> Iterator[Bus]:
    need("dbus-daemon")
    command = ["dbus-daemon", "--session", "--print-address", "--nofork", "--nopidfile"]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        yield Bus(daemon)


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
