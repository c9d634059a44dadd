from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from jeepney import DBusAddress, DBusErrorResponse, HeaderFields, MessageFlag, new_method_call
from msgspec.structs import replace

from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_watcher import DEADLINE, ITEM, ITEM_PATH, MENU, MENU_PATH, PROPERTIES, Panel
from tests.tray.desktop.showing import one_icon, plum
from tray.desktop.icon import DesktopClosed, IconView, Shown, Tooltip, TrayClosed
from tray.desktop.linux.session_bus import BusUnreachable
from tray.desktop.linux.status_item import SIZES
from tray.desktop.linux.status_notifier import StatusNotifierIcon
from tray.view.rows import Action, Row, action_row, separator_row, text_row

ROWS = (
    text_row("account", "Codex · Pro · dev_one@example.com"),
    text_row("session", "  5h  63 % left"),
    separator_row("line"),
    action_row("refresh", "Refresh now", Action("refresh")),
    action_row("quit", "Quit", Action("quit")),
)


def with_text(key: str, text: str) -> tuple[Row, ...]:
    return tuple(replace(row, text=text) if row.key == key else row for row in ROWS)


class Running:
    """An icon whose loop runs in a thread, as it would in the main one."""

    def __init__(self, bus: Bus, choose: Callable[[Action], None] | None = None) -> None:
        self.chosen: Queue[Action] = Queue()
        self.menus: Queue[bool] = Queue()
        self.icon = StatusNotifierIcon(
            "tankful", choose or self.chosen.put, self.menus.put, environ=bus.environ
        )
        self.ready = threading.Event()
        self.ended: Queue[BaseException | None] = Queue()
        self.thread = threading.Thread(target=self._run, name="loop")
        self.thread.start()
        assert self.ready.wait(DEADLINE)

    def show(self, rows: tuple[Row, ...] = ROWS, title: str = "63 % left", text: str = "") -> None:
        self.icon.show(one_icon(rows, title, text))

    def close(self) -> None:
        self.icon.stop()
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive()

    def _run(self) -> None:
        try:
            self.icon.run(lambda _icon: self.ready.set())
        except (DesktopClosed, TrayClosed) as closed:
            self.ended.put(closed)
        else:
            self.ended.put(None)


@pytest.fixture
def running(bus: Bus) -> Iterator[Running]:
    opened = Running(bus)
    yield opened
    opened.close()


@pytest.fixture
def shown(panel: Panel, running: Running) -> Running:
    running.show()
    panel.wait_for_item()
    return running


def test_rows_are_read_as_text(shown: Running, panel: Panel) -> None:
    assert panel.menu() == [
        "Codex · Pro · dev__one@example.com",
        "  5h  63 % left",
        "──",
        "Refresh now",
        "Quit",
    ]
    assert all(properties.get("enabled", True) for _id, properties in panel.rows())


def test_a_panel_learns_what_it_needs_to_draw(shown: Running, panel: Panel) -> None:
    (everything,) = panel.call(ITEM_PATH, PROPERTIES, "GetAll", "s", ITEM)
    properties = {name: value for name, (_type, value) in everything.items()}
    assert properties["Id"] == "tankful"
    assert properties["Title"] == properties["IconAccessibleDesc"] == "63 % left"
    assert properties["ToolTip"] == ("", [], "63 % left", "")
    assert properties["Status"] == "Active"
    assert properties["ItemIsMenu"] is True
    assert properties["Menu"] == MENU_PATH
    assert panel.item == shown.icon.bus_name


def test_each_size_is_drawn_and_sent_in_network_order(shown: Running, panel: Panel) -> None:
    pixmaps = panel.read("IconPixmap")
    assert [(width, height) for width, height, _data in pixmaps] == [(size, size) for size in SIZES]
    for width, height, data in pixmaps:
        assert data == bytes((0x40, 0x10, 0x20, 0x30)) * (width * height)


