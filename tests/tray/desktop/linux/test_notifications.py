"""Notices over the icon's own connection, with a server that behaves as each of the real ones does."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Empty
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, MessageType, new_method_call, new_signal
from jeepney.low_level import Header
from msgspec.structs import replace

from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_notices import PATH, NoticeServer
from tests.tray.desktop.fake_watcher import DEADLINE
from tests.tray.desktop.linux.test_status_notifier import Running
from tray.desktop.linux import session_bus
from tray.desktop.linux.notice_connection import NoticeConnection
from tray.desktop.linux.notifications import SERVER, Notifications, clicked
from tray.engine.notices.notice import Notice
from tray.view.rows import Action

SPENT = Notice(
    key="a1b2c3d4",
    kind="spent",
    title="Codex: the 5h window is used up",
    body="Usable again at 14:30.",
    urgency="critical",
    provider="codex",
)
OTHER = Notice(key="0badcafe", title="Claude: 8 % of the week left", provider="claude")


@pytest.fixture
def server(bus: Bus) -> Iterator[NoticeServer]:
    running = NoticeServer(bus.environ)
    yield running
    running.close()


@pytest.fixture
def running(bus: Bus) -> Iterator[Running]:
    opened = Running(bus)
    yield opened
    opened.close()


def settle(bus: Bus, running: Running) -> None:
    """Until the icon has read all that the bus has sent it."""
    other: Any = session_bus.connect(bus.environ)
    session_bus.ask(other, new_method_call(DBusAddress("/", running.icon.bus_name, None), "Ping"))
    session_bus.close(other)


def nothing(queue: Any, running: Running, server: NoticeServer) -> bool:
    """Whether nothing more is in the queue, once the server has handled all that the icon sent before now."""
    running.icon.show_notice(Notice(key="last", title="the last one"))
    while (asked := server.next()).title != "the last one":
        queue.put(asked)
    try:
        queue.get_nowait()
    except Empty:
        return True
    return False


def test_a_notice_as_a_server_gets_it(running: Running, server: NoticeServer) -> None:
    running.icon.show_notice(replace(SPENT, title="R&D <b>", body="a < b & c > d\0"))
    asked = server.next()
    assert (asked.program, asked.title) == ("tankful", "R&D <b>")
    assert asked.body == "a &lt; b &amp; c &gt; d"
    assert asked.actions == ["default", "Open"]
    assert asked.hints["urgency"] == ("y", 2)
    assert (asked.replaces, asked.timeout) == (0, -1)
    running.icon.show_notice(OTHER)
    assert server.next().hints["urgency"] == ("y", 1)


def test_the_next_with_its_key_replaces_it_by_the_id_that_came_back(
    running: Running, server: NoticeServer
) -> None:
    server.id_for = lambda asked: 40 + len(asked.title)  # never the one asked for, as mako's after a close
    running.icon.show_notice(SPENT)
    first = server.next()
    running.icon.show_notice(OTHER)
    assert server.next().replaces == 0
    running.icon.show_notice(replace(SPENT, title="Codex: used up"))
    second = server.next()
    assert second.replaces == 40 + len(first.title)
    running.icon.withdraw_notice(SPENT.key)
    assert server.closed.get(timeout=DEADLINE) == 40 + len(second.title)


def test_what_comes_while_the_server_thinks_waits_for_its_answer(
    running: Running, server: NoticeServer
) -> None:
    server.answers = False
    running.icon.show_notice(SPENT)
    first = server.next()
    running.icon.show_notice(replace(SPENT, title="two"))
    running.icon.show_notice(replace(SPENT, title="three"))
    server.answer(first, 7)
    last = server.next()
    assert (last.replaces, last.title) == (7, "three")
    server.answer(last, 7)
    server.answers = True
    assert nothing(server.shown, running, server)


def test_one_that_is_withdrawn_before_its_id_is_known_is_closed_then(
    running: Running, server: NoticeServer
) -> None:
    server.answers = False
    running.icon.show_notice(SPENT)
    asked = server.next()
    running.icon.withdraw_notice(SPENT.key)
    running.icon.withdraw_notice("another")
    server.answer(asked, 9)
    assert server.closed.get(timeout=DEADLINE) == 9


def test_a_withdrawn_one_that_is_shown_again_before_the_answer_stays(
    running: Running, server: NoticeServer
) -> None:
    server.answers = False
    running.icon.show_notice(SPENT)
    asked = server.next()
    running.icon.withdraw_notice(SPENT.key)
    running.icon.show_notice(SPENT)
    server.answer(asked, 9)
    assert server.next().replaces == 9
    assert server.closed.empty()


def test_a_dismissed_one_is_neither_replaced_nor_closed(
    running: Running, server: NoticeServer, bus: Bus
) -> None:
    running.icon.show_notice(SPENT)
    asked = server.next()
    server.dismiss(1, to=asked.sender)
    server.dismiss(1)  # and again, to everybody
    settle(bus, running)
    running.icon.withdraw_notice(SPENT.key)
    assert nothing(server.closed, running, server)
    running.icon.show_notice(SPENT)
    assert server.next().replaces == 0


@pytest.mark.parametrize("to_us", [True, False])
@pytest.mark.parametrize("closed_first", [True, False])
def test_a_click_opens_whether_or_not_it_was_closed_before(
    running: Running, server: NoticeServer, closed_first: bool, to_us: bool
) -> None:
    running.icon.show_notice(SPENT)
    asked = server.next()
    to = asked.sender if to_us else None
    if closed_first:
        server.dismiss(1, to)
    server.invoke(1, "settings", to)
    server.invoke(77, to=to)
    server.invoke(1, to=to)
    server.dismiss(1, to)
    assert running.chosen.get(timeout=DEADLINE) == Action("open", "usage:codex")
    assert running.chosen.empty()


def test_a_click_on_a_text_asks_for_fresh_values() -> None:
    assert clicked(Notice(key="text", title="Codex")) == Action("refresh")


def test_another_program_cannot_click(running: Running, server: NoticeServer, bus: Bus) -> None:
    running.icon.show_notice(SPENT)
    asked = server.next()
    stranger: Any = session_bus.connect(bus.environ)
    for member, signature, body in (
        ("ActionInvoked", "us", (1, "default")),
        ("NotificationClosed", "uu", (1, 2)),
    ):
        message = new_signal(DBusAddress(PATH, interface=SERVER), member, signature, body)
        message.header.fields[HeaderFields.destination] = asked.sender
        stranger.send(message)
    session_bus.close(stranger)
    settle(bus, running)
    running.icon.withdraw_notice(SPENT.key)
    assert server.closed.get(timeout=DEADLINE) == 1, "it still knows the id"
    assert running.chosen.empty()


def test_odd_signals_of_a_server_are_no_fault(running: Running, server: NoticeServer) -> None:
    running.icon.show_notice(SPENT)
    server.next()
    server.signal("NotificationClosed", "s", "one")
    server.signal("ActionInvoked", "u", 1)
    server.signal("NotificationClosed", "", *())
    server.signal("NotificationReplied", "us", 1, "hello")
    running.icon.show_notice(SPENT)
    assert server.next().replaces == 1


def test_without_a_server_it_is_shown_once_one_comes(running: Running, bus: Bus) -> None:
    running.icon.show_notice(SPENT)
    running.icon.show_notice(OTHER)
    running.icon.withdraw_notice(OTHER.key)
    settle(bus, running)
    server = NoticeServer(bus.environ)
    try:
        assert server.next().title == SPENT.title
        assert nothing(server.shown, running, server)
    finally:
        server.close()


def test_a_new_server_is_not_asked_by_the_ids_of_the_old_one(running: Running, bus: Bus) -> None:
    first = NoticeServer(bus.environ)
    running.icon.show_notice(SPENT)
    sender = first.next().sender
    first.close()
    second = NoticeServer(bus.environ)
    try:
        second.invoke(1, to=sender)  # what has that id here is another program's
        running.icon.withdraw_notice(SPENT.key)
        assert nothing(second.closed, running, second)
        running.icon.show_notice(SPENT)
        assert second.next().replaces == 0
        assert running.chosen.empty()
    finally:
        second.close()


def test_a_click_on_what_an_old_server_closed_is_none_on_the_new_one(running: Running, bus: Bus) -> None:
    first = NoticeServer(bus.environ)
    running.icon.show_notice(SPENT)
    first.dismiss(1, to=first.next().sender)
    settle(bus, running)
    first.close()
    second = NoticeServer(bus.environ, first_id=5)
    try:
        running.icon.show_notice(OTHER)
        sender = second.next().sender
        second.invoke(1, to=sender)
        second.invoke(5, to=sender)
        assert running.chosen.get(timeout=DEADLINE) == Action("open", "usage:claude")
    finally:
        second.close()


def test_what_one_server_refused_is_not_for_the_next(running: Running, bus: Bus) -> None:
    first = NoticeServer(bus.environ, answers=False)
    running.icon.show_notice(SPENT)
    first.refuse(first.next())
    settle(bus, running)
    first.close()
    second = NoticeServer(bus.environ)
    try:
        assert nothing(second.shown, running, second)
    finally:
        second.close()


def test_a_refused_one_is_forgotten(running: Running, server: NoticeServer) -> None:
    server.answers = False
    running.icon.show_notice(SPENT)
    server.refuse(server.next())
    running.icon.show_notice(OTHER)
    server.answer(server.next(), 3)
    running.icon.withdraw_notice(SPENT.key)
    running.icon.withdraw_notice(OTHER.key)
    assert server.closed.get(timeout=DEADLINE) == 3


def test_an_icon_without_a_bus_connection_opens_one_for_the_first_notice(
    bus: Bus, server: NoticeServer
) -> None:
    chosen: list[Action] = []
    notices = NoticeConnection(bus.environ, chosen.append)
    notices.withdraw("nothing is shown yet")
    notices.show(SPENT)
    assert server.next().title == SPENT.title
    notices.withdraw(SPENT.key)
    assert server.closed.get(timeout=DEADLINE) == 1
    notices.close()
    notices.show(SPENT)
    notices.close()


def test_without_a_bus_nothing_is_shown_and_nothing_raised() -> None:
    notices = NoticeConnection({}, lambda _action: None)
    notices.show(SPENT)
    notices.withdraw(SPENT.key)
    notices.close()


class Wire:
    """A server's end without a bus: what was sent, and answers to it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.serials = iter(range(1, 10_000))
        self.sent: list[tuple[int | None, Message]] = []
        self.notifications = Notifications(
            lambda message, serial: self.sent.append((serial, message)),
            lambda: next(self.serials),
            lambda _action: None,
            lambda: self.now,
        )

    def calls(self, member: str) -> list[tuple[int | None, tuple[Any, ...]]]:
        return [
            (serial, message.body)
            for serial, message in self.sent
            if message.header.fields[HeaderFields.member] == member
        ]

    def answer(self, serial: int, id_: int) -> None:
        fields = {HeaderFields.reply_serial: serial, HeaderFields.sender: ":1.9", HeaderFields.signature: "u"}
        header: Any = Header("<", MessageType.method_return, 0, 1, 0, 1, fields)
        self.notifications.take(Message(header, (id_,)))


