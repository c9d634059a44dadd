"""The icon of macOS and Windows: pystray's own, with its menu made from rows."""

from __future__ import annotations

import signal
import sys
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from tray.desktop.icon import NAME, ignore_menu
from tray.desktop.toolkit import pystray
from tray.view.rows import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL.Image import Image

    from tray.desktop.icon import Icon, Shown
    from tray.view.rows import Row

_SIZE = 64  # pystray scales it to what the bar gives
_RIGHT_BUTTON_UP = 0x0205  # Windows' WM_RBUTTONUP, for which pystray opens the menu
_TOOLTIP = 127  # characters; Windows refuses more


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
        super().__init__(name, menu=pystray.Menu(lambda: self._items(self._rows)))
        self._choose = choose
        self._on_menu = on_menu
        self._platform = platform
        self._on_main = on_main

    def show(self, shown: Shown) -> None:
        icon = shown.icons[0]
        picture = icon.draw(_SIZE)
        title = "\n".join(filter(None, (icon.tooltip.title, icon.tooltip.text)))
        self._on_main(lambda: self._apply(picture, title, shown.rows))

    def stop(self) -> None:
        self._on_main(super().stop)

    def _apply(self, picture: Image, title: str, rows: tuple[Row, ...]) -> None:
        self.title = title if len(title) <= _TOOLTIP else title[: _TOOLTIP - 1] + "…"
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
        text = row.text.replace("&", "&&") if self._platform == "win32" else row.text
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
