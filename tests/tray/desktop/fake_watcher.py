"""A panel for one icon: it watches for items, reads them as text, clicks rows and receives signals."""

from __future__ import annotations

import time
from collections.abc import Mapping
from queue import Queue
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    new_method_call,
    new_method_return,
)
from jeepney.bus_messages import message_bus
from jeepney.io.threading import DBusRouter
from jeepney.wrappers import unwrap_msg

from tray.desktop.linux import session_bus

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"
ITEM_PATH = "/StatusNotifierItem"
MENU_PATH = "/MenuBar"
DEADLINE = 20.0


class Panel:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._connection = session_bus.connect(environ)
        self._router = DBusRouter(self._connection)
        self.item = ""  # the bus name of the icon that registered last
        self._registrations: Queue[Message] = Queue()
        self._signals: Queue[Message] = Queue()
        calls = MatchRule(type="method_call", member="RegisterStatusNotifierItem")
        self._router.filter(calls, queue=self._registrations)
        for interface in (ITEM, MENU):
            rule = MatchRule(type="signal", interface=interface)
            self._router.filter(rule, queue=self._signals)
            self._ask(message_bus.AddMatch(rule))

    def close(self) -> None:
        self._router.close()
        session_bus.close(self._connection)

    def start_watching(self) -> None:
        self._ask(message_bus.RequestName(WATCHER))

    def stop_watching(self) -> None:
        self._ask(message_bus.ReleaseName(WATCHER))

    def wait_for_item(self) -> str:
        call = self._registrations.get(timeout=DEADLINE)
        self._router.send(new_method_return(call))
        self.item = call.body[0]
        return self.item

    def registrations_waiting(self) -> int:
        return self._registrations.qsize()

    def has_owner(self, name: str) -> bool:
        return bool(self._ask(message_bus.NameHasOwner(name))[0])

    def call(
        self, path: str, interface: str | None, member: str, signature: str | None = None, *body: Any
    ) -> tuple[Any, ...]:
        """What a method of the icon answers. Raises DBusErrorResponse."""
        address = DBusAddress(path, self.item, interface)
        return self._ask(new_method_call(address, member, signature, body))

    def send(self, message: Message) -> None:
        self._router.send(message)

    def send_bytes(self, data: bytes) -> None:
        with self._connection.send_lock:
            self._connection.sock.sendall(data)

    def read(self, name: str, path: str = ITEM_PATH) -> Any:
        """A property of the icon."""
        return self.call(path, PROPERTIES, "Get", "ss", ITEM, name)[0][1]

    def menu(self) -> list[str]:
        """The menu as a person reads it: one line for each row, underlines and all, with its marks."""
        _revision, (_root, _properties, below) = self.layout()
        return _lines(below)

    def rows(self) -> list[tuple[int, dict[str, Any]]]:
        """Every row of the tree, a submenu before its children."""
        _revision, (_root, _properties, below) = self.layout()
        return _flat(below)

    def layout(self, parent: int = 0, depth: int = -1, names: tuple[str, ...] = ()) -> tuple[int, Any]:
        revision, node = self.call(MENU_PATH, MENU, "GetLayout", "iias", parent, depth, list(names))
        return revision, node

    def id_of(self, label: str) -> int:
        return next(id_ for id_, properties in self.rows() if properties.get("label") == label)

    def click(self, label: str) -> None:
        self.choose(self.id_of(label))

    def choose(self, id_: int) -> None:
        self.call(MENU_PATH, MENU, "Event", "isvu", id_, "clicked", ("i", 0), 0)

    def heard(self, *, until: str) -> list[tuple[str, Any]]:
        """The signals so far, name and body, up to the one named `until`."""
        heard: list[tuple[str, Any]] = []
        deadline = time.monotonic() + DEADLINE
        while not heard or heard[-1][0] != until:
            message = self._signals.get(timeout=max(deadline - time.monotonic(), 0.001))
            heard.append((message.header.fields[HeaderFields.member], message.body))
        return heard

    def _ask(self, call: Message) -> tuple[Any, ...]:
        assert call.header.message_type is MessageType.method_call
        body: tuple[Any, ...] = unwrap_msg(self._router.send_and_get_reply(call, timeout=DEADLINE))
        return body


def _flat(below: list[Any]) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for _signature, (id_, properties, children) in below:
        found += [(id_, {name: value for name, (_type, value) in properties.items()}), *_flat(children)]
    return found


def _lines(below: list[Any], indent: str = "") -> list[str]:
    lines = []
    for _signature, (_id, typed, children) in below:
        properties = {name: value for name, (_type, value) in typed.items()}
        text = "──" if properties.get("type") == "separator" else properties["label"]
        lines.append(f"{indent}{_mark(properties)}{text}")
        lines += _lines(children, f"{indent}    ")
    return lines


def _mark(properties: dict[str, Any]) -> str:
    if properties.get("children-display") == "submenu":
        return "> "
    on, off = {"checkmark": ("[x] ", "[ ] "), "radio": ("(o) ", "( ) ")}.get(
        properties.get("toggle-type", ""), ("", "")
    )
    return on if properties.get("toggle-state") == 1 else off
