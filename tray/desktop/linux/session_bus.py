"""The session bus: where it is, how to join it, and how an object on it answers its callers."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jeepney import (
    DBusErrorResponse,
    HeaderFields,
    MessageFlag,
    MessageType,
    new_error,
    new_method_return,
)
from jeepney.bus import get_bus
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import prep_socket
from jeepney.io.threading import DBusConnection
from jeepney.wrappers import unwrap_msg
from msgspec import Struct, field

from providers.domain.visible import visible
from providers.host.faults import log_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PATIENCE = 5.0  # seconds for the bus itself to answer; it takes about one millisecond
_PEER = "org.freedesktop.DBus.Peer"
_INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ERROR = "org.freedesktop.DBus.Error."
_IN, _OUT = ' direction="in"', ' direction="out"'
_log = logging.getLogger(__name__)


class BusUnreachable(Exception):
    """The session bus cannot be reached; str() is the reason."""


class NotDBus(Exception):
    """The session bus sent what is no message; str() is the reason."""


class CallError(Exception):
    """What a caller gets instead of a result: `name` ends the D-Bus error's name."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = _ERROR + name


class Method(Struct, frozen=True):
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    call: Callable[..., tuple[Any, ...]]


class Property(Struct, frozen=True):
    type: str
    read: Callable[[], Any]


class Interface(Struct, frozen=True, kw_only=True):
    methods: dict[str, Method] = field(default_factory=dict)
    properties: dict[str, Property] = field(default_factory=dict)
    signals: dict[str, tuple[str, ...]] = field(default_factory=dict)


Objects = dict[str, dict[str, Interface]]  # path → interface's name → interface


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


def answer(call: Any, objects: Objects) -> Any:
    """The reply to a method call, an error where it asks for what is not there; None when none is wanted."""
    if call.header.message_type is not MessageType.method_call:
        return None
    try:
        gives, body = _dispatch(call, objects)
        reply = new_method_return(call, "".join(gives) or None, body)
    except CallError as error:
        reply = new_error(call, error.name, "s", (plain(str(error)),))
    except Exception as error:  # noqa: BLE001  one odd caller must not take the icon away
        log_fault(_log, "a call on the session bus failed", error)
        reply = new_error(call, _ERROR + "Failed", "s", (plain(repr(error)),))
    return None if call.header.flags & MessageFlag.no_reply_expected else reply


def _dispatch(call: Any, objects: Objects) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    fields = call.header.fields
    path, member = fields.get(HeaderFields.path, ""), fields.get(HeaderFields.member, "")
    wanted = fields.get(HeaderFields.interface)  # a caller may leave it out
    interfaces = {**_on_every_path(path, objects), **objects.get(path, {})}
    if path in objects:
        interfaces[_PROPERTIES] = _properties(objects[path])
    for name, interface in interfaces.items():
        if wanted in (None, name) and member in interface.methods:
            return _call(interface.methods[member], fields.get(HeaderFields.signature, ""), call.body)
    if path not in objects:
        raise CallError("UnknownObject", f"there is no object at {path}")
    if wanted is not None and wanted not in interfaces:
        raise CallError("UnknownInterface", f"{path} has no interface {wanted}")
    raise CallError("UnknownMethod", f"{path} has no method {member}")


def _call(method: Method, signature: str, body: tuple[Any, ...]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    if signature != "".join(method.takes):
        raise CallError("InvalidArgs", f"expected ({''.join(method.takes)}), got ({signature})")
    return method.gives, method.call(*body)


def _on_every_path(path: str, objects: Objects) -> dict[str, Interface]:
    return {
        _PEER: Interface(
            methods={"Ping": Method((), (), lambda: ()), "GetMachineId": Method((), ("s",), _machine_id)}
        ),
        _INTROSPECTABLE: Interface(
            methods={"Introspect": Method((), ("s",), lambda: (_introspection(path, objects),))}
        ),
    }


def _machine_id() -> tuple[str]:
    try:
        return (Path("/etc/machine-id").read_text(encoding="ascii").strip(),)
    except (OSError, ValueError) as error:
        raise CallError("Failed", f"no machine id: {error}") from None


def _properties(interfaces: dict[str, Interface]) -> Interface:
    def known(name: str) -> dict[str, Property]:
        if name and name not in interfaces:
            raise CallError("UnknownInterface", f"there is no interface {name}")
        chosen = [interfaces[name]] if name else interfaces.values()
        return {key: value for interface in chosen for key, value in interface.properties.items()}

    def get(interface: str, name: str) -> tuple[Any]:
        found = known(interface).get(name)
        if found is None:
            raise CallError("UnknownProperty", f"there is no property {name}")
        return ((found.type, found.read()),)

    def get_all(interface: str) -> tuple[dict[str, Any]]:
        return ({name: (one.type, one.read()) for name, one in known(interface).items()},)

    def set_(interface: str, name: str, _value: Any) -> tuple[()]:
        get(interface, name)
        raise CallError("PropertyReadOnly", f"{name} cannot be set")

    return Interface(
        methods={
            "Get": Method(("s", "s"), ("v",), get),
            "GetAll": Method(("s",), ("a{sv}",), get_all),
            "Set": Method(("s", "s", "v"), (), set_),
        },
        signals={"PropertiesChanged": ("s", "a{sv}", "as")},
    )


def _introspection(path: str, objects: Objects) -> str:
    if path in objects:
        interfaces = {**objects[path], _PROPERTIES: _properties(objects[path])}
        inner = "".join(_interface_xml(*item) for item in interfaces.items())
    else:
        inner = "".join(f'<node name="{known[1:]}"/>' for known in objects if path == "/")
    return (
        '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN" '
        '"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">'
        f"<node>{inner}</node>"
    )


def _interface_xml(name: str, interface: Interface) -> str:
    def args(types: tuple[str, ...], direction: str) -> str:
        return "".join(f'<arg type="{one}"{direction}/>' for one in types)

    methods = (
        f'<method name="{key}">{args(one.takes, _IN)}{args(one.gives, _OUT)}</method>'
        for key, one in interface.methods.items()
    )
    signals = (f'<signal name="{key}">{args(types, "")}</signal>' for key, types in interface.signals.items())
    properties = (
        f'<property name="{key}" type="{one.type}" access="read"/>'
        for key, one in interface.properties.items()
    )
    return f'<interface name="{name}">{"".join((*methods, *signals, *properties))}</interface>'
