"""A notification server: it answers as it is told to, and notes what it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from queue import Queue
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus

from tests.tray.desktop.fake_watcher import DEADLINE
from tray.desktop.linux import session_bus
from tray.desktop.linux.notifications import SERVER

PATH = "/org/freedesktop/Notifications"


def received(connection: Any) -> Iterator[Any]:
    """Each message, until the connection is interrupted or the bus is gone."""
    while True:
        try:
            message = connection.receive()
        except Exception:  # noqa: BLE001 - whichever it is
            return
        yield message


class Asked:
    """A call of Notify."""

    def __init__(self, message: Any) -> None:
        self.message = message
        self.sender: str = message.header.fields[HeaderFields.sender]
        (
            self.program,
            self.replaces,
            self.icon,
            self.title,
            self.body,
            self.actions,
            self.hints,
            self.timeout,
        ) = message.body


class NoticeServer:
    """Gives each notice the id it replaces, or the next one. With `answers` off it keeps its callers waiting."""

    def __init__(self, environ: Mapping[str, str], *, first_id: int = 1, answers: bool = True) -> None:
        self.shown: Queue[Asked] = Queue()
        self.closed: Queue[int] = Queue()
        self.answers = answers
        self.id_for: Callable[[Asked], int] = self._id_for
        self._next = first_id
        self._connection: Any = session_bus.connect(environ)
        session_bus.ask(self._connection, message_bus.RequestName(SERVER))
        self._thread = threading.Thread(target=self._run, name="notice-server")
        self._thread.start()

    def close(self) -> None:
        self._connection.interrupt()
        self._thread.join(DEADLINE)
        session_bus.close(self._connection)

    def next(self) -> Asked:
        return self.shown.get(timeout=DEADLINE)

    def answer(self, asked: Asked, id_: int) -> None:
        self._connection.send(new_method_return(asked.message, "u", (id_,)))

    def refuse(self, asked: Asked, name: str = f"{SERVER}.Error.ExcessNotificationGeneration") -> None:
        self._connection.send(new_error(asked.message, name, "s", ("no",)))

    def signal(self, member: str, signature: str, *body: Any, to: str | None = None) -> None:
        """To everybody, or, as dunst does, to one connection."""
        message = new_signal(DBusAddress(PATH, interface=SERVER), member, signature, body)
        if to is not None:
            message.header.fields[HeaderFields.destination] = to
        self._connection.send(message)

    def invoke(self, id_: int, key: str = "default", to: str | None = None) -> None:
        self.signal("ActionInvoked", "us", id_, key, to=to)

    def dismiss(self, id_: int, to: str | None = None) -> None:
        self.signal("NotificationClosed", "uu", id_, 2, to=to)

    def _run(self) -> None:
        for message in received(self._connection):
            if message.header.message_type is not MessageType.method_call:
                continue
            member = message.header.fields[HeaderFields.member]
            if member == "CloseNotification":
                self.closed.put(message.body[0])
            elif member == "Notify":
                asked = Asked(message)
                if self.answers:
                    self.answer(asked, self.id_for(asked))
                self.shown.put(asked)

    def _id_for(self, asked: Asked) -> int:
        if asked.replaces:
            return int(asked.replaces)
        self._next += 1
        return self._next - 1