def test_a_click_arrives_off_the_loop_and_after_the_reply(bus: Bus, panel: Panel) -> None:
    replied = threading.Event()
    arrived: Queue[tuple[Action, bool, str]] = Queue()

    def choose(action: Action) -> None:
        arrived.put((action, replied.wait(DEADLINE), threading.current_thread().name))

    running = Running(bus, choose)
    running.show()
    panel.wait_for_item()
    panel.click("Refresh now")
    replied.set()
    action, was_replied, thread = arrived.get(timeout=DEADLINE)
    running.close()
    assert action == Action("refresh")
    assert was_replied
    assert thread != "loop"


def test_a_slow_refresh_does_not_hold_up_quit(bus: Bus, panel: Panel) -> None:
    release, quit_ = threading.Event(), threading.Event()

    def choose(action: Action) -> None:
        if action.name == "refresh":
            release.wait(DEADLINE)
        else:
            quit_.set()

    running = Running(bus, choose)
    running.show()
    panel.wait_for_item()
    panel.click("Refresh now")
    panel.click("Quit")
    assert quit_.wait(DEADLINE)
    release.set()
    running.close()


def test_a_text_row_does_nothing(shown: Running, panel: Panel) -> None:
    panel.click("  5h  63 % left")
    panel.click("Quit")
    assert shown.chosen.get(timeout=DEADLINE) == Action("quit")
    assert shown.chosen.empty()


def test_clicks_in_a_group_count_once_each(shown: Running, panel: Panel) -> None:
    id_ = panel.id_of("Quit")
    events = [(id_, "hovered", ("i", 0), 0), (999, "clicked", ("i", 0), 0), (id_, "clicked", ("i", 0), 0)]
    assert panel.call(MENU_PATH, MENU, "EventGroup", "a(isvu)", events) == ([999],)
    assert shown.chosen.get(timeout=DEADLINE) == Action("quit")
    assert shown.chosen.empty()


def test_the_app_hears_when_the_menu_is_opened_and_closed(shown: Running, panel: Panel) -> None:
    quit_ = panel.id_of("Quit")
    panel.call(MENU_PATH, MENU, "AboutToShowGroup", "ai", [0])  # all that xfce4-panel and waybar report
    panel.click("Quit")
    panel.call(MENU_PATH, MENU, "AboutToShow", "i", 0)
    panel.call(MENU_PATH, MENU, "AboutToShow", "i", quit_)
    panel.call(MENU_PATH, MENU, "Event", "isvu", quit_, "opened", ("i", 0), 0)
    panel.call(MENU_PATH, MENU, "Event", "isvu", 0, "opened", ("i", 0), 0)
    panel.call(MENU_PATH, MENU, "EventGroup", "a(isvu)", [(0, "closed", ("i", 0), 0)])
    heard = [shown.menus.get(timeout=DEADLINE) for _ in range(5)]
    assert (heard, shown.menus.empty()) == ([True, False, True, True, False], True)


def test_a_menu_that_is_opened_a_thousand_times_at_once_is_heard_of_once(
    shown: Running, panel: Panel
) -> None:
    opened = (0, "opened", ("i", 0), 0)
    panel.call(MENU_PATH, MENU, "EventGroup", "a(isvu)", [*[opened] * 1000, (0, "closed", ("i", 0), 0)])
    panel.call(MENU_PATH, MENU, "AboutToShowGroup", "ai", [0] * 1000)
    panel.read("Title")  # what came before is dealt with
    heard = [shown.menus.get(timeout=DEADLINE) for _ in range(3)]
    assert (heard, shown.menus.empty()) == ([True, False, True], True)


def test_a_panel_that_comes_back_has_no_menu_open(shown: Running, panel: Panel) -> None:
    panel.call(MENU_PATH, MENU, "AboutToShow", "i", 0)
    panel.stop_watching()
    panel.start_watching()
    panel.wait_for_item()
    assert [shown.menus.get(timeout=DEADLINE) for _ in range(2)] == [True, False]


