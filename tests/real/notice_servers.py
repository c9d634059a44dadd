"""Real notification servers, each on a desktop without a screen, and a spy on what they and the tray say.

with opened("dunst", tmp_path) as desk, Spy(desk.environ) as spy:
    icon.show_notice(notice)
    spy.next("Notify")
    spy.next("NotificationClosed")
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, Self

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
from msgspec import Struct

from tests.real.panel import bare_display, start_window_manager
from tests.real.session import DEADLINE, Session, until
from tests.real.waybar import headless_sway
from tests.tray.desktop.fake_notices import received
from tray.desktop.linux import session_bus
from tray.desktop.linux.notifications import SERVER

_MONITORING = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus.Monitoring")
_ON_X = ("Xvfb", "dbus-daemon", "openbox", "xdotool", "xprop", "import")
_ON_WAYLAND = ("sway", "dbus-daemon", "grim", "setpriv")


class Server(Struct, frozen=True):
    """`program` may be a pattern of paths. `invoke` clicks the action of the newest notice from a terminal, and
    `dismiss` closes it, where there is a command for that.
    """

    name: str
    program: str
    needs: tuple[str, ...]
    wayland: bool = False
    invoke: tuple[str, ...] = ()
    dismiss: tuple[str, ...] = ()


SERVERS = (
    Server(
        "dunst",
        "dunst",
        (*_ON_X, "dunst", "dunstctl"),
        invoke=("dunstctl", "action", "0"),
        dismiss=("dunstctl", "close"),
    ),
    Server("xfce4-notifyd", "/usr/lib/*/xfce4/notifyd/xfce4-notifyd", _ON_X),
    Server(
        "mako",
        "mako",
        (*_ON_WAYLAND, "mako", "makoctl"),
        wayland=True,
        invoke=("makoctl", "invoke"),
        dismiss=("makoctl", "dismiss"),
    ),
    Server("notification-daemon", "/usr/lib/notification-daemon/notification-daemon", _ON_X),
)


def path_of(server: Server) -> str | None:
    """Where its program is; some are on no PATH."""
    if not server.program.startswith("/"):
        return shutil.which(server.program)
    return next(map(str, Path("/").glob(server.program[1:])), None)


def check(server: Server, need: Callable[..., None]) -> None:
    need(*server.needs, path_of(server) or server.program)


@contextmanager
def opened(server: Server, folder: Path) -> Iterator[Session]:
    """A desktop on which the server runs."""
    desk: Session
    if server.wayland:
        with headless_sway(folder) as desk:
            yield _started(server, desk)
    else:
        with bare_display(folder) as desk:
            start_window_manager(desk)
            yield _started(server, desk)


def _started(server: Server, desk: Session) -> Session:
    program = path_of(server)
    assert program is not None
    desk.start(program)
    until(lambda: session_bus.owned(desk.environ, SERVER), f"{server.name} did not start")
    return desk


class Spy:
    """Notes the calls and signals of notices on a bus, whoever they are for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._connection: Any = session_bus.connect(environ)
        rules = [f"interface='{SERVER}'"]
        session_bus.ask(self._connection, new_method_call(_MONITORING, "BecomeMonitor", "asu", (rules, 0)))
        self._said: Queue[tuple[str, tuple[Any, ...]]] = Queue()
        self._thread = threading.Thread(target=self._run, name="spy")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.interrupt()
        self._thread.join(DEADLINE)
        session_bus.close(self._connection)

    def next(self, member: str) -> tuple[Any, ...]:
        """The arguments of the next call or signal of that name."""
        ends = time.monotonic() + DEADLINE
        while True:
            name, body = self._said.get(timeout=max(ends - time.monotonic(), 0.001))
            if name == member:
                return body

    def _run(self) -> None:
        for message in received(self._connection):
            if message.header.message_type in (MessageType.method_call, MessageType.signal):
                self._said.put((message.header.fields[HeaderFields.member], message.body))
