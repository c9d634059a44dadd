"""What a Linux desktop has to show an icon: a StatusNotifierWatcher on the session bus, an XEmbed tray."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from tray.desktop.linux import session_bus

if TYPE_CHECKING:
    from collections.abc import Mapping


class Desktop(Protocol):
    def watcher(self) -> bool | None:
        """Whether a StatusNotifierWatcher runs; None without a session bus."""

    def tray(self) -> bool | None:
        """Whether an XEmbed tray runs; None without a display."""


class Here:
    """The desktop of this very session."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def watcher(self) -> bool | None:
        return watched(self._environ)

    def tray(self) -> bool | None:
        display = self._environ.get("DISPLAY")
        if not display:
            return None
        return tray_owned(display)


def watched(environ: Mapping[str, str]) -> bool | None:
    return session_bus.owned(environ, "org.kde.StatusNotifierWatcher")


def tray_owned(display: str) -> bool | None:
    """Whether an XEmbed tray runs on this display; None when the display cannot be opened."""
    import Xlib.display
    import Xlib.error

    closed = (Xlib.error.DisplayError, Xlib.error.ConnectionClosedError, OSError)
    try:
        opened = Xlib.display.Display(display)
    except closed:
        return None
    try:
        selection = opened.intern_atom(f"_NET_SYSTEM_TRAY_S{opened.get_default_screen()}")
        return bool(opened.get_selection_owner(selection))
    except closed:
        return None
    finally:
        with suppress(*closed):
            opened.close()
