"""The icon of macOS and Windows: pystray's own, with its menu made from rows."""

from __future__ import annotations

import signal
import sys
from functools import partial
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from providers.domain.visible import visible
from providers.host.faults import log_fault, logger_of
from tray.desktop.icon import NAME, ignore_menu
from tray.desktop.toolkit import pystray
from tray.view.rows import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL.Image import Image

    from tray.desktop.icon import Icon, Shown
    from tray.engine.notices.notice import Notice
    from tray.view.rows import Row

_SIZE = 64  # pystray scales it to what the bar gives
_RIGHT_BUTTON_UP = 0x0205  # Windows' WM_RBUTTONUP, for which pystray opens the menu
_NOTICE_TITLE, _NOTICE_BODY = 63, 255  # characters, as below
_TOOLTIP = 127  # characters; Windows refuses more
_log = logger_of(__name__)


class NativeIcon(pystray.Icon):  # type: ignore[misc]  # pystray has no types
    """`on_main` runs a function in the thread that owns the menus, sooner or later."""

    def __init__(
        self,
        name: str,
        choose: Callable[[Action], None],
        on_menu: Callable[[bool], None] = ignore_menu,
        *,
        platform: str = sys.platform,
        on_main: Callable[[Callable[[], Any]], Any] = lambda function: function(),
    ) -> None:
        self._rows: tuple[Row, ...] = ()
        self._menu_lock = Lock()
        self._menu_open = self._menu_late = False
        self._notice: str | None = None
        super().__init__(name, menu=pystray.Menu(lambda: self._items(self._rows)))
        self._choose = choose
        self._on_menu = on_menu
        self._platform = platform
        self._on_main = on_main

    def show(self, shown: Shown) -> None:
        icon = shown.single
        picture = icon.draw(_SIZE)
        title = "\n".join(filter(None, (icon.tooltip.title, icon.tooltip.text)))
        self._on_main(lambda: self._apply(picture, title, shown.rows))

    def show_notice(self, notice: Notice) -> None:
        self._notice = notice.key
        title = _cut(notice.title or NAME, _NOTICE_TITLE)
        # A blank, as Windows takes an empty text for the end of a notice.
        self._try_notice(partial(self.notify, _cut(notice.body, _NOTICE_BODY) or " ", title))

    def withdraw_notice(self, key: str) -> None:
        """The desktop shows one at a time, and takes that away where it can."""
        if self._notice == key:
            self._notice = None
            self._try_notice(self.remove_notification)

    def stop(self) -> None:
        self._on_main(super().stop)

    def _try_notice(self, act: Callable[[], Any]) -> None:
        """In a thread of its own: on macOS a program is run for it."""

        def run() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - the icon lives without notices
                log_fault(_log, "could not show a notice", error)

        if self.HAS_NOTIFICATION:
            Thread(target=run, name="notice", daemon=True).start()

    def _apply(self, picture: Image, title: str, rows: tuple[Row, ...]) -> None:
        self.title = _cut(title, _TOOLTIP)
        if rows != self._rows:
            self._rows = rows
            self._update_or_wait()
        if self._icon is None or picture.tobytes() != self._icon.tobytes():
            self.icon = picture
        self.visible = True

    def _update_or_wait(self) -> None:
        """On Windows an update destroys the menu, also under the hand of a person who reads it."""
        with self._menu_lock:
            self._menu_late = self._menu_open
            if not self._menu_open:
                self.update_menu()

    def _on_notify(self, wparam: int, lparam: int) -> Any:
        """What pystray does on a mouse event on Windows; it comes back when the menu it opened is closed."""
        with self._menu_lock:
            self._menu_open = True
        opens = lparam == _RIGHT_BUTTON_UP
        try:
            if opens:
                self._on_menu(True)
            return super()._on_notify(wparam, lparam)
        finally:
            if opens:
                self._on_menu(False)
            with self._menu_lock:
                self._menu_open = False
                if self._menu_late:
                    self._menu_late = False
                    self.update_menu()

    def _handler(self, callback: Callable[[Any], Any]) -> Callable[..., None]:
        """pystray's would update the menu after each click, though nothing changed."""
        return lambda *_args: callback(self)

    def _items(self, rows: tuple[Row, ...]) -> list[Any]:
        return [self._item(row) for row in rows]

    def _item(self, row: Row) -> Any:
        if row.kind == "separator":
            return pystray.Menu.SEPARATOR
        # Windows underlines the letter after an ampersand.
        text = visible(row.text)
        if self._platform == "win32":
            text = text.replace("&", "&&")
        if row.kind == "submenu":
            return pystray.MenuItem(text, pystray.Menu(*self._items(row.children)), enabled=row.enabled)
        return pystray.MenuItem(
            text,
            None if row.action is None else self._clicked(row.action),
            checked=lambda _item: row.checked,
            radio=row.kind == "choice",
            default=self._is_default(row),
            enabled=row.enabled,
        )

    def _clicked(self, action: Action) -> Callable[[], None]:
        def start() -> None:
            Thread(target=self._choose, args=(action,), name=f"menu-{action.name}", daemon=True).start()

        return start

    def _is_default(self, row: Row) -> bool:
        """On Windows a left click runs the default action, even a disabled one; a right click opens the menu."""
        is_refresh = row.action is not None and row.action.name == "refresh"
        return self._platform == "win32" and row.enabled and is_refresh


def _cut(text: str, most: int) -> str:
    """At most so many UTF-16 units, which is what Windows counts, and nothing in them but text to be read."""
    units = visible(text.replace("\0", "")).encode("utf-16-le", "replace")
    if len(units) <= 2 * most:
        return units.decode("utf-16-le")
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"


def quit_on_interrupt(
    choose: Callable[[Action], None], on_main: Callable[[Callable[[], Any]], Any], mach_signals: Any
) -> None:
    """pystray's own handler ends the process, and nothing is put away; so ours takes its place.

    pystray installs it just before its loop, and takes it back afterwards only if it is still there. What is
    put on the main thread runs in that loop, which is late enough.
    """
    on_main(lambda: mach_signals.signal(signal.SIGINT, lambda *_: choose(Action("quit"))))


def pick(
    choose: Callable[[Action], None],
    _pause: Callable[[float], bool],
    _environ: Mapping[str, str],
    on_menu: Callable[[bool], None] = ignore_menu,
) -> Icon | None:
    if sys.platform == "darwin":
        from PyObjCTools import AppHelper, MachSignals

        quit_on_interrupt(choose, AppHelper.callAfter, MachSignals)
        return NativeIcon(NAME, choose, on_main=AppHelper.callAfter)
    return NativeIcon(NAME, choose, on_menu)
