"""sway's own bar with nothing but the tray, on a sway without a screen: see `tests.real.session`.

It reads no menu: a click calls ContextMenu of the icon, whichever button it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.session import PANEL_HEIGHT, WATCHER, until
from tests.real.waybar import WaybarPanel, headless_sway
from tray.desktop.linux import session_bus

PROGRAMS = ("sway", "swaybar", "dbus-daemon", "grim", "setpriv")
_BAR = f"""bar {{
    id tray
    position top
    height {PANEL_HEIGHT}
    swaybar_command true
    workspace_buttons no
    tray_output *
    colors {{
        background #f0f0f0
    }}
}}
"""
"""sway, which may be another user here, starts no bar of its own."""


@contextmanager
def swaybar_panel(folder: Path, *, scale: int = 1) -> Iterator[WaybarPanel]:
    with headless_sway(folder, scale, _BAR) as panel:
        run = Path(panel.environ["XDG_RUNTIME_DIR"])
        socket = until(lambda: next(map(str, run.glob("sway-ipc.*")), ""), "sway opened no socket")
        panel.start("swaybar", "-b", "tray", "-s", socket)
        until(lambda: session_bus.owned(panel.environ, WATCHER), "swaybar brought no watcher")
        yield panel
