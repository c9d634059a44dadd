"""Notices by the freedesktop specification, over a connection whose messages somebody else receives.

What servers do differs: the id that is asked for may not be the one that is given (mako), a click on a notice
invokes `default` or only closes it, buttons may not be drawn, an action may come after its notice was closed
(dunstctl, makoctl), and ids start anew with each server. So only the id that came back counts, as long as its
server runs, and nothing relies on a button.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from jeepney import DBusAddress, HeaderFields, MatchRule, MessageFlag, MessageType, new_method_call
from msgspec import Struct

from tray.desktop.icon import NAME
from tray.desktop.linux.session_bus import plain
from tray.view.rows import Action
from tray.view.words import markup

if TYPE_CHECKING:
    from collections.abc import Callable

    from tray.engine.notices.notice import Notice

SERVER = "org.freedesktop.Notifications"
_SERVER = DBusAddress("/org/freedesktop/Notifications", SERVER, SERVER)
_BUS = "org.freedesktop.DBus"
_PATIENCE = 30.0  # seconds for an answer: the bus gives a server 25 to start
_MOST = 32  # notices, and closed ones that an action may still come for
_URGENCY = {"normal": 1, "critical": 2}


def _owner_rule() -> MatchRule:
    rule = MatchRule(type="signal", sender=_BUS, interface=_BUS, member="NameOwnerChanged")
    rule.add_arg_condition(0, SERVER)
    return rule


RULES = (
    _owner_rule(),
    *(
        MatchRule(type="signal", interface=SERVER, member=member)
        for member in ("NotificationClosed", "ActionInvoked")
    ),
)
"""The signals that the connection must receive."""


def notify_call(notice: Notice, replaces: int = 0, actions: tuple[str, ...] = ()) -> Any:
    """The message that shows it, instead of the one with the id `replaces`."""
    hints = {"urgency": ("y", _URGENCY[notice.urgency])}
    body = (NAME, replaces, "", plain(notice.title), _escaped(notice.body), [*actions], hints, -1)
    return new_method_call(_SERVER, "Notify", "susssasa{sv}i", body)


def clicked(notice: Notice) -> Action:
    """What a click on a notice asks for: the terminal of its session, the provider's page, or fresh values
    where it names neither.
    """
    if notice.session_key is not None:
        return Action("front", notice.session_key)
    return Action("open", f"usage:{notice.provider}") if notice.provider else Action("refresh")


def _actions(notice: Notice) -> tuple[str, str]:
    """What a click on it does. Some servers draw it as a button (xfce4-notifyd 0.7), which says what it does."""
    if notice.session_key is None:
        return "default", "Open"
    return "default", "Show" if notice.can_show else "Copy command"


class _Slot(Struct):
    """A notice by its key. `id` is the server's, 0 if it shows none; `serial` is the call not answered yet.

    `next` waits for that answer, or for a server. Withdrawn: to be closed as soon as its id is known.
    """

    sent: Notice
    id: int = 0
    serial: int | None = None
    asked_at: float = 0.0
    next: Notice | None = None
    withdrawn: bool = False


class Notifications:
    """`send` sends a message, with a serial of its own or the given one, and never raises; `next_serial` takes
    one of the connection's. `choose` starts an action and returns at once. All methods may be called from any
    thread; none waits for a server.
    """

    def __init__(
        self,
        send: Callable[[Any, int | None], None],
        next_serial: Callable[[], int],
        choose: Callable[[Action], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._next_serial = next_serial
        self._choose = choose
        self._clock = clock
        self._lock = Lock()
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._calls: OrderedDict[int, str] = OrderedDict()  # serial → key
        self._closed: OrderedDict[int, Notice] = OrderedDict()
        self._server: str | None = None  # its unique name, once it has answered

    def show(self, notice: Notice) -> None:
        with self._lock:
            slot = self._slots.setdefault(notice.key, _Slot(notice))
            self._slots.move_to_end(notice.key)
            slot.next, slot.withdrawn = notice, False
            if slot.serial is None or self._clock() - slot.asked_at > _PATIENCE:
                self._notify(slot)
            while len(self._slots) > _MOST:
                self._slots.popitem(last=False)

    def withdraw(self, key: str) -> None:
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                return
            slot.next, slot.withdrawn = None, True
            if slot.serial is None:
                self._end(slot)

    def carry_on(self, before: Notifications, server: str) -> None:
        """Take over what a closed connection showed; one whose first answer it never got is left to the server.

        `server` is the unique name of the one that runs now: the ids of another are not valid there.
        """
        with before._lock, self._lock:
            if before._server != server:
                return
            self._server = server
            self._closed.update(before._closed)
            for key, slot in before._slots.items():
                if slot.withdrawn:
                    self._close(slot.id)
                elif slot.id or slot.next is not None:
                    self._slots[key] = _Slot(slot.sent, id=slot.id, next=slot.next)
            for slot in self._slots.values():
                if slot.next is not None:
                    self._notify(slot)

    def take(self, message: Any) -> None:
        """Look at a message that came over the connection; most are not for us."""
        fields = message.header.fields
        kind = message.header.message_type
        with self._lock:
            if kind is MessageType.signal:
                action = self._take_signal(fields, message.body)
            else:
                action = None
                if kind in (MessageType.method_return, MessageType.error):
                    self._take_reply(fields, message)
        if action is not None:
            self._choose(action)

    def _notify(self, slot: _Slot) -> None:
        assert slot.next is not None  # noqa: S101 - every caller has put one there
        notice = slot.sent = slot.next
        slot.next, slot.serial, slot.asked_at = None, self._next_serial(), self._clock()
        self._calls[slot.serial] = notice.key
        while len(self._calls) > _MOST:
            self._calls.popitem(last=False)
        self._send(notify_call(notice, slot.id, _actions(notice)), slot.serial)

    def _end(self, slot: _Slot) -> None:
        """Forget it, and take it off the screen."""
        if self._slots.get(slot.sent.key) is slot:
            del self._slots[slot.sent.key]
        self._close(slot.id)

    def _close(self, id_: int) -> None:
        """Whether the server still knows it is no concern of ours, so no answer is wanted."""
        if id_:
            call = new_method_call(_SERVER, "CloseNotification", "u", (id_,))
            call.header.flags |= MessageFlag.no_reply_expected | MessageFlag.no_auto_start
            self._send(call, None)

    def _take_reply(self, fields: Any, message: Any) -> None:
        serial = fields.get(HeaderFields.reply_serial)
        key = self._calls.pop(serial, None)
        if key is None:
            return
        is_answer = message.header.message_type is MessageType.method_return and _is_id(message.body)
        id_ = message.body[0] if is_answer else 0
        if id_:
            self._server = fields.get(HeaderFields.sender)
        slot = self._slots.get(key)
        if slot is None or slot.serial != serial:  # nobody expected it any more
            self._close(0 if slot is not None and slot.id == id_ else id_)
            return
        slot.serial, slot.id = None, id_
        if slot.withdrawn:
            self._end(slot)
        elif id_ and slot.next is not None:
            self._notify(slot)
        elif not id_ and fields.get(HeaderFields.sender) == _BUS:
            # There is none, it could not be started, or it ended: this is for the one that may come.
            slot.next = slot.next or slot.sent
        elif not id_:
            del self._slots[key]

    def _take_signal(self, fields: Any, body: Any) -> Action | None:
        member, sender = fields.get(HeaderFields.member), fields.get(HeaderFields.sender)
        if member == "NameOwnerChanged" and sender == _BUS and body[0] == SERVER:
            self._take_owner(body[2])
        elif sender != self._server or fields.get(HeaderFields.interface) != SERVER or not _is_id(body):
            return None
        elif member == "NotificationClosed":
            self._take_closed(body[0])
        elif member == "ActionInvoked" and body[1:] == ("default",):
            shown = next((slot.sent for slot in self._slots.values() if slot.id == body[0]), None)
            notice = shown or self._closed.pop(body[0], None)
            return None if notice is None else clicked(notice)
        return None

    def _take_closed(self, id_: int) -> None:
        for key, slot in list(self._slots.items()):
            if slot.id == id_:
                self._closed[id_] = slot.sent
                slot.id = 0
                if slot.serial is None and slot.next is None:
                    del self._slots[key]
        while len(self._closed) > _MOST:
            self._closed.popitem(last=False)

    def _take_owner(self, owner: str) -> None:
        """Another server knows none of the ids, and gives them to others."""
        if owner != self._server:
            self._server = None
            self._closed.clear()
            for key, slot in list(self._slots.items()):
                slot.id = 0
                if slot.serial is None and slot.next is None:
                    del self._slots[key]
        if owner:
            for slot in self._slots.values():
                if slot.serial is None and slot.next is not None:
                    self._notify(slot)


def _is_id(body: Any) -> bool:
    return bool(body) and isinstance(body[0], int) and body[0] > 0


def _escaped(text: str) -> str:
    """All servers take a body as markup, and a title never."""
    return markup(plain(text))
