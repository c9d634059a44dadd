"""A desktop of a test's own: its environment, its session bus, and the programs that run on it.

Each is one of `tests.real.panel` (Xfce), `tests.real.lxqt` and `tests.real.waybar`, with the same interface:

    with waybar_panel(tmp_path, dark=True, scale=2) as panel:
        program = panel.start("tankful")
        panel.icons()  # where its pictures are
        panel.open_menu()  # where the menu is
        panel.screenshot(tmp_path / "menu.png")
        panel.click(x, y)
        assert program.wait() == 0
    assert panel.left_behind() == []

Boxes and clicks are in the pixels of the screenshot, also where the desktop is scaled.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import TypeVar

from PIL import Image, ImageChops

from tests.programs import end, started
from tests.real.pictures import Box, columns_of_ink

DEADLINE = 30.0
SCREEN = 1024, 660  # of a desktop at scale 1
PANEL_HEIGHT = 30
ICON = 22  # pixels that all of these panels give to an icon, at scale 1
WATCHER = "org.kde.StatusNotifierWatcher"
_MARK = "TANKFUL_TEST_PANEL"  # in the environment of all that runs here, activated services too


class Program:
    """A process in a group of its own; its lines are waited for, each with a deadline."""

    def __init__(
        self,
        command: tuple[str, ...],
        environ: dict[str, str],
        cwd: Path | None = None,
        *,
        listens: bool = False,
    ) -> None:
        self.command = command
        self._ending = ExitStack()
        self.process = self._ending.enter_context(
            started(
                command,
                env=environ,
                cwd=cwd,
                stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        self.said: list[str] = []
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, name=f"read-{command[0]}")
        self._reader.start()

    def tell(self, line: str) -> None:
        """Write a line to one that listens."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

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


class Session(ABC):
    scale = 1
    menu_button = 1  # which opens the menu
    menu_top = PANEL_HEIGHT  # where a menu may begin

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.environ = _environ(folder)
        self.programs: dict[str, Program] = {}
        self.folder = folder
        self._stack = stack

    def start(self, *command: str, cwd: Path | None = None, listens: bool = False) -> Program:
        """Run a program on this desktop; it is stopped with the desktop, if not before."""
        program = Program(command, self.environ, cwd, listens=listens)
        self._stack.callback(program.stop)
        self.programs[command[0]] = program
        return program

    def start_bus(self) -> None:
        bus = self.start("dbus-daemon", "--session", "--print-address", "--nofork", "--nopidfile")
        self.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.line()

    def icons(self, count: int = 1) -> list[Box]:
        """Where the pictures in the panel are, from left to right, once there are so many: the ink alone."""

        def find() -> list[Box]:
            strip = 0, 0, SCREEN[0] * self.scale, PANEL_HEIGHT * self.scale
            found = columns_of_ink(self._look(), strip, least=10 * self.scale)
            return found if len(found) == count else []

        return until(find, f"the panel never showed {count} icons")

    def settled(self, count: int = 1) -> list[Image.Image]:
        """The pictures in the panel as they are drawn, once they no longer change: each in its square."""
        before: list[bytes] = []

        def same() -> list[Image.Image]:
            nonlocal before
            boxes = self.icons(count)
            seen = self._look()
            cuts = [seen.crop(_square(box, ICON * self.scale)) for box in boxes]
            data = [cut.tobytes() for cut in cuts]
            is_same, before = data == before, data
            if not is_same:
                time.sleep(0.25)  # longer than a panel takes to draw what it has read
            return cuts if is_same else []

        return until(same, "the icon never came to rest")

    def open_menu(self, count: int = 1) -> Box:
        """Click the first of so many icons, and return where its menu is."""
        x, y, width, height = self.icons(count)[0]
        before = self._look()

        def opened() -> Box | None:
            top = self.menu_top * self.scale
            changed = ImageChops.difference(before, self._look()).crop((0, top, before.width, before.height))
            left, upper, right, lower = changed.getbbox() or (0, 0, 0, 0)
            return (left, upper + top, right - left, lower - upper) if lower - upper > 40 else None

        for _ in range(3):  # a panel that has not read the menu yet swallows the click
            self.click(x + width // 2, y + height // 2, self.menu_button)
            with suppress(AssertionError):
                until(opened, "no menu", deadline=3)
                time.sleep(0.3)  # some are drawn in steps
                return until(opened, "no menu", deadline=3)
        raise AssertionError("a click on the icon opened no menu")

    @abstractmethod
    def click(self, x: int, y: int, button: int = 1) -> None: ...

    @abstractmethod
    def hover(self, x: int, y: int) -> None: ...

    @abstractmethod
    def screenshot(self, path: Path) -> None: ...

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

    def _look(self) -> Image.Image:
        path = self.folder / "look.ppm"  # quick to write
        self.screenshot(path)
        with Image.open(path) as seen:
            return seen.convert("RGB")

    def _run(self, *command: str) -> str:
        """What it printed; a window may vanish while it is asked about."""
        done = subprocess.run(
            command, env=self.environ, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
        return done.stdout


T = TypeVar("T")


def until(check: Callable[[], T | None], otherwise: str, *, deadline: float = DEADLINE) -> T:
    """What `check` returns, once it is true. X has no event for what we wait for here."""
    end = time.monotonic() + deadline
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError(otherwise)
        time.sleep(0.05)
    return found


def _square(box: Box, side: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a square around the middle of a box."""
    x, y, width, height = box
    left, top = x + (width - side) // 2, y + height - side
    return left, top, left + side, top + side


def _environ(folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "TANKFUL_STATUS_URL": "http://127.0.0.1:9",  # no test may reach the vendors' pages
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
