"""Which icon a Linux desktop gets: a StatusNotifierItem, or an XEmbed one where only that is shown."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, Protocol

from tray.desktop import session_bus
from tray.desktop.face import NAME, DesktopGone, Icon

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tray.rows import Action

WATCHER_LATE = 3.0  # seconds: panels that own both show their old tray first
TRAY_LATE = 10.0  # seconds a login takes until a panel is there; a watcher may come at any time after
_OFTEN, _SELDOM = 0.25, 2.0


class Desktop(Protocol):
    def watcher(self) -> bool | None:
        """Whether a StatusNotifierWatcher runs; None without a session bus."""

    def tray(self) -> bool | None:
        """Whether an XEmbed tray runs; None without a display."""


class HereAndNow:
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


def choose_kind(
    desktop: Desktop,
    pause: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Literal["status notifier", "xembed"] | None:
    """Look until it is clear; None when `pause` says that we were stopped."""
    bus_since: float | None = None
    while True:
        watcher = desktop.watcher()
        if watcher:
            return "status notifier"
        if watcher is None:
            bus_since = None
        elif bus_since is None:
            bus_since = clock()
        waited = 0.0 if bus_since is None else clock() - bus_since
        tray = desktop.tray()
        if tray and (watcher is None or waited >= WATCHER_LATE):
            return "xembed"
        if watcher is False and (tray is None or (not tray and waited >= TRAY_LATE)):
            return "status notifier"
        if pause(_SELDOM if watcher is None else _OFTEN):
            return None


def pick(
    choose: Callable[[Action], None],
    pause: Callable[[float], bool],
    environ: Mapping[str, str],
) -> Icon | None:
    kind = choose_kind(HereAndNow(environ), pause)
    if kind is None:
        return None
    if kind == "xembed":
        return _xembed_icon(choose, environ)
    from tray.desktop.status_notifier import StatusNotifierIcon

    try:
        return StatusNotifierIcon(NAME, choose, environ=environ)
    except session_bus.BusUnreachable as error:
        raise DesktopGone(f"The session bus went away: {error}.") from error


def _xembed_icon(choose: Callable[[Action], None], environ: Mapping[str, str]) -> Icon:
    import Xlib.error

    try:
        from tray.desktop.xembed import XembedIcon

        return XembedIcon(NAME, choose, environ=environ)
    except (Xlib.error.DisplayError, Xlib.error.ConnectionClosedError, OSError) as error:
        raise DesktopGone(f"The display went away: {error}.") from error
