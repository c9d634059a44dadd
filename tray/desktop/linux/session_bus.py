"""The session bus: where it is, how to join it, and what is on it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jeepney import (
    DBusErrorResponse,
    HeaderFields,
)
from jeepney.bus import get_bus
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import prep_socket
from jeepney.io.threading import DBusConnection
from jeepney.wrappers import unwrap_msg

from providers.domain.visible import visible
from providers.host.faults import log_fault, logger_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PATIENCE = 5.0  # seconds for the bus itself to answer; it takes about one millisecond
_log = logger_of(__name__)


class BusUnreachable(Exception):
    """The session bus cannot be reached; str() is the reason."""


class NotDBus(Exception):
    """The session bus sent what is no message; str() is the reason."""


def address(environ: Mapping[str, str]) -> str | None:
    """Where the session bus listens. Terminals over ssh and cron miss the variable, systemd's socket is there."""
    given = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if given:
        return given
    folder = environ.get("XDG_RUNTIME_DIR")
    if folder and Path(folder, "bus").is_socket():
        return f"unix:path={folder}/bus"
    return None


def connect(environ: Mapping[str, str]) -> Any:
    """A jeepney connection that any thread may send on. Raises BusUnreachable."""
    found = address(environ)
    if found is None:
        raise BusUnreachable("no session bus: DBUS_SESSION_BUS_ADDRESS is not set")
    reason = ""
    for one in found.split(";"):
        try:
            connection = DBusConnection(prep_socket(get_bus(one), timeout=_PATIENCE))
        except (OSError, RuntimeError, ValueError, StopIteration) as error:
            reason = str(error) or type(error).__name__
            continue
        try:
            ask(connection, message_bus.Hello())
        except BaseException:
            close(connection)
            raise
        return connection
    raise BusUnreachable(f"no session bus at {found}: {reason}")


def close(connection: Any) -> None:
    """Close it, and the pipe that jeepney forgets."""
    connection.close()
    os.close(connection._stop_r)  # noqa: SLF001
    os.close(connection._stop_w)  # noqa: SLF001


def ask(connection: Any, call: Any) -> tuple[Any, ...]:
    """The reply to the call, on a connection that nothing else is reading from. Raises BusUnreachable.

    jeepney's own way is a thread for each question, which prints a traceback where the bus goes away.
    """
    serial = next(connection.outgoing_serial)
    deadline = time.monotonic() + _PATIENCE
    try:
        connection.send(call, serial=serial)
        while True:
            reply = connection.receive(timeout=max(deadline - time.monotonic(), 0.001))
            if reply.header.fields.get(HeaderFields.reply_serial) == serial:
                body: tuple[Any, ...] = unwrap_msg(reply)
                return body
    except (OSError, DBusErrorResponse) as error:
        member = call.header.fields[HeaderFields.member]
        raise BusUnreachable(f"{member} failed on the session bus: {error}") from error


def receive(connection: Any, timeout: float | None = None) -> Any:
    """The next message; None if none came in so many seconds, or for one that cannot be read.

    Raises OSError where the connection has ended, and NotDBus where what comes is none.
    """
    try:
        return connection.receive(timeout=timeout)
    except TimeoutError:
        return None
    except OSError:
        raise
    except Exception as error:
        # jeepney reads a message whole before it fails on it, but forgets to expect the next one.
        parser = connection.parser
        if parser.next_msg_size is None:
            raise NotDBus(repr(error)) from error
        parser.next_msg_size = None
        log_fault(_log, "skipped a message that could not be read", error)
        return None


def owned(environ: Mapping[str, str], name: str) -> bool | None:
    """Whether the name has an owner; None without a session bus."""
    return _answered(environ, lambda bus: bool(ask(bus, message_bus.NameHasOwner(name))[0]))


def offered(environ: Mapping[str, str], name: str) -> bool | None:
    """Whether the name has an owner, or the bus starts one when it is called; None without a session bus."""
    return _answered(
        environ,
        lambda bus: (
            bool(ask(bus, message_bus.NameHasOwner(name))[0])
            or name in ask(bus, message_bus.ListActivatableNames())[0]
        ),
    )


def _answered(environ: Mapping[str, str], question: Callable[[Any], bool]) -> bool | None:
    try:
        connection = connect(environ)
    except BusUnreachable:
        return None
    try:
        return question(connection)
    except BusUnreachable:
        return None
    finally:
        close(connection)


def plain(text: str) -> str:
    """The text as the bus accepts it, which disconnects a client that sends a NUL or half a surrogate pair, and as
    nobody can turn it around or break it: names in it are foreign.
    """
    return visible(text.replace("\0", "").encode("utf-8", "replace").decode())
