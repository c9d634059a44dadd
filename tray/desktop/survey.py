"""What this desktop has to show an icon, and which icon it would get: for a report."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tray.engine.doctor.facts import DesktopFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tray.desktop.linux import detect


def survey(
    environ: Mapping[str, str] = os.environ,
    *,
    platform: str = sys.platform,
    desktop: detect.Desktop | None = None,
) -> DesktopFacts:
    """Asks the session bus and the display; each may take seconds, or for ever."""
    if platform in ("darwin", "win32"):
        return DesktopFacts(backend="native")
    if desktop is None:
        from tray.desktop.linux.detect import Here

        desktop = Here(environ)
    watcher = desktop.watcher()
    xembed = desktop.tray()
    displays = tuple(name for name in ("DISPLAY", "WAYLAND_DISPLAY") if environ.get(name))
    backend, waits = _backend(watcher, xembed, has_display=bool(displays))
    return DesktopFacts(
        name=environ.get("XDG_CURRENT_DESKTOP") or None,
        session_bus=watcher is not None,
        watcher=watcher,
        displays=displays,
        xembed=xembed,
        backend=backend,
        waits=waits,
    )


def _backend(watcher: bool | None, xembed: bool | None, *, has_display: bool) -> tuple[str | None, bool]:
    """As `face.unavailable` and `linux.pick` have it in the end."""
    if watcher:
        return "status notifier", False
    if xembed:
        return "xembed", False
    if watcher is False and has_display:
        return "status notifier", True
    return (None, False) if xembed is None else ("xembed", True)
