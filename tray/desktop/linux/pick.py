"""Which icon a Linux desktop gets: a StatusNotifierItem, or an XEmbed one where only that is shown."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Literal

from tray.desktop.icon import NAME, DesktopClosed, Icon, ignore_menu
from tray.desktop.linux import session_bus
from tray.desktop.linux.detect import Desktop, Here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tray.desktop.linux.status_notifier import StatusNotifierIcon
    from tray.view.rows import Action

WATCHER_LATE = 3.0  # seconds: panels that own both show their old tray first
TRAY_LATE = 10.0  # seconds a login takes until a panel is there; a watcher may come at any time after
SILENT = 5.0  # seconds without any tray until the user is shown that we wait
_OFTEN = 0.25  # seconds from look to look where a tray is to be expected
_SELDOM, _HARDLY_EVER = 2.0, 30.0  # where nothing points to one: at first, and in the end


def choose_kind(
    desktop: Desktop,
    pause: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
    tell_waiting: Callable[[], None] = lambda: None,
) -> Literal["status notifier", "xembed"] | None:
    """Look until it is clear; None when `pause` reports that we were stopped."""
    began = clock()
    bus_since: float | None = None
    next_pause = _SELDOM
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
        if not tray and clock() - began >= SILENT:
            tell_waiting()
        if watcher is False and not tray and waited >= (SILENT if tray is None else TRAY_LATE):
            return "status notifier"  # it registers with whatever watcher comes, and costs nothing until then
        if pause(next_pause if watcher is None else _OFTEN):
            return None
        next_pause = min(2 * next_pause, _HARDLY_EVER) if watcher is None else _SELDOM


@cache  # once in a process, however often trays come and go
def tell_waiting() -> None:
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write("No tray found yet; waiting for one.\n")
            sys.stderr.flush()


class Picker:
    """Picks an icon, and another one when its tray has gone: that one knows the notices of the last."""

    def __init__(
        self,
        choose: Callable[[Action], None],
        environ: Mapping[str, str],
        on_menu: Callable[[bool], None] = ignore_menu,
    ) -> None:
        self._choose = choose
        self._environ = environ
        self._on_menu = on_menu
        self._last: StatusNotifierIcon | None = None

    def __call__(self, pause: Callable[[float], bool]) -> Icon | None:
        kind = choose_kind(Here(self._environ), pause, tell_waiting=tell_waiting)
        if kind is None:
            return None
        if kind == "xembed":
            return _xembed_icon(self._choose, self._environ)
        return self._status_notifier()

    def _status_notifier(self) -> Icon:
        from tray.desktop.linux.status_notifier import StatusNotifierIcon

        try:
            icon = StatusNotifierIcon(NAME, self._choose, self._on_menu, environ=self._environ)
        except session_bus.BusUnreachable as error:
            raise DesktopClosed(f"The session bus disappeared: {error}.") from error
        if self._last is not None:
            icon.carry_on(self._last)
        self._last = icon
        return icon


def _xembed_icon(choose: Callable[[Action], None], environ: Mapping[str, str]) -> Icon:
    import Xlib.error

    try:
        from tray.desktop.linux.xembed import XembedIcon

        return XembedIcon(NAME, choose, environ=environ)
    except (Xlib.error.DisplayError, Xlib.error.ConnectionClosedError, OSError) as error:
        raise DesktopClosed(f"The display disappeared: {error}.") from error
