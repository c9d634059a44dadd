"""waybar with nothing but the tray, on a sway without a screen: see `tests.real.session`."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.real.session import PANEL_HEIGHT, SCREEN, WATCHER, Session, until
from tests.real.wayland_pointer import WaylandPointer
from tray.desktop.linux import session_bus

PROGRAMS = ("sway", "waybar", "dbus-daemon", "grim", "setpriv")
NOBODY = 65534
_SWAY = """output HEADLESS-1 resolution {width}x{height} scale {scale}
default_border none
xwayland disable
seat * hide_cursor 100
"""
# Menus belong to the window: `* { min-height: 0 }`, which many have, takes all ticks and arrows from them.
_STYLE = """* {{ font-family: "DejaVu Sans"; font-size: 13px; }}
window#waybar {{ background: {ground}; color: {ink}; }}
"""
_BAR = {
    "layer": "top",
    "height": PANEL_HEIGHT,
    "modules-right": ["tray"],
    "tray": {"icon-size": 22, "spacing": 8},
}


class WaybarPanel(Session):
    """`pointer` is its only mouse. There is no `key`: a menu of a layer surface never gets the keyboard."""

    pointer: WaylandPointer
    menu_top = 0  # it opens under the mouse, over the panel

    def click(self, x: int, y: int, button: int = 1) -> None:
        self.pointer.click(x // self.scale, y // self.scale, button)

    def hover(self, x: int, y: int) -> None:
        self.pointer.move(x // self.scale, y // self.scale)

    def screenshot(self, path: Path) -> None:
        self._run("grim", "-t", path.suffix[1:], str(path))


@contextmanager
def waybar_panel(folder: Path, *, dark: bool = False, scale: int = 1) -> Iterator[WaybarPanel]:
    with headless_sway(folder, scale) as panel:
        _start_waybar(panel, dark=dark)
        yield panel


@contextmanager
def headless_sway(folder: Path, scale: int = 1, bar: str = "") -> Iterator[WaybarPanel]:
    """sway with a mouse, and with this `bar` in its configuration."""
    with ExitStack() as stack:
        panel = WaybarPanel(folder, stack)
        panel.scale = scale
        panel.start_bus()
        # Not below the folder of a test: sway, which refuses to be root, could not enter it.
        run = Path(tempfile.mkdtemp(prefix="tankful-sway-"))
        stack.callback(shutil.rmtree, run, ignore_errors=True)
        panel.environ["XDG_RUNTIME_DIR"] = str(run)
        _start_sway(panel, run, bar)
        panel.pointer = stack.enter_context(WaylandPointer(run / panel.environ["WAYLAND_DISPLAY"], *SCREEN))
        yield panel


def _start_sway(panel: WaybarPanel, run: Path, bar: str) -> None:
    width, height = (panel.scale * side for side in SCREEN)
    config = run / "sway"
    config.write_text(_SWAY.format(width=width, height=height, scale=panel.scale) + bar)
    as_somebody: tuple[str, ...] = ()
    if os.geteuid() == 0:
        as_somebody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        for path in (run, config):
            os.chown(path, NOBODY, NOBODY)
    panel.environ |= {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}
    panel.start(*as_somebody, "sway", "-c", str(config))

    def display() -> str:
        return next((path.name for path in run.glob("wayland-*") if path.is_socket()), "")

    panel.environ["WAYLAND_DISPLAY"] = until(display, "sway opened no display")


def _start_waybar(panel: WaybarPanel, *, dark: bool) -> None:
    config, style = panel.folder / "waybar.json", panel.folder / "waybar.css"
    config.write_text(json.dumps(_BAR))
    ground, ink = ("#202124", "#f0f0f0") if dark else ("#f0f0f0", "#202124")
    style.write_text(_STYLE.format(ground=ground, ink=ink))
    panel.environ["GDK_BACKEND"] = "wayland"
    panel.environ["GTK_THEME"] = "Adwaita:dark" if dark else "Adwaita"
    panel.start("waybar", "-c", str(config), "-s", str(style))
    until(lambda: session_bus.owned(panel.environ, WATCHER), "waybar brought no watcher")
