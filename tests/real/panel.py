"""A real desktop without a screen: Xvfb, openbox and an xfce4-panel that holds only the tray.

    with xfce_panel(tmp_path) as panel:
        program = panel.start("tankful")
        panel.click_icon()
        panel.screenshot(tmp_path / "menu.png")
        panel.key("Up", "Return")
        assert program.wait() == 0
    assert panel.left_behind() == []

Everything runs on a bus, a display and a home folder of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import TypeVar

from tests.programs import end, started
from tray.desktop.linux import session_bus

PROGRAMS = ("Xvfb", "dbus-daemon", "openbox", "xfce4-panel", "xdotool", "xprop", "xwininfo", "import")
DEADLINE = 15.0
WATCHER = "org.kde.StatusNotifierWatcher"
_MARK = "TANKFUL_TEST_PANEL"  # in the environment of all that runs here, activated services too
_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
  </property>
</channel>
"""


class Program:
    """A process in a group of its own; its lines are waited for, each with a deadline."""

    def __init__(self, command: tuple[str, ...], environ: dict[str, str], cwd: Path | None = None) -> None:
        self.command = command
        self._ending = ExitStack()
        self.process = self._ending.enter_context(
            started(
                command,
                env=environ,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        self.said: list[str] = []
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, name=f"read-{command[0]}")
        self._reader.start()

    def line(self) -> str:
        """The next line it prints."""
        try:
            return self._lines.get(timeout=DEADLINE)
        except Empty:
            raise AssertionError(f"{self.command[0]} fell silent after {self.said}") from None

    def wait(self) -> int:
        return self.process.wait(DEADLINE)

    def stop(self) -> None:
        """Ask it to end, and make it end; with what it started."""
        end(self.process)
        self._reader.join(DEADLINE)  # before the pipe that it reads is closed
        self._ending.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            self._lines.put(line.rstrip("\n"))


class Panel:
    def __init__(self, environ: dict[str, str], stack: ExitStack) -> None:
        self.environ = environ
        self.programs: dict[str, Program] = {}
        self._stack = stack

    def start(self, *command: str, cwd: Path | None = None) -> Program:
        """Run a program on this desktop; it is stopped with the desktop, if not before."""
        program = Program(command, self.environ, cwd)
        self._stack.callback(program.stop)
        self.programs[command[0]] = program
        return program

    def click_icon(self, button: int = 1) -> str:
        """Click the icon, once it is there, and return the menu's window."""
        x, y, width, height = self.icon()
        for _ in range(3):  # a panel that has not read the menu yet swallows the click
            self.click(x + width // 2, y + height // 2, button)
            with suppress(AssertionError):
                return until(self.menu, "no menu", deadline=3)
        raise AssertionError("a click on the icon opened no menu")

    def icon(self) -> tuple[int, int, int, int]:
        """Where the icon is, once it is there: x, y, width, height."""
        return until(self._icon, "the panel never showed the icon")

    def place(self, window: str) -> tuple[int, int, int, int]:
        """x, y, width and height of a window."""
        return _geometry(self._run("xwininfo", "-id", window))

    def click(self, x: int, y: int, button: int = 1) -> None:
        self._run("xdotool", "mousemove", str(x), str(y), "click", str(button))

    def menu(self) -> str | None:
        """The window of the open menu."""
        return next(iter(self.menus()), None)

    def menus(self) -> list[str]:
        """The windows of the open menu and of its open submenus."""
        found = []
        for window in self._windows():
            told = self._run("xwininfo", "-id", window)
            _x, _y, _width, height = _geometry(told)
            if "Override Redirect State: yes" in told and height > 60:
                found.append(window)
        return found

    def key(self, *keys: str) -> None:
        self._run("xdotool", "key", *keys)

    def screenshot(self, path: Path) -> None:
        self._run("import", "-window", "root", str(path))

    def left_behind(self) -> list[str]:
        """What still runs a moment after the desktop was closed."""
        with suppress(AssertionError):
            until(lambda: not self._running(), "", deadline=5)
        return self._running()

    def _running(self) -> list[str]:
        mark = f"{_MARK}={self.environ[_MARK]}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "comm").read_text().strip())
        return found

    def _icon(self) -> tuple[int, int, int, int] | None:
        """Where the tray is, once it has grown around an icon: the panel holds nothing else."""
        for window in self._windows():
            x, y, width, height = _geometry(self._run("xwininfo", "-id", window))
            if width >= 20 and 20 <= height <= 40 and y >= 0:
                return x, y, width, height
        return None

    def _windows(self) -> list[str]:
        """The visible windows of the panel's plugins."""
        command = ("xdotool", "search", "--onlyvisible", "--class", "wrapper-2.0")
        return self._run(*command).split()

    def _run(self, *command: str) -> str:
        """What it printed; a window may vanish while it is asked about."""
        done = subprocess.run(
            command, env=self.environ, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
        return done.stdout


@contextmanager
def bare_display(folder: Path) -> Iterator[Panel]:
    """A display and a session bus, with nothing on them yet."""
    environ = _environ(folder)
    with ExitStack() as stack:
        panel = Panel(environ, stack)
        environ["DISPLAY"] = _start_display(panel)
        bus = panel.start("dbus-daemon", "--session", "--print-address", "--nofork", "--nopidfile")
        environ["DBUS_SESSION_BUS_ADDRESS"] = bus.line()
        yield panel


@contextmanager
def xfce_panel(folder: Path) -> Iterator[Panel]:
    with bare_display(folder) as panel:
        environ = panel.environ
        panel.start("openbox")
        until(
            lambda: "window id" in panel._run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"),
            "no window manager",
        )
        panel.start("xfce4-panel", "--disable-wm-check")
        until(lambda: session_bus.owned(environ, WATCHER), "the panel brought no watcher")
        yield panel


T = TypeVar("T")


def until(check: Callable[[], T | None], otherwise: str, *, deadline: float = DEADLINE) -> T:
    """What `check` returns, once it is true. X has no event for what we wait for here."""
    end = time.monotonic() + deadline
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError(otherwise)
        time.sleep(0.05)
    return found


def _environ(folder: Path) -> dict[str, str]:
    config = folder / "config" / "xfce4" / "xfconf" / "xfce-perchannel-xml"
    config.mkdir(parents=True)
    (config / "xfce4-panel.xml").write_text(_CONFIG)
    environ = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "HOME": str(folder),
        "NO_AT_BRIDGE": "1",  # no services for screen readers
        "GSETTINGS_BACKEND": "memory",
        _MARK: uuid.uuid4().hex,
    }
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        environ[f"XDG_{name}_HOME"] = str(folder / name.lower())
    environ["XDG_RUNTIME_DIR"] = str(folder / "run")
    (folder / "run").mkdir(mode=0o700)
    return environ


def _start_display(panel: Panel) -> str:
    """Xvfb takes a number that is free, and tells it once it can be drawn on."""
    screen = ("-screen", "0", "900x500x24", "-nolisten", "tcp", "-noreset", "-displayfd", "1")
    display = panel.start("Xvfb", *screen)
    return until(
        lambda: next((f":{line}" for line in display.said if line.isdigit()), None) or "", "no display"
    )


def _geometry(told: str) -> tuple[int, int, int, int]:
    """x, y, width and height of a window, as xwininfo tells them."""
    found = dict(re.findall(r"(Absolute upper-left X|Absolute upper-left Y|Width|Height): +(-?\d+)", told))
    x, y, width, height = (
        int(found.get(name, -1))
        for name in ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
    )
    return x, y, width, height
