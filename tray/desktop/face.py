"""The one thing the app talks to, the same on every desktop. Importing it loads no toolkit."""

from __future__ import annotations

import os
import sys
from threading import Event, Lock
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tray.desktop.icon import NAME, DesktopClosed, Face, Icon, NoDesktop, Shown, TrayClosed, ignore_menu
from tray.engine.notices.notice import Notice
from tray.view import format as fmt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tray.desktop.linux.detect import Desktop
    from tray.view.rows import Action


def unavailable(
    environ: Mapping[str, str] = os.environ,
    *,
    platform: str = sys.platform,
    desktop: Desktop | None = None,
) -> str | None:
    """Why no icon can be shown here and how to get one, as a message; None where one can, or may soon."""
    if platform in ("darwin", "win32"):
        return None
    if desktop is None:
        from tray.desktop.linux.detect import Here

        desktop = Here(environ)
    watcher = desktop.watcher()
    if watcher:
        return None
    named = [name for name in ("DISPLAY", "WAYLAND_DISPLAY") if environ.get(name)]
    if watcher is False and named:  # a login's panel may be on its way
        return None
    if watcher is None and desktop.tray() is not None:
        return None
    missing = "neither DISPLAY nor WAYLAND_DISPLAY is set and no tray responds on the session bus"
    if named:
        missing = f"there is no session bus, and the display cannot be opened although {named[0]} is set"
    return (
        f"No icon: no desktop found; {missing}. "
        f"Start {NAME} from a terminal inside your desktop, or run `{NAME} --tray` to wait for one."
    )


def can_notify(environ: Mapping[str, str] = os.environ, *, platform: str = sys.platform) -> bool:
    """Whether somebody shows notices here, or would be started to show them."""
    if platform in ("darwin", "win32"):
        return True
    from tray.desktop.linux.notifications import SERVER
    from tray.desktop.linux.session_bus import offered

    return bool(offered(environ, SERVER))


def report_no_start(
    reason: str, environ: Mapping[str, str] = os.environ, *, platform: str = sys.platform
) -> None:
    """A notice for a person who sees no terminal, and will see no icon. macOS and Windows show none of a process
    without an icon.
    """
    if platform in ("darwin", "win32"):
        return
    from tray.desktop.linux.notice_connection import send_once

    send_once(environ, Notice(key="start", title=f"{NAME} did not start", body=reason))


def open_face(
    choose: Callable[[Action], None],
    on_ready: Callable[[], None],
    on_menu: Callable[[bool], None] = ignore_menu,
    *,
    wait: bool,
    environ: Mapping[str, str] = os.environ,
) -> Face:
    """The face of this desktop. Raises NoDesktop where there is none, unless `wait` is set.

    `on_ready` and `choose` each run in a thread of their own, `on_ready` once the icon's loop runs.
    `on_menu` is called in that loop and must not block: with True when the menu is opened, with False when it is
    closed, as far as this desktop reports either. Some report the first alone, so what depends on an open menu
    needs a limit of its own.
    """
    reason = None if wait else unavailable(environ)
    if reason is not None:
        raise NoDesktop(reason)
    if sys.platform in ("darwin", "win32"):
        from tray.desktop.native import pick

        return TrayFace(lambda pause: pick(choose, pause, environ, on_menu), on_ready)
    from tray.desktop.linux.pick import Picker

    return TrayFace(Picker(choose, environ, on_menu), on_ready)


class TrayFace:
    """Remembers what is to be shown until there is an icon to show it.

    `pick` makes the icon of this desktop once the desktop is there, or None when stopped meanwhile: it waits
    with the function it is given, which takes seconds and tells whether we were stopped.
    """

    def __init__(
        self,
        pick: Callable[[Callable[[float], bool]], Icon | None],
        on_ready: Callable[[], None],
    ) -> None:
        self._pick = pick
        self._on_ready = on_ready
        self._changing = Lock()
        self._shown: Shown | None = None
        self._kept: dict[str, Notice | None] = {}  # for the icon to come; None is withdrawn from it
        self._icon: Icon | None = None
        self._ready = False
        self._reported_ready = False
        self._stopped = Event()

    def show(self, shown: Shown) -> None:
        with self._changing:
            self._shown = shown
            if self._icon is not None and self._ready and not self._stopped.is_set():
                self._icon.show(shown)

    def notify(self, notice: Notice) -> None:
        notice = replace(notice, title=fmt.unbroken(notice.title), body=fmt.unbroken(notice.body))
        with self._changing:
            if self._icon is None or not self._ready:
                self._kept[notice.key] = notice
            elif not self._stopped.is_set():
                self._icon.show_notice(notice)

    def withdraw(self, key: str) -> None:
        with self._changing:
            if self._icon is None:
                self._kept.pop(key, None)
            elif not self._ready:
                self._kept[key] = None
            elif not self._stopped.is_set():
                self._icon.withdraw_notice(key)

    def show_text(self, title: str, body: str) -> None:
        self.notify(Notice(key="text", title=title, body=body))

    def run(self) -> None:
        while not self._stopped.is_set():
            self._icon = self._pick(self._stopped.wait)
            if self._icon is None:
                return
            try:
                self._icon.run(self._set_up)
            except TrayClosed:
                continue
            finally:
                self._ready = False
            if not self._stopped.is_set():
                raise DesktopClosed("The desktop closed the icon.")

    def stop(self) -> None:
        self._stopped.set()
        if self._icon is not None:
            self._icon.stop()

    def _set_up(self, icon: Icon) -> None:
        if self._stopped.is_set():  # before the icon could hear it
            icon.stop()
            return
        with self._changing:
            self._ready = True
            if self._shown is not None:
                icon.show(self._shown)
            for key, notice in self._kept.items():
                if notice is None:
                    icon.withdraw_notice(key)
                else:
                    icon.show_notice(notice)
            self._kept.clear()
        if not self._reported_ready:
            self._reported_ready = True
            self._on_ready()
