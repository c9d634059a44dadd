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

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.real.session import DEADLINE, PANEL_HEIGHT, SCREEN, WATCHER, Program, Session, until
from tray.desktop.linux import session_bus

__all__ = ["DEADLINE", "PROGRAMS", "Panel", "Program", "bare_display", "until", "xfce_panel"]

PROGRAMS = ("Xvfb", "dbus-daemon", "openbox", "xfce4-panel", "xdotool", "xprop", "xwininfo", "import")
_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="DARK"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="PANEL_HEIGHT"/>
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


class Panel(Session):
    """On an X display."""

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

    def hover(self, x: int, y: int) -> None:
        self._run("xdotool", "mousemove", str(x), str(y))

    def key(self, *keys: str) -> None:
        self._run("xdotool", "key", *keys)

    def screenshot(self, path: Path) -> None:
        self._run("import", "-depth", "8", "-window", "root", str(path))

    def _icon(self) -> tuple[int, int, int, int] | None:
        """Where the tray is, once it has grown around an icon: the panel holds nothing else."""
        for window in self._windows():
            x, y, width, height = _geometry(self._run("xwininfo", "-id", window))
            if width >= 20 and 20 <= height <= 40 * self.scale and y >= 0:
                return x, y, width, height
        return None

    def _windows(self) -> list[str]:
        """The visible windows of the panel's plugins."""
        command = ("xdotool", "search", "--onlyvisible", "--class", "wrapper-2.0")
        return self._run(*command).split()


@contextmanager
def bare_display(folder: Path, scale: int = 1) -> Iterator[Panel]:
    """A display and a session bus, with nothing on them yet."""
    with ExitStack() as stack:
        panel = Panel(folder, stack)
        panel.scale = scale
        panel.environ["DISPLAY"] = _start_display(panel)
        panel.start_bus()
        yield panel


@contextmanager
def xfce_panel(folder: Path, *, dark: bool = False, scale: int = 1) -> Iterator[Panel]:
    with bare_display(folder, scale) as panel:
        environ = panel.environ
        config = folder / "config" / "xfce4" / "xfconf" / "xfce-perchannel-xml"
        config.mkdir(parents=True)
        (config / "xfce4-panel.xml").write_text(
            _CONFIG.replace("DARK", str(dark).lower()).replace("PANEL_HEIGHT", str(PANEL_HEIGHT))
        )
        environ["GDK_SCALE"] = str(scale)
        start_window_manager(panel)
        panel.start("xfce4-panel", "--disable-wm-check")
        until(lambda: session_bus.owned(environ, WATCHER), "the panel brought no watcher")
        yield panel


def start_window_manager(panel: Panel) -> None:
    panel.start("openbox")
    until(
        lambda: "window id" in panel._run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"), "no window manager"
    )


def _start_display(panel: Panel) -> str:
    """Xvfb takes a number that is free, and tells it once it can be drawn on."""
    width, height = (panel.scale * side for side in SCREEN)
    screen = ("-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset", "-displayfd", "1")
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
