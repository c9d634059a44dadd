from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

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


BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
"""A session bus that starts no service: what is installed here, such as a notification daemon, has no part."""


@contextmanager
def private_bus(folder: Path) -> Iterator[Bus]:
    config = folder / "bus.conf"
    config.write_text(BUS_CONFIG)
    command = ["dbus-daemon", f"--config-file={config}", "--print-address", "--nofork", "--nopidfile"]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        yield Bus(daemon)


@pytest.fixture
def bus(need: Callable[..., None], tmp_path: Path) -> Iterator[Bus]:
    need("dbus-daemon")
    with private_bus(tmp_path) as found:
        yield found


@pytest.fixture
def panel(bus: Bus) -> Iterator[Panel]:
    """A panel that watches for icons, on the test's bus."""
    opened = Panel(bus.environ)
    opened.start_watching()
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def no_thread_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An engine waits for what it began as long as a busy machine needs, instead of leaving it behind."""
    for module in ("engine", "listeners"):
        monkeypatch.setattr(f"tray.engine.{module}._LINGER_SECONDS", 30.0)
    before = set(threading.enumerate())
    yield
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []
