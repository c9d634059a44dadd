"""The icon of a Linux desktop: a StatusNotifierItem with its menu, spoken straight to the session bus."""

from __future__ import annotations

import logging
import os
import re
import socket
from contextlib import suppress
from threading import RLock, Thread, current_thread
from typing import TYPE_CHECKING, Any

from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, new_method_call, new_signal
from jeepney.bus_messages import message_bus

from providers.host.faults import log_fault
from tray.desktop.icon import DesktopClosed, Shown, Tooltip, ignore_menu
from tray.desktop.linux import dbus_menu, notifications, session_bus
from tray.desktop.linux.dbus_menu import DBusMenu
from tray.desktop.linux.left_click import LeftClick
from tray.desktop.linux.notifications import Notifications
from tray.desktop.linux.pixmap import argb
from tray.desktop.linux.session_bus import CallError, Interface, Method, Property
from tray.desktop.toolkit import base
from tray.view.rows import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL.Image import Image

    from tray.engine.notices.notice import Notice
    from tray.view.rows import Row

WATCHER = "org.kde.StatusNotifierWatcher"
SIZES = (22, 24, 32, 48)  # what panels ask for at scale 1 and 2; each is drawn, none is scaled
_INTERFACE = "org.kde.StatusNotifierItem"
_PATH = "/StatusNotifierItem"
_MENU_PATH = "/MenuBar"
_LINGER = 1.0  # seconds a running callback is waited for once the icon is stopped
_log = logging.getLogger(__name__)


