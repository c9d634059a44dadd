"""The icons of a Linux desktop: StatusNotifierItems with their menu, spoken straight to the session bus."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import partial
from threading import RLock, Thread, current_thread
from typing import TYPE_CHECKING, Any

from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, new_method_call, new_signal
from jeepney.bus_messages import message_bus

from providers.host.faults import log_fault, logger_of
from tray.desktop.icon import DesktopClosed, Shown, TrayClosed, ignore_menu
from tray.desktop.linux import dbus_menu, exported, notifications, session_bus, status_item
from tray.desktop.linux.dbus_menu import DBusMenu
from tray.desktop.linux.left_click import LeftClick
from tray.desktop.linux.notifications import Notifications
from tray.desktop.linux.status_item import StatusItem, pixmaps
from tray.desktop.toolkit import base
from tray.view.rows import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tray.engine.notices.notice import Notice
    from tray.view.rows import Row

WATCHER = "org.kde.StatusNotifierWatcher"
_PATH = "/StatusNotifierItem"
_MENU_PATH = "/MenuBar"
_LINGER = 1.0  # seconds a running callback is waited for once the icon is stopped
_log = logger_of(__name__)


class StatusNotifierIcon(base.Icon):  # type: ignore[misc]  # pystray has no types
    """pystray's contract, with rows instead of its menu, and as many icons as are shown.

    Raises BusUnreachable when made, DesktopClosed and TrayClosed from `run`. Everything but `run` may be called
    from any thread. `choose` runs in a thread of its own: a slow one never holds up Quit.
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
        self._stopping = self._leaving = False
        self._rows: tuple[Row, ...] = ()
        self._items: dict[str, tuple[str, StatusItem]] = {}  # by the keys of their icons
        self._dbus_menu = DBusMenu()
        self._left_click = LeftClick()
        self._callbacks: list[Thread] = []
        self._first = self._make_item(_PATH, name)
        self._objects: exported.Objects = {
            _PATH: {status_item.INTERFACE: self._first.interface()},
            _MENU_PATH: {dbus_menu.INTERFACE: self._dbus_menu.interface()},
        }
        # pystray's setup thread would wait for ever for a loop that could not start: so join the bus here.
        self._connection = session_bus.connect(environ)
        self._notifications = Notifications(
            self._send, self._connection.outgoing_serial.__next__, self._start_callback
        )
        self.bus_name = f"{status_item.INTERFACE}-{os.getpid()}-{id(self)}"
        try:
            for rule in (_watcher_rule(), *notifications.RULES):
                session_bus.ask(self._connection, message_bus.AddMatch(rule))
            session_bus.ask(self._connection, message_bus.RequestName(self.bus_name))
        except BaseException:
            session_bus.close(self._connection)
            raise

    def show(self, shown: Shown) -> None:
        """Show these icons and these rows; only what changed is sent. Where one of the icons that were shown is
        missing, the loop ends with TrayClosed, to be started anew.
        """
        pictures = [pixmaps(view.draw) for view in shown.icons]
        with self._changing:
            # lxqt-panel 1.2 shows an item with the status "Passive" too: it goes only with the connection.
            if self._items.keys() - {view.key for view in shown.icons}:
                self._leave()
                return
            self._rows = shown.rows
            items = [self._item(view.key) for view in shown.icons]
            for view, (_path, item) in zip(shown.icons, items, strict=True):
                item.describe(view.tooltip)
            self._update_menu()
            for view, drawn, (path, item) in zip(shown.icons, pictures, items, strict=True):
                if item.show(drawn, attention=view.attention):
                    self._register(path)

    def show_notice(self, notice: Notice) -> None:
        self._notifications.show(notice)

    def withdraw_notice(self, key: str) -> None:
        self._notifications.withdraw(key)

    def carry_on(self, before: StatusNotifierIcon) -> None:
        """Before `run`: replace and withdraw the notices of an icon that ended, too, while their server runs."""
        with suppress(session_bus.BusUnreachable):  # no server runs
            (server,) = session_bus.ask(self._connection, message_bus.GetNameOwner(notifications.SERVER))
            self._notifications.carry_on(before._notifications, server)

    def stop(self) -> None:
        """End `run`, now or as soon as it is called."""
        self._stop()

    def _item(self, key: str) -> tuple[str, StatusItem]:
        """The path and the item of an icon, for as long as the connection lasts: panels remember both."""
        if not self._items:
            self._items[key] = _PATH, self._first
        elif key not in self._items:
            path = f"{_PATH}/{len(self._items)}"
            # With an id of its own, by which panels sort, hide and remember icons.
            item = self._make_item(path, key.replace(":", "-"))
            self._objects[path] = {status_item.INTERFACE: item.interface()}
            self._items[key] = path, item
        return self._items[key]

    def _make_item(self, path: str, ident: str) -> StatusItem:
        emit = partial(self._emit, path, status_item.INTERFACE)
        return StatusItem(ident, _MENU_PATH, emit, self._left_click.handed_over)

    # What pystray's base class calls.

    def _update_menu(self) -> None:
        with self._changing:  # signals leave in the order of the changes
            for signal in self._dbus_menu.show(self._rows):
                self._emit(_MENU_PATH, dbus_menu.INTERFACE, signal.name, signal.types, signal.body)

    def _run(self) -> None:
        try:
            self._mark_ready()
            while not (self._stopping or self._leaving):
                self._take(session_bus.receive(self._connection, self._left_click.seconds_left))
                if self._left_click.take_unanswered():
                    self._start_callback(Action("show"))
            if self._leaving:
                raise TrayClosed
        except OSError as error:
            if self._leaving:
                raise TrayClosed from None
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
        self._end_loop()

    def _leave(self) -> None:
        self._leaving = True
        self._end_loop()

    def _end_loop(self) -> None:
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
        reply = exported.answer(message, self._objects)
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
            and self._items
        ):
            self._on_menu(False)  # the panel that may have had it open is gone
            with self._changing:
                for path, _item in self._items.values():
                    self._register(path)

    def _register(self, path: str) -> None:
        """By the bus name where the item is at the usual path, else by the path."""
        watcher = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
        service = self.bus_name if path == _PATH else path
        self._send(new_method_call(watcher, "RegisterStatusNotifierItem", "s", (service,)))

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


def _watcher_rule() -> Any:
    rule = MatchRule(
        type="signal",
        sender="org.freedesktop.DBus",
        interface="org.freedesktop.DBus",
        member="NameOwnerChanged",
    )
    rule.add_arg_condition(0, WATCHER)
    return rule