def test_an_open_menu_gets_new_texts_in_place(shown: Running, panel: Panel) -> None:
    ids = [id_ for id_, _properties in panel.rows()]
    revision, _node = panel.layout()
    panel.heard(until="NewIcon")
    shown.show(with_text("session", "  5h  62 % left"))
    shown.show(with_text("session", "  5h  61 % left"), title="61 % left")
    heard = panel.heard(until="NewToolTip")
    assert [name for name, _body in heard if name != "NewStatus"] == [
        "ItemsPropertiesUpdated",
        "NewTitle",
        "NewToolTip",
    ]
    updates = [body for name, body in heard if name == "ItemsPropertiesUpdated"]
    assert updates == [([(ids[1], {"label": ("s", "  5h  62 % left")})], [])]
    assert panel.heard(until="ItemsPropertiesUpdated")[-1][1][0][0][1] == {"label": ("s", "  5h  61 % left")}
    assert [id_ for id_, _properties in panel.rows()] == ids
    assert panel.layout()[0] == revision


def test_a_new_row_is_a_new_layout_and_the_others_keep_their_ids(shown: Running, panel: Panel) -> None:
    before = {properties.get("label"): id_ for id_, properties in panel.rows()}
    revision, _node = panel.layout()
    panel.heard(until="NewIcon")
    shown.show((*ROWS[:2], text_row("weekly", "  Weekly  38 % left"), *ROWS[2:]))
    heard = panel.heard(until="LayoutUpdated")
    assert heard[-1] == ("LayoutUpdated", (revision + 1, 0))
    assert "ItemsPropertiesUpdated" not in dict(heard)
    after = {properties.get("label"): id_ for id_, properties in panel.rows()}
    assert {label: id_ for label, id_ in after.items() if label in before} == before
    assert panel.menu()[2] == "  Weekly  38 % left"

    shown.show(ROWS)
    shown.show((*ROWS[:2], text_row("weekly", "  Weekly  37 % left"), *ROWS[2:]))
    panel.heard(until="LayoutUpdated")
    panel.heard(until="LayoutUpdated")
    assert panel.id_of("  Weekly  37 % left") == after["  Weekly  38 % left"]


def test_what_did_not_change_is_not_sent(shown: Running, panel: Panel) -> None:
    panel.heard(until="NewIcon")
    shown.show()
    shown.show(title="other")
    assert [name for name, _body in panel.heard(until="NewToolTip") if name != "NewStatus"] == [
        "NewTitle",
        "NewToolTip",
    ]


def test_the_icon_registers_with_a_watcher_that_comes_late_and_comes_back(running: Running, bus: Bus) -> None:
    panel = Panel(bus.environ)
    try:
        running.show()
        panel.item = running.icon.bus_name
        assert panel.read("Status") == "Active"  # nobody received its first registration
        panel.start_watching()
        first = panel.wait_for_item()
        panel.stop_watching()
        other = Panel(bus.environ)
        try:
            other.start_watching()
            assert other.wait_for_item() == first
            assert other.menu()[-1] == "Quit"
            assert panel.registrations_waiting() == 0
        finally:
            other.close()
    finally:
        panel.close()


def test_nothing_is_registered_before_there_is_something_to_show(running: Running, panel: Panel) -> None:
    panel.item = running.icon.bus_name
    assert panel.read("Status") == "Passive"
    assert panel.registrations_waiting() == 0


