"""Objects on the session bus: their methods and properties, and how they answer their callers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jeepney import HeaderFields, MessageFlag, MessageType, new_error, new_method_return
from msgspec import Struct, field

from providers.host.faults import log_fault, logger_of
from tray.desktop.linux.session_bus import plain

if TYPE_CHECKING:
    from collections.abc import Callable

_PEER = "org.freedesktop.DBus.Peer"
_INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_ERROR = "org.freedesktop.DBus.Error."
_IN, _OUT = ' direction="in"', ' direction="out"'
_log = logger_of(__name__)


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
