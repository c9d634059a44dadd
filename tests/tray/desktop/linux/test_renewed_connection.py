"""An icon that goes takes its connection with it, and the notices on the screen stay tankful's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from queue import Queue

import pytest
from msgspec.structs import replace

from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_notices import NoticeServer
from tests.tray.desktop.fake_watcher import DEADLINE, Panel
from tests.tray.desktop.linux.test_notifications import OTHER, SPENT, Wire
from tests.tray.desktop.showing import one_icon, plum
from tray.desktop.face import open_face
from tray.desktop.icon import Face, IconView, Shown, Tooltip
from tray.view.rows import Action, text_row

ROWS = (text_row("one", "One"),)
ONE = one_icon(ROWS)
TWO = Shown((*ONE.icons, IconView("tankful:codex", plum, Tooltip("Codex"))), ROWS)


@pytest.fixture
def chosen() -> Queue[Action]:
    return Queue()


@pytest.fixture
def face(bus: Bus, panel: Panel, chosen: Queue[Action]) -> Iterator[Face]:
    ready = threading.Event()
    opened = open_face(chosen.put, ready.set, wait=True, environ=bus.environ)
    opened.show(TWO)
    loop = threading.Thread(target=opened.run)
    loop.start()
    assert ready.wait(DEADLINE)
    assert len({panel.wait_for_item(), panel.wait_for_item()}) == 2
    yield opened
    opened.stop()
    loop.join(DEADLINE)
    assert not loop.is_alive()


def lose_one(face: Face, panel: Panel) -> None:
    face.show(ONE)
    panel.wait_for_item()


def test_a_notice_of_the_last_connection_is_replaced_clicked_and_withdrawn(
    face: Face, panel: Panel, bus: Bus, chosen: Queue[Action]
) -> None:
    with closing(NoticeServer(bus.environ, first_id=7)) as server:
        face.notify(SPENT)
        face.notify(OTHER)
        before = server.next().sender
        server.next()
        server.invoke(8)  # its click comes behind both answers
        assert chosen.get(timeout=DEADLINE) == Action("open", "usage:claude")
        lose_one(face, panel)
        face.notify(replace(SPENT, title="Codex: still used up"))
        asked = server.next()
        assert asked.replaces == 7
        assert asked.sender != before
        server.invoke(8)
        assert chosen.get(timeout=DEADLINE) == Action("open", "usage:claude")
        face.withdraw(OTHER.key)
        assert server.closed.get(timeout=DEADLINE) == 8
        face.withdraw(SPENT.key)
        assert server.closed.get(timeout=DEADLINE) == 7


def test_a_new_server_is_not_asked_by_the_ids_of_the_one_before(face: Face, panel: Panel, bus: Bus) -> None:
    first = NoticeServer(bus.environ, first_id=7)
    face.notify(SPENT)
    first.next()
    first.close()
    with closing(NoticeServer(bus.environ)) as second:
        lose_one(face, panel)
        face.notify(SPENT)
        assert second.next().replaces == 0
        face.withdraw(SPENT.key)
        assert second.closed.get(timeout=DEADLINE) == 1


def test_without_a_server_there_is_nothing_to_take_over(face: Face, panel: Panel, bus: Bus) -> None:
    lose_one(face, panel)
    with closing(NoticeServer(bus.environ)) as server:
        face.notify(SPENT)
        assert server.next().replaces == 0


def shown_with(id_: int) -> Wire:
    wire = Wire()
    wire.notifications.show(SPENT)
    wire.answer(1, id_)
    return wire


def test_the_ids_of_another_server_are_not_taken_over() -> None:
    before, after = shown_with(5), Wire()
    after.notifications.carry_on(before.notifications, ":1.10")
    after.notifications.withdraw(SPENT.key)
    assert after.sent == []


def test_what_waited_for_an_answer_that_never_came_is_done_by_the_next_connection() -> None:
    before, after = shown_with(5), Wire()
    before.notifications.show(replace(SPENT, title="two"))
    before.notifications.show(replace(SPENT, title="three"))
    after.notifications.carry_on(before.notifications, ":1.9")
    ((_serial, body),) = after.calls("Notify")
    assert (body[1], body[3]) == (5, "three")


def test_a_withdrawal_that_waited_for_an_answer_is_done_by_the_next_connection() -> None:
    before, after = shown_with(5), Wire()
    before.notifications.show(replace(SPENT, title="two"))
    before.notifications.withdraw(SPENT.key)
    after.notifications.carry_on(before.notifications, ":1.9")
    assert [body for _serial, body in after.calls("CloseNotification")] == [(5,)]
