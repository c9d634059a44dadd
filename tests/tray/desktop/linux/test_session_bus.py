from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.programs import started
from tests.tray.desktop.conftest import BUS_CONFIG, Bus
from tray.desktop.face import can_notify
from tray.desktop.linux import session_bus


def test_the_variable_comes_before_the_socket(tmp_path: Path) -> None:
    environ = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/one", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert session_bus.address(environ) == "unix:path=/one"
    assert session_bus.address({"XDG_RUNTIME_DIR": str(tmp_path)}) is None
    assert session_bus.address({}) is None


def test_the_socket_in_the_runtime_folder_is_found(tmp_path: Path, need: Callable[..., None]) -> None:
    need("dbus-daemon")
    command = [
        "dbus-daemon",
        "--session",
        "--nofork",
        "--print-address",
        f"--address=unix:path={tmp_path}/bus",
    ]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as daemon:
        assert daemon.stdout is not None
        daemon.stdout.readline()
        environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
        assert session_bus.owned(environ, "org.freedesktop.DBus") is True
        assert session_bus.owned(environ, "org.example.Nobody") is False


def test_a_name_that_the_bus_would_start_somebody_for(tmp_path: Path, need: Callable[..., None]) -> None:
    need("dbus-daemon")
    services = tmp_path / "services"
    services.mkdir()
    (services / "x.service").write_text("[D-BUS Service]\nName=org.example.Started\nExec=/bin/false\n")
    config = tmp_path / "bus.conf"
    config.write_text(BUS_CONFIG.replace("<policy", f"<servicedir>{services}</servicedir><policy", 1))
    command = ["dbus-daemon", f"--config-file={config}", "--print-address", "--nofork", "--nopidfile"]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        environ = {"DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().strip()}
        assert session_bus.owned(environ, "org.example.Started") is False
        assert session_bus.offered(environ, "org.example.Started") is True
        assert session_bus.offered(environ, "org.freedesktop.DBus") is True
        assert session_bus.offered(environ, "org.example.Nobody") is False
        assert can_notify(environ, platform="linux") is False
        assert can_notify({}, platform="win32") is True


def test_the_first_address_that_answers_is_joined(bus: Bus) -> None:
    address = f"autolaunch:;tcp:host=x;unix:path=/nowhere;{bus.environ['DBUS_SESSION_BUS_ADDRESS']}"
    session_bus.close(session_bus.connect({"DBUS_SESSION_BUS_ADDRESS": address}))


def test_without_a_bus_nothing_is_queried() -> None:
    for address in ("", "nonsense", "unix:path=/nowhere", "autolaunch:"):
        environ = {"DBUS_SESSION_BUS_ADDRESS": address}
        assert session_bus.owned(environ, "org.example.Nobody") is None
        assert session_bus.offered(environ, "org.example.Nobody") is None
        assert can_notify(environ, platform="linux") is False
