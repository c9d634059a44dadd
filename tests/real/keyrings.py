"""A keyring of a test's own: gnome-keyring on a private session bus, unlocked by a password of the test's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.programs import started
from tests.tray.desktop.conftest import BUS_CONFIG

PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon")
PASSWORD = "a password of the test's own"


@contextmanager
def private_bus(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a person on a session bus of their own, where nothing is started on demand."""
    for name in ("home", "run"):
        (folder / name).mkdir(mode=0o700)
    config = folder / "bus.conf"
    config.write_text(BUS_CONFIG)
    command = ["dbus-daemon", f"--config-file={config}", "--print-address", "--nofork", "--nopidfile"]
    with started(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as bus:
        assert bus.stdout is not None
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        yield {
            **kept,
            "HOME": str(folder / "home"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip(),
            "TANKFUL_HOME": str(folder / "tankful"),
        }


@contextmanager
def gnome_keyring(environ: dict[str, str], *, unlocked: bool = True) -> Iterator[None]:
    """The keyring of that person; without its password it is locked, and nobody is there to ask for it."""
    command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
    unlock = ["--unlock"] if unlocked else []
    with started(
        [*command, *unlock],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as daemon:
        assert daemon.stdin is not None
        assert daemon.stdout is not None
        if unlocked:
            daemon.stdin.write(PASSWORD.encode())
        daemon.stdin.close()
        daemon.stdout.readline()  # once it has the bus
        yield
