"""lxqt-panel with nothing but the tray, on a display of its own: see `tests.real.session`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.panel import Panel, bare_display, start_window_manager
from tests.real.session import PANEL_HEIGHT, WATCHER, until
from tray.desktop.linux import session_bus

PROGRAMS = ("Xvfb", "dbus-daemon", "openbox", "lxqt-panel", "xdotool", "xprop", "xwininfo", "import")
_CONFIG = f"""panels=panel1

[panel1]
plugins=statusnotifier
position=Top
desktop=0
panelSize={PANEL_HEIGHT}
iconSize=22
width=100
width-percent=true

[statusnotifier]
alignment=Right
type=statusnotifier
"""


@contextmanager
def lxqt_panel(folder: Path, *, dark: bool = False, scale: int = 1) -> Iterator[Panel]:
    with bare_display(folder, scale) as panel:
        panel.menu_button = 3  # a left click opens nothing
        config = folder / "config" / "lxqt"
        config.mkdir(parents=True)
        (config / "panel.conf").write_text(_CONFIG)
        (config / "lxqt.conf").write_text(f"[General]\ntheme={'dark' if dark else 'light'}\n")
        panel.environ["QT_SCALE_FACTOR"] = str(scale)
        start_window_manager(panel)
        panel.start("lxqt-panel")
        until(lambda: session_bus.owned(panel.environ, WATCHER), "the panel brought no watcher")
        yield panel