WRONG = {
    "no such method": (ITEM_PATH, ITEM, "Explode", None, (), "UnknownMethod"),
    "no such object": ("/elsewhere", ITEM, "Activate", "ii", (0, 0), "UnknownObject"),
    "no such interface": (ITEM_PATH, "org.example.None", "Activate", "ii", (0, 0), "UnknownInterface"),
    "no such property": (ITEM_PATH, PROPERTIES, "Get", "ss", (ITEM, "Colour"), "UnknownProperty"),
    "properties of nothing": (ITEM_PATH, PROPERTIES, "GetAll", "s", (MENU,), "UnknownInterface"),
    "writing": (ITEM_PATH, PROPERTIES, "Set", "ssv", (ITEM, "Title", ("s", "x")), "PropertyReadOnly"),
    "no window": (ITEM_PATH, ITEM, "Activate", "ii", (0, 0), "NotSupported"),
    "wrong types": (MENU_PATH, MENU, "GetLayout", "ss", ("a", "b"), "InvalidArgs"),
    "no arguments": (MENU_PATH, MENU, "Event", None, (), "InvalidArgs"),
    "no such row": (MENU_PATH, MENU, "GetLayout", "iias", (77, -1, []), "InvalidArgs"),
    "a click on no row": (MENU_PATH, MENU, "Event", "isvu", (-5, "clicked", ("s", ""), 0), "InvalidArgs"),
    "only unknown rows": (
        MENU_PATH, MENU, "EventGroup", "a(isvu)", ([(9, "clicked", ("i", 0), 0)],), "InvalidArgs",
    ),
    "no such property of a row": (MENU_PATH, MENU, "GetProperty", "is", (1, "colour"), "InvalidArgs"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_call_gets_an_error_and_the_icon_lives_on(wrong: str, shown: Running, panel: Panel) -> None:
    path, interface, member, signature, body, name = WRONG[wrong]
    with pytest.raises(DBusErrorResponse) as error:
        panel.call(path, interface, member, signature, *body)
    assert error.value.name == f"org.freedesktop.DBus.Error.{name}"
    panel.click("Quit")
    assert shown.chosen.get(timeout=DEADLINE) == Action("quit")


def test_a_message_jeepney_cannot_read_is_skipped(
    shown: Running, panel: Panel, caplog: pytest.LogCaptureFixture
) -> None:
    """The bus passes on a file descriptor's number without a descriptor, and jeepney looks it up."""
    call = new_method_call(DBusAddress(ITEM_PATH, panel.item, ITEM), "Take", "u", (0,))
    call.header.flags |= MessageFlag.no_reply_expected
    number, descriptor = b"\x01g\0\x01u\0", b"\x01g\0\x01h\0"
    data = call.serialise(serial=9999)
    assert data.count(number) == 1
    panel.send_bytes(data.replace(number, descriptor))
    panel.click("Quit")
    assert shown.chosen.get(timeout=DEADLINE) == Action("quit")
    assert "could not be read" in caplog.text


def test_a_call_without_interface_or_without_reply_is_served(shown: Running, panel: Panel) -> None:
    assert panel.call(MENU_PATH, None, "AboutToShow", "i", 0) == (False,)
    address = DBusAddress(MENU_PATH, panel.item, MENU)
    event = new_method_call(address, "Event", "isvu", (panel.id_of("Quit"), "clicked", ("i", 0), 0))
    event.header.flags |= MessageFlag.no_reply_expected
    panel.send(event)
    assert shown.chosen.get(timeout=DEADLINE) == Action("quit")


def test_the_icon_describes_itself(shown: Running, panel: Panel) -> None:
    peer, introspectable = "org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable"
    assert panel.call("/", peer, "Ping") == ()
    (root,) = panel.call("/", introspectable, "Introspect")
    (item,) = panel.call(ITEM_PATH, introspectable, "Introspect")
    (menu,) = panel.call(MENU_PATH, introspectable, "Introspect")
    assert '<node name="MenuBar"/>' in root
    assert '<property name="IconPixmap" type="a(iiay)" access="read"/>' in item
    assert '<arg type="(ia{sv}av)" direction="out"/>' in menu


def test_a_menu_is_read_in_parts(shown: Running, panel: Panel) -> None:
    quit_ = panel.id_of("Quit")
    assert panel.call(MENU_PATH, MENU, "GetProperty", "is", quit_, "label") == (("s", "Quit"),)
    (group,) = panel.call(MENU_PATH, MENU, "GetGroupProperties", "aias", [quit_, 999], ["label"])
    assert group == [(quit_, {"label": ("s", "Quit")})]
    _revision, (id_, _properties, below) = panel.call(
        MENU_PATH, MENU, "GetLayout", "iias", quit_, -1, ["label"]
    )
    assert (id_, below) == (quit_, [])
    _revision, (_id, _properties, below) = panel.call(MENU_PATH, MENU, "GetLayout", "iias", 0, 0, [])
    assert below == []


def test_text_the_bus_would_refuse_is_made_plain(shown: Running, panel: Panel) -> None:
    shown.show(with_text("session", "a\0b\ud800c"), title="t\0\udfff")
    panel.heard(until="NewToolTip")
    assert panel.menu()[1] == "ab?c"
    assert panel.read("Title") == "t?"


def test_a_tooltip_is_plain_in_its_title_and_markup_in_its_text(shown: Running, panel: Panel) -> None:
    """waybar reads both as markup and shows nothing where that is broken, xfce4-panel only the text."""
    shown.show(title="R&D <x> · 5h < 1 % left", text="R&D <x> · 5h < 1 % left")
    panel.heard(until="NewToolTip")
    title = "R and D ‹x> · 5h below 1 % left"
    assert panel.read("ToolTip") == ("", [], title, "R&amp;D &lt;x&gt; · 5h &lt; 1 % left")
    assert panel.read("Title") == title
    shown.show(title="R&D <x> · 5h < 1 % left", text="other")
    assert "NewTitle" not in dict(panel.heard(until="NewToolTip"))
    assert panel.read("ToolTip")[3] == "other"


def test_an_icon_that_is_loud_needs_attention_until_it_is_cured(shown: Running, panel: Panel) -> None:
    shown.icon.show(one_icon(ROWS, attention=True))
    assert ("NewStatus", ("NeedsAttention",)) in panel.heard(until="NewStatus") + panel.heard(
        until="NewStatus"
    )
    assert panel.read("Status") == "NeedsAttention"
    assert panel.read("AttentionIconPixmap") == panel.read("IconPixmap") != []
    shown.icon.show(one_icon(ROWS, attention=True))
    shown.icon.show(one_icon(ROWS))
    assert panel.heard(until="NewStatus") == [("NewStatus", ("Active",))], "and once only"


def test_several_icons_share_the_connection_and_the_menu(running: Running, panel: Panel) -> None:
    def views(*titles: str) -> Shown:
        return Shown(tuple(IconView(f"tankful:{title}", plum, Tooltip(title)) for title in titles), ROWS)

    first = running.icon.bus_name
    running.icon.show(views("Codex", "Claude"))
    assert [panel.wait_for_item(), panel.wait_for_item()] == [first, f"{ITEM_PATH}/1"]
    paths = [ITEM_PATH, f"{ITEM_PATH}/1"]
    panel.item = first
    assert [panel.read("Title", path) for path in paths] == ["Codex", "Claude"]
    assert [panel.read("Id", path) for path in paths] == ["tankful", "tankful-Claude"]
    assert {panel.read("Menu", path) for path in paths} == {MENU_PATH}
    assert [panel.read("Status", path) for path in paths] == ["Active", "Active"]


def test_an_icon_goes_with_its_connection(shown: Running, panel: Panel) -> None:
    """A panel may go on showing an item that only says that it is hidden."""
    name = panel.item
    other = IconView("tankful:codex", plum, Tooltip("Codex"))
    shown.icon.show(Shown((*one_icon(ROWS).icons, other), ROWS))
    assert panel.wait_for_item() == f"{ITEM_PATH}/1"
    shown.show()
    assert isinstance(shown.ended.get(timeout=DEADLINE), TrayClosed)
    shown.thread.join(DEADLINE)
    shown.show(title="until the next one is there")
    deadline = time.monotonic() + DEADLINE
    while panel.has_owner(name) and time.monotonic() < deadline:
        pass
    assert not panel.has_owner(name)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test sees whether an icon waits for what does not end."""
    monkeypatch.setattr("tray.desktop.linux.status_notifier._LINGER", 3 * DEADLINE)


@pytest.mark.usefixtures("patient")
def test_stop_ends_the_loop_and_frees_the_name(running: Running, panel: Panel) -> None:
    running.show()
    name = panel.wait_for_item()
    running.icon.stop()
    assert running.ended.get(timeout=DEADLINE) is None
    running.thread.join(DEADLINE)
    deadline = time.monotonic() + DEADLINE
    while panel.has_owner(name) and time.monotonic() < deadline:
        pass
    assert not panel.has_owner(name)
    running.show(title="after the end")
    running.icon.stop()


def test_stop_before_run_is_remembered(bus: Bus) -> None:
    icon = StatusNotifierIcon("tankful", lambda _action: None, environ=bus.environ)
    icon.stop()
    icon.run(lambda _icon: None)


@pytest.mark.usefixtures("patient")
def test_stop_from_the_menu_ends_the_loop(bus: Bus, panel: Panel) -> None:
    opened: list[Running] = []

    def choose(_action: Action) -> None:
        opened[0].icon.stop()

    opened.append(Running(bus, choose))
    opened[0].show()
    panel.wait_for_item()
    panel.click("Quit")
    assert opened[0].ended.get(timeout=DEADLINE) is None
    opened[0].thread.join(DEADLINE)


def test_no_file_stays_open(bus: Bus) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        running = Running(bus)
        running.show()
        running.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_end_of_the_session_is_reported_in_one_sentence(bus: Bus) -> None:
    running = Running(bus)
    running.show()
    bus.close()
    closed = running.ended.get(timeout=DEADLINE)
    running.thread.join(DEADLINE)
    assert str(closed).startswith("The session bus closed the connection")
    running.show(title="nobody sees it")


def test_without_a_bus_the_reason_is_given() -> None:
    with pytest.raises(BusUnreachable, match="DBUS_SESSION_BUS_ADDRESS is not set"):
        StatusNotifierIcon("tankful", lambda _action: None, environ={})
    nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"}
    with pytest.raises(BusUnreachable, match="No such file"):
        StatusNotifierIcon("tankful", lambda _action: None, environ=nowhere)


def test_many_threads_may_show_at_once(shown: Running, panel: Panel) -> None:
    def show(number: int) -> None:
        for turn in range(20):
            shown.show(with_text("session", f"{number} {turn}"))

    threads = [threading.Thread(target=show, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    shown.show()
    assert panel.menu()[1] == "  5h  63 % left"


def test_idling_takes_no_time(shown: Running, panel: Panel) -> None:
    """In a second at least, of which the threads of the tests themselves take nothing."""
    panel.heard(until="NewIcon")
    seconds = []
    for _ in range(5):
        before, took = wakeups(), time.process_time()
        idle_for(1.0)
        seconds.append((wakeups() - before, time.process_time() - took))
    assert min(woken for woken, _ in seconds) < 5
    assert min(took for _, took in seconds) < 0.1


def wakeups() -> int:
    """How often the threads of this process have waited for something."""
    texts = list[str]()
    for path in Path("/proc/self/task").glob("*/status"):
        with suppress(OSError):  # one that has just ended
            texts.append(path.read_text())
    return sum(int(text.partition("\nvoluntary_ctxt_switches:")[2].split()[0]) for text in texts)


def idle_for(seconds: float) -> None:
    threading.Event().wait(seconds)


def test_the_sender_of_a_forged_signal_is_not_believed(shown: Running, panel: Panel) -> None:
    forged: Any = new_method_call(DBusAddress("/x", panel.item, "org.freedesktop.DBus"), "NameOwnerChanged")
    forged.header.message_type = type(forged.header.message_type).signal
    forged.header.fields[HeaderFields.signature] = "sss"
    forged.body = ("org.kde.StatusNotifierWatcher", "", ":1.99")
    panel.send(forged)
    panel.menu()
    assert panel.registrations_waiting() == 0
