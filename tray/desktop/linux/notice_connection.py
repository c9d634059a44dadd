"""Notices over a connection of their own, for an icon that has none: opened for the first, and anew when lost."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from jeepney.bus_messages import message_bus

from providers.host.faults import log_fault, logger_of
from tray.desktop.linux import notifications, session_bus
from tray.desktop.linux.notifications import Notifications

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tray.engine.notices.notice import Notice
    from tray.view.rows import Action

_LINGER = 1.0
_log = logger_of(__name__)


def send_once(environ: Mapping[str, str], notice: Notice) -> None:
    """From a process that ends, so that a click does nothing. Without a bus, or a server, nothing is shown."""
    with suppress(session_bus.BusUnreachable):
        connection = session_bus.connect(environ)
        try:
            session_bus.ask(connection, notifications.notify_call(notice))
        finally:
            session_bus.close(connection)


class NoticeConnection:
    """From any thread. Without a bus nothing is shown, and nobody is held up."""

    def __init__(self, environ: Mapping[str, str], choose: Callable[[Action], None]) -> None:
        self._environ = environ
        self._choose = choose
        self._lock = Lock()
        self._open: _Open | None = None
        self._closed = False

    def show(self, notice: Notice) -> None:
        with self._lock:
            if self._closed:
                return
            if self._open is None or not self._open.is_alive():
                try:
                    self._open = _Open(self._environ, self._choose)
                except session_bus.BusUnreachable:
                    self._open = None
                    return
            self._open.notifications.show(notice)

    def withdraw(self, key: str) -> None:
        with self._lock:
            if self._open is not None:
                self._open.notifications.withdraw(key)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            opened, self._open = self._open, None
        if opened is not None:
            opened.close()


class _Open(Thread):
    """Receives until the connection ends."""

    def __init__(self, environ: Mapping[str, str], choose: Callable[[Action], None]) -> None:
        super().__init__(name="notices-bus", daemon=True)
        self._connection: Any = session_bus.connect(environ)
        self._choose = choose
        self.notifications = Notifications(
            self._send, self._connection.outgoing_serial.__next__, self._start_action
        )
        try:
            for rule in notifications.RULES:
                session_bus.ask(self._connection, message_bus.AddMatch(rule))
        except BaseException:
            session_bus.close(self._connection)
            raise
        self.start()

    def run(self) -> None:
        try:
            while True:
                self.notifications.take(self._connection.receive())
        except OSError:
            pass  # closed, by us or by the bus
        except Exception as error:  # noqa: BLE001 - the next notice opens another connection
            log_fault(_log, "could not read a message about notices", error)
        finally:
            session_bus.close(self._connection)

    def close(self) -> None:
        with suppress(OSError):  # closed already
            self._connection.sock.shutdown(socket.SHUT_RD)
        self.join(_LINGER)

    def _send(self, message: Any, serial: int | None) -> None:
        with suppress(OSError):  # the loop sees the same error
            self._connection.send(message, serial=serial)

    def _start_action(self, action: Action) -> None:
        Thread(target=self._act, args=(action,), name=f"notice-{action.name}", daemon=True).start()

    def _act(self, action: Action) -> None:
        try:
            self._choose(action)
        except Exception as error:  # noqa: BLE001 - the app's fault must not be the notices' end
            log_fault(_log, f"a notice's {action.name} failed", error)
