"""One StatusNotifierItem: what a panel reads of an icon, and the signals when that changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tray.desktop.icon import Tooltip
from tray.desktop.linux import session_bus
from tray.desktop.linux.exported import CallError, Interface, Method, Property
from tray.desktop.linux.pixmap import argb
from tray.view.words import markup

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

INTERFACE = "org.kde.StatusNotifierItem"
SIZES = (16, 22, 24, 32, 44)
"""Pixels of the pictures, each drawn for its size. xfce4-panel and waybar take the largest and scale it, mostly
to 22: from twice that nothing is lost."""

Pixmaps = list[tuple[int, int, bytes]]  # width, height, ARGB


def pixmaps(draw: Callable[[int], Image]) -> Pixmaps:
    return [(size, size, argb(draw(size))) for size in SIZES]


class StatusItem:
    """`emit` sends a signal of this item: its name, the types of its body, the body. `clicked` is called, in the
    bus's thread, when a panel hands a click over instead of opening the menu.

    One writer at a time may call `describe` and `show`; the bus's thread reads and never waits for it. The
    picture of an item that needs attention is the same as otherwise: it says so itself, and a panel that blinks
    shows one of two equal ones.
    """

    def __init__(
        self,
        ident: str,
        menu_path: str,
        emit: Callable[[str, tuple[str, ...], tuple[Any, ...]], None],
        clicked: Callable[[], None],
    ) -> None:
        self._ident = ident
        self._menu_path = menu_path
        self._emit = emit
        self._clicked = clicked
        self.status = "Passive"
        self._tooltip = Tooltip("")
        self._pixmaps: Pixmaps = []

    def describe(self, tooltip: Tooltip) -> None:
        """Only what changed is sent; so with `show`."""
        renamed, changed = tooltip.title != self._tooltip.title, tooltip != self._tooltip
        self._tooltip = tooltip
        if self.status != "Passive":
            if renamed:
                self._emit("NewTitle", (), ())
            if changed:
                self._emit("NewToolTip", (), ())

    def show(self, pictures: Pixmaps, *, attention: bool) -> bool:
        """Whether it is shown for the first time: then a panel has to learn of it."""
        is_new = self.status == "Passive"
        if pictures != self._pixmaps:
            self._pixmaps = pictures
            self._emit("NewAttentionIcon", (), ())
            self._emit("NewIcon", (), ())
        self._set_status("NeedsAttention" if attention else "Active")
        return is_new

    def _set_status(self, status: str) -> None:
        if status != self.status:
            self.status = status
            self._emit("NewStatus", ("s",), (status,))

    def _title(self) -> str:
        return session_bus.plain(_unmarked(self._tooltip.title))

    def _read_tooltip(self) -> tuple[str, list[Any], str, str]:
        return "", [], self._title(), session_bus.plain(markup(self._tooltip.text))

    def interface(self) -> Interface:
        def nothing(*_args: Any) -> tuple[()]:
            return ()

        def no_window(*_args: Any) -> tuple[()]:
            self._clicked()
            raise CallError("NotSupported", "this icon has a menu and no window")

        return Interface(
            methods={
                # Plasma opens the menu on a left click only where Activate fails.
                "Activate": Method(("i", "i"), (), no_window),
                "ContextMenu": Method(("i", "i"), (), no_window),
                "SecondaryActivate": Method(("i", "i"), (), nothing),
                "Scroll": Method(("i", "s"), (), nothing),
            },
            properties={
                "Category": Property("s", lambda: "ApplicationStatus"),
                "Id": Property("s", lambda: self._ident),
                "Title": Property("s", self._title),
                "Status": Property("s", lambda: self.status),
                "WindowId": Property("i", lambda: 0),
                "IconThemePath": Property("s", str),
                "IconName": Property("s", str),
                "IconPixmap": Property("a(iiay)", lambda: self._pixmaps),
                "IconAccessibleDesc": Property("s", self._title),
                "OverlayIconName": Property("s", str),
                "OverlayIconPixmap": Property("a(iiay)", list),
                "AttentionIconName": Property("s", str),
                "AttentionIconPixmap": Property("a(iiay)", lambda: self._pixmaps),
                "AttentionMovieName": Property("s", str),
                "ToolTip": Property("(sa(iiay)ss)", self._read_tooltip),
                "ItemIsMenu": Property("b", lambda: True),
                "Menu": Property("o", lambda: self._menu_path),
            },
            signals={
                "NewTitle": (),
                "NewIcon": (),
                "NewAttentionIcon": (),
                "NewToolTip": (),
                "NewStatus": ("s",),
            },
        )


def _unmarked(title: str) -> str:
    """The title without what markup begins with: waybar reads it as markup, xfce4-panel and LXQt do not."""
    return re.sub(r"\s*&\s*", " and ", title).replace("< 1 %", "below 1 %").replace("<", "‹")