class StatusNotifierIcon(base.Icon):  # type: ignore[misc]  # pystray has no types
    """pystray's contract, with rows instead of its menu and one picture for each size.

    Raises BusUnreachable when made and DesktopClosed from `run`. Everything but `run` may be called from any
    thread.
    `choose` runs in a thread of its own: a slow one never holds up Quit.
    """

    HAS_DEFAULT_ACTION = False
    HAS_NOTIFICATION = False

    def __init__(
        self,
        name: str,
        choose: Callable[[Action], None],
        on_menu: Callable[[bool], None] = ignore_menu,
        *,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(name)
        self._choose = choose
        self._on_menu = on_menu
        self._changing = RLock()
        self._stopping = False
        self._status = "Passive"
        self._pixmaps: list[tuple[int, int, bytes]] = []
        self._rows: tuple[Row, ...] = ()
        self._tooltip = Tooltip("")
        self._dbus_menu = DBusMenu()
        self._left_click = LeftClick()
        self._callbacks: list[Thread] = []
        self._objects = {
            _PATH: {_INTERFACE: self._item()},
            _MENU_PATH: {dbus_menu.INTERFACE: self._dbus_menu.interface()},
        }
        # pystray's setup thread would wait for ever for a loop that could not start: so join the bus here.
        self._connection = session_bus.connect(environ)
        self._notifications = Notifications(
            self._send, self._connection.outgoing_serial.__next__, self._start_callback
        )
        self.bus_name = f"{_INTERFACE}-{os.getpid()}-{id(self)}"
        try:
            for rule in (_watcher_rule(), *notifications.RULES):
                session_bus.ask(self._connection, message_bus.AddMatch(rule))
            session_bus.ask(self._connection, message_bus.RequestName(self.bus_name))
        except BaseException:
            session_bus.close(self._connection)
            raise

    def show(self, shown: Shown) -> None:
        """Show this picture, this tooltip and these rows; only what changed is sent."""
        icon = shown.icons[0]
        pictures = {size: icon.draw(size) for size in SIZES}
        with self._changing:
            self.tooltip = icon.tooltip
            self.rows = shown.rows
            self.pictures = pictures
            self.visible = True

    @property
    def tooltip(self) -> Tooltip:
        return self._tooltip

    @tooltip.setter
    def tooltip(self, tooltip: Tooltip) -> None:
        if tooltip == self._tooltip:
            return
        renamed = tooltip.title != self._tooltip.title
        self._tooltip = tooltip
        if renamed:
            self.title = _unmarked(tooltip.title)
        elif self.visible:
            self._emit(_PATH, _INTERFACE, "NewToolTip")

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows

    @rows.setter
    def rows(self, rows: tuple[Row, ...]) -> None:
        self._rows = rows
        self.update_menu()

    @property
    def pictures(self) -> dict[int, bytes]:
        """Size in pixels → ARGB bytes, as they went out."""
        return {width: data for width, _height, data in self._pixmaps}

    @pictures.setter
    def pictures(self, pictures: dict[int, Image]) -> None:
        pixmaps = [(picture.width, picture.height, argb(picture)) for picture in pictures.values()]
        if pixmaps != self._pixmaps:
            self._pixmaps = pixmaps
            self.icon = pictures[max(pictures)]

    def show_notice(self, notice: Notice) -> None:
        self._notifications.show(notice)

    def withdraw_notice(self, key: str) -> None:
        self._notifications.withdraw(key)

    def stop(self) -> None:
        """End `run`, now or as soon as it is called."""
        self._stop()

    # What pystray's base class calls.

    def _show(self) -> None:
        self._status = "Active"
        self._emit(_PATH, _INTERFACE, "NewStatus", ("s",), ("Active",))
        self._register()

    def _hide(self) -> None:
        self._status = "Passive"
        self._emit(_PATH, _INTERFACE, "NewStatus", ("s",), ("Passive",))

    def _update_icon(self) -> None:
        self._emit(_PATH, _INTERFACE, "NewIcon")
        self._icon_valid = True

    def _update_title(self) -> None:
        self._emit(_PATH, _INTERFACE, "NewTitle")
        self._emit(_PATH, _INTERFACE, "NewToolTip")

    def _update_menu(self) -> None:
        with self._changing:  # signals leave in the order of the changes
            for signal in self._dbus_menu.show(self._rows):
                self._emit(_MENU_PATH, dbus_menu.INTERFACE, signal.name, signal.types, signal.body)

    def _run(self) -> None:
        try:
            self._mark_ready()
            while not self._stopping:
                self._take(session_bus.receive(self._connection, self._left_click.seconds_left))
                if self._left_click.take_unanswered():
                    self._start_callback(Action("show"))
        except OSError as error:
            if not self._stopping:
                raise DesktopClosed(f"The session bus closed the connection: {error}.") from None
        except session_bus.NotDBus as error:
            raise DesktopClosed(f"The session bus sent what is not D-Bus: {error}.") from None
        finally:
            self._running = False
            for thread in (*self._callbacks, self._setup_thread):
                if thread is not current_thread():
                    thread.join(_LINGER)
            session_bus.close(self._connection)

    def _stop(self) -> None:
        self._stopping = True
        with suppress(OSError):  # closed already
            self._connection.sock.shutdown(socket.SHUT_RD)

    # The bus.

    def _take(self, message: Any) -> None:
        if message is None:
            return
        self._notifications.take(message)
        if message.header.message_type is MessageType.signal:
            self._take_signal(message)
            return
        reply = session_bus.answer(message, self._objects)
        if reply is not None:
            self._send(reply)
        for is_open in self._dbus_menu.take_opened():
            if is_open:
                self._left_click.menu_opened()
            self._on_menu(is_open)
        for action in self._dbus_menu.take_chosen():
            self._start_callback(action)

    def _take_signal(self, message: Any) -> None:
        """A panel that came, or came back, does not know the icon yet."""
        fields = message.header.fields
        if (
            fields.get(HeaderFields.sender) == "org.freedesktop.DBus"
            and fields.get(HeaderFields.member) == "NameOwnerChanged"
            and message.body[0] == WATCHER
            and message.body[2]
            and self._status == "Active"
        ):
            self._on_menu(False)  # the panel that may have had it open is gone
            self._register()

    def _register(self) -> None:
        watcher = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
        self._send(new_method_call(watcher, "RegisterStatusNotifierItem", "s", (self.bus_name,)))

    def _emit(
        self,
        path: str,
        interface: str,
        name: str,
        types: tuple[str, ...] = (),
        body: tuple[Any, ...] = (),
    ) -> None:
        self._send(new_signal(DBusAddress(path, interface=interface), name, "".join(types) or None, body))

    def _send(self, message: Any, serial: int | None = None) -> None:
        with suppress(OSError):  # the loop sees the same error, and reports it once
            self._connection.send(message, serial=serial)

    def _start_callback(self, action: Action) -> None:
        def call() -> None:
            try:
                self._choose(action)
            except Exception as error:  # noqa: BLE001  the app's fault must not be the icon's end
                log_fault(_log, f"the action {action.name} failed", error)

        self._callbacks = [thread for thread in self._callbacks if thread.is_alive()]
        thread = Thread(target=call, name=f"menu-{action.name}", daemon=True)
        self._callbacks.append(thread)
        thread.start()

    def _item(self) -> Interface:
        def title() -> str:
            return session_bus.plain(self.title)

        def tooltip() -> tuple[str, list[Any], str, str]:
            return "", [], title(), session_bus.plain(_escaped(self._tooltip.text))

        def nothing(*_args: Any) -> tuple[()]:
            return ()

        def no_window(*_args: Any) -> tuple[()]:
            self._left_click.handed_over()
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
                "Id": Property("s", lambda: self.name),
                "Title": Property("s", title),
                "Status": Property("s", lambda: self._status),
                "WindowId": Property("i", lambda: 0),
                "IconThemePath": Property("s", str),
                "IconName": Property("s", str),
                "IconPixmap": Property("a(iiay)", lambda: self._pixmaps),
                "IconAccessibleDesc": Property("s", title),
                "OverlayIconName": Property("s", str),
                "OverlayIconPixmap": Property("a(iiay)", list),
                "AttentionIconName": Property("s", str),
                "AttentionIconPixmap": Property("a(iiay)", list),
                "AttentionMovieName": Property("s", str),
                "ToolTip": Property("(sa(iiay)ss)", tooltip),
                "ItemIsMenu": Property("b", lambda: True),
                "Menu": Property("o", lambda: _MENU_PATH),
            },
            signals={"NewTitle": (), "NewIcon": (), "NewToolTip": (), "NewStatus": ("s",)},
        )


def _unmarked(title: str) -> str:
    """The title without what markup begins with: waybar reads it as markup, xfce4-panel and LXQt do not."""
    return re.sub(r"\s*&\s*", " and ", title).replace("< 1 %", "below 1 %").replace("<", "‹")


def _escaped(text: str) -> str:
    """The text as markup, which all hosts that show it take it for."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _watcher_rule() -> Any:
    rule = MatchRule(
        type="signal",
        sender="org.freedesktop.DBus",
        interface="org.freedesktop.DBus",
        member="NameOwnerChanged",
    )
    rule.add_arg_condition(0, WATCHER)
    return rule