def test_a_close_starts_no_server_and_wants_no_answer() -> None:
    wire = Wire()
    wire.notifications.show(SPENT)
    wire.answer(1, 5)
    wire.notifications.withdraw(SPENT.key)
    _serial, message = wire.sent[-1]
    assert message.header.flags == MessageFlag.no_reply_expected | MessageFlag.no_auto_start


def test_a_server_that_never_answers_is_asked_again_after_a_while() -> None:
    wire = Wire()
    wire.notifications.show(SPENT)
    wire.notifications.show(replace(SPENT, title="two"))
    assert len(wire.calls("Notify")) == 1
    wire.now = 31.0
    wire.notifications.show(replace(SPENT, title="three"))
    (first, _), (second, body) = wire.calls("Notify")
    assert (body[1], body[3]) == (0, "three")
    assert first is not None
    assert second is not None
    wire.answer(first, 5)  # after all
    wire.answer(second, 6)
    assert [body for _serial, body in wire.calls("CloseNotification")] == [(5,)], "not two of them"
    wire.notifications.withdraw(SPENT.key)
    assert [body for _serial, body in wire.calls("CloseNotification")] == [(5,), (6,)]


@given(
    st.lists(st.tuples(st.sampled_from(["show", "withdraw", "answer"]), st.sampled_from("abc")), max_size=40)
)
def test_never_two_of_a_key_are_on_the_screen_and_a_withdrawn_one_never(steps: list[tuple[str, str]]) -> None:
    wire = Wire()
    wanted: dict[str, bool] = {}
    answered = 0
    for what, key in steps:
        if what == "show":
            wire.notifications.show(Notice(key=key, title=key))
            wanted[key] = True
        elif what == "withdraw":
            wire.notifications.withdraw(key)
            wanted[key] = False
        else:
            answered = _answer_next(wire, answered)
    while answered < len(wire.calls("Notify")):
        answered = _answer_next(wire, answered)
    on_screen = {body[1] or number for number, (_serial, body) in enumerate(wire.calls("Notify"), 1)}
    on_screen -= {body[0] for _serial, body in wire.calls("CloseNotification")}
    assert len(on_screen) == sum(wanted.values())


def _answer_next(wire: Wire, answered: int) -> int:
    """A server gives what replaces another its id, and the others their number."""
    calls = wire.calls("Notify")
    if answered >= len(calls):
        return answered
    serial, body = calls[answered]
    assert serial is not None
    wire.answer(serial, body[1] or answered + 1)
    return answered + 1


WAITS = Notice(
    key="session:a",
    kind="approval",
    title="cleaning waits for approval: Bash",
    provider="claude",
    session="a",
    session_key="claude:~/.claude:a",
    can_show=True,
)


def test_a_click_on_the_notice_of_a_session_shows_its_terminal(
    running: Running, server: NoticeServer
) -> None:
    running.icon.show_notice(WAITS)
    assert server.next().actions == ["default", "Show"]
    server.invoke(1)
    assert running.chosen.get(timeout=DEADLINE) == Action("front", "claude:~/.claude:a")


def test_where_the_terminal_is_not_known_it_says_what_the_click_does_instead(
    running: Running, server: NoticeServer
) -> None:
    running.icon.show_notice(replace(WAITS, can_show=False))
    assert server.next().actions == ["default", "Copy command"]
