"""Each kind of row as a panel reads it, and what panels hear when the tree changes."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image

from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_watcher import DEADLINE, MENU, MENU_PATH, Panel
from tests.tray.desktop.linux.test_status_notifier import Running
from tray.desktop.linux.dbus_menu import DBusMenu, Signal
from tray.desktop.linux.exported import CallError
from tray.view.row_icon import Ring, png
from tray.view.rows import (
    Action,
    Kind,
    Row,
    action_row,
    choice_row,
    separator_row,
    submenu_row,
    text_row,
    toggle_row,
    walk,
)

RING = Ring(share=0.4)


def size_choices(chosen: str) -> tuple[Row, ...]:
    return tuple(
        choice_row(f"size:{size}", size, Action("set", f"size={size}"), checked=size == chosen)
        for size in ("Small", "Large")
    )


def menu_with(
    *more: Row, notices: bool = False, chosen: str = "Small", session: str = "  5h  63 % left"
) -> tuple[Row, ...]:
    return (
        text_row("account", "Codex_1"),
        submenu_row(
            "settings",
            "Settings",
            [
                text_row("session", session),
                toggle_row("notices", "Notices", Action("set", "notices"), checked=notices),
                separator_row("settings:line"),
                submenu_row("size", "Size", size_choices(chosen)),
                action_row("reset", "Reset", Action("reset"), enabled=False),
                *more,
            ],
        ),
        separator_row("line"),
        action_row("quit", "Quit", Action("quit")),
    )


@pytest.fixture
def shown(bus: Bus, panel: Panel) -> Iterator[Running]:
    """An icon with a menu of all kinds, whose first signals were received."""
    running = Running(bus)
    running.show(menu_with())
    panel.wait_for_item()
    panel.heard(until="NewIcon")
    yield running
    running.close()


def test_the_tree_is_read_as_text(shown: Running, panel: Panel) -> None:
    assert panel.menu() == [
        "Codex__1",
        "> Settings",
        "      5h  63 % left",
        "    [ ] Notices",
        "    ──",
        "    > Size",
        "        (o) Small",
        "        ( ) Large",
        "    Reset",
        "──",
        "Quit",
    ]


def test_each_kind_has_its_properties(shown: Running, panel: Panel) -> None:
    enabled = {"enabled": True}
    assert [properties for _id, properties in panel.rows()] == [
        {"label": "Codex__1", **enabled},
        {"label": "Settings", **enabled, "children-display": "submenu"},
        {"label": "  5h  63 % left", **enabled},
        {"label": "Notices", **enabled, "toggle-type": "checkmark", "toggle-state": 0},
        {"type": "separator"},
        {"label": "Size", **enabled, "children-display": "submenu"},
        {"label": "Small", **enabled, "toggle-type": "radio", "toggle-state": 1},
        {"label": "Large", **enabled, "toggle-type": "radio", "toggle-state": 0},
        {"label": "Reset", "enabled": False},
        {"type": "separator"},
        {"label": "Quit", **enabled},
    ]
    _revision, (_root, properties, _below) = panel.layout()
    assert properties == {"children-display": ("s", "submenu")}
    _revision, (_id, typed, _below) = panel.layout(panel.id_of("Small"))
    assert typed["toggle-state"] == ("i", 1)


def test_an_icon_and_a_tone_are_sent_change_and_go(shown: Running, panel: Panel) -> None:
    def with_row(row: Row) -> tuple[Row, ...]:
        return (*menu_with(), row)

    shown.show(with_row(text_row("week", "Week", icon=Ring(share=0.1), tone="alert")))
    panel.heard(until="LayoutUpdated")
    _revision, (week, typed, _below) = panel.layout(panel.id_of("Week"))
    assert typed["disposition"] == ("s", "alert")
    signature, data = typed["icon-data"]
    assert signature == "ay"
    with Image.open(BytesIO(bytes(data))) as picture:
        assert (picture.format, picture.size, picture.mode) == ("PNG", (32, 32), "RGBA")
    shown.show(with_row(text_row("week", "Week", icon=Ring(share=0.9))))
    ((changed, removed),) = [
        body for name, body in panel.heard(until="ItemsPropertiesUpdated") if name == "ItemsPropertiesUpdated"
    ]
    assert [(id_, list(properties)) for id_, properties in changed] == [(week, ["icon-data"])]
    assert removed == [(week, ["disposition"])]
    assert "disposition" not in panel.layout(week)[1][1]


def test_clicks_below_submenus_arrive_with_their_arguments(shown: Running, panel: Panel) -> None:
    panel.click("Notices")
    assert shown.chosen.get(timeout=DEADLINE) == Action("set", "notices")
    panel.click("Large")
    assert shown.chosen.get(timeout=DEADLINE) == Action("set", "size=Large")
    large = panel.id_of("Large")
    events = [(large, "clicked", ("i", 0), 0), (999, "clicked", ("i", 0), 0)]
    assert panel.call(MENU_PATH, MENU, "EventGroup", "a(isvu)", events) == ([999],)
    assert shown.chosen.get(timeout=DEADLINE) == Action("set", "size=Large")
    assert shown.chosen.empty()


def test_what_is_disabled_or_only_opens_does_nothing(shown: Running, panel: Panel) -> None:
    settings = panel.id_of("Settings")
    for event in ("opened", "clicked", "closed"):
        panel.call(MENU_PATH, MENU, "Event", "isvu", settings, event, ("i", 0), 0)
    panel.call(MENU_PATH, MENU, "Event", "isvu", panel.id_of("Notices"), "hovered", ("i", 0), 0)
    panel.click("Reset")
    panel.click("Quit")
    assert shown.chosen.get(timeout=DEADLINE) == Action("quit")
    assert shown.chosen.empty()


def labels(node: Any) -> Any:
    """A node and what came below it, by their labels."""
    _id, properties, below = node
    own = properties.get("label", ("s", "──"))[1]
    return (own, [labels(child) for _signature, child in below]) if below else own


def test_a_layout_ends_at_the_depth_asked_for(shown: Running, panel: Panel) -> None:
    settings, size = panel.id_of("Settings"), panel.id_of("Size")

    def read(parent: int, depth: int) -> Any:
        return labels(panel.layout(parent, depth)[1])

    whole = ("Size", ["Small", "Large"])
    assert read(0, 0) == "──"
    assert read(0, 1) == ("──", ["Codex__1", "Settings", "──", "Quit"])
    assert read(0, 2)[1][1] == ("Settings", ["  5h  63 % left", "Notices", "──", "Size", "Reset"])
    assert read(0, 3) == read(0, -1)
    assert read(0, -1)[1][1][1][3] == whole
    assert read(settings, 0) == "Settings"
    assert read(settings, 1) == read(0, 2)[1][1]
    assert read(settings, -1)[1][3] == whole
    assert read(size, -1) == read(size, 1) == whole
    assert read(panel.id_of("Notices"), -1) == "Notices"


def test_rows_below_submenus_are_read_in_parts(shown: Running, panel: Panel) -> None:
    small, size = panel.id_of("Small"), panel.id_of("Size")
    assert panel.call(MENU_PATH, MENU, "GetProperty", "is", small, "toggle-type") == (("s", "radio"),)
    names = ["label", "toggle-state"]
    (group,) = panel.call(MENU_PATH, MENU, "GetGroupProperties", "aias", [small, size, 999], names)
    assert group == [
        (small, {"label": ("s", "Small"), "toggle-state": ("i", 1)}),
        (size, {"label": ("s", "Size")}),
    ]
    (everything,) = panel.call(MENU_PATH, MENU, "GetGroupProperties", "aias", [], ["label"])
    assert [id_ for id_, _properties in everything] == [id_ for id_, _properties in panel.rows()]
    _revision, (_id, own, below) = panel.layout(size, -1, ("toggle-state",))
    assert own == {}
    assert [properties for _signature, (_id, properties, _below) in below] == [
        {"toggle-state": ("i", 1)},
        {"toggle-state": ("i", 0)},
    ]


def test_a_submenu_is_always_ready_to_be_shown(shown: Running, panel: Panel) -> None:
    settings, size = panel.id_of("Settings"), panel.id_of("Size")
    assert panel.call(MENU_PATH, MENU, "AboutToShow", "i", settings) == (False,)
    assert panel.call(MENU_PATH, MENU, "AboutToShowGroup", "ai", [settings, size]) == ([], [])


def test_an_open_submenu_changes_in_place(shown: Running, panel: Panel) -> None:
    ids = {properties.get("label"): id_ for id_, properties in panel.rows()}
    before, revision = [id_ for id_, _properties in panel.rows()], panel.layout()[0]
    shown.show(menu_with(session="  5h  62 % left"))
    shown.show(menu_with(session="  5h  62 % left", notices=True, chosen="Large"))
    shown.show(menu_with(session="  5h  62 % left", notices=True, chosen="Large"), title="the end")
    heard = [(name, body) for name, body in panel.heard(until="NewTitle") if name != "NewStatus"]
    session = (ids["  5h  63 % left"], {"label": ("s", "  5h  62 % left")})
    marks = [
        (ids["Notices"], {"toggle-state": ("i", 1)}),
        (ids["Small"], {"toggle-state": ("i", 0)}),
        (ids["Large"], {"toggle-state": ("i", 1)}),
    ]
    assert heard == [
        ("ItemsPropertiesUpdated", ([session], [])),
        ("ItemsPropertiesUpdated", (marks, [])),
        ("NewTitle", ()),
    ]
    assert ([id_ for id_, _properties in panel.rows()], panel.layout()[0]) == (before, revision)


def test_a_new_row_in_a_submenu_is_a_new_layout_of_the_submenu(shown: Running, panel: Panel) -> None:
    revision, _node = panel.layout()
    before = [id_ for id_, _properties in panel.rows()]
    shown.show(menu_with(text_row("more", "More")))
    settings = panel.id_of("Settings")
    assert panel.heard(until="LayoutUpdated")[-1] == ("LayoutUpdated", (revision + 1, settings))
    assert [id_ for id_, properties in panel.rows() if properties.get("label") != "More"] == before


def test_a_mark_that_was_clicked_in_vain_goes_out_again(shown: Running, panel: Panel) -> None:
    panel.click("Notices")
    shown.chosen.get(timeout=DEADLINE)
    shown.show(menu_with())
    notices = panel.id_of("Notices")
    assert panel.heard(until="ItemsPropertiesUpdated")[-1][1] == ([(notices, {"toggle-state": ("i", 0)})], [])
    shown.show(menu_with())
    shown.show(menu_with(), title="once")
    assert "ItemsPropertiesUpdated" not in dict(panel.heard(until="NewToolTip"))


class Client:
    """A panel that reads layouts `depth` levels deep, and believes that what is not announced has not changed."""

    def __init__(self, menu: DBusMenu, depth: int) -> None:
        self._get_layout = menu.interface().methods["GetLayout"].call
        self._depth = depth
        self._properties: dict[int, Any] = {}
        self._children: dict[int, list[int]] = {}
        self._read(0)

    def hear(self, signal: Signal) -> None:
        if signal.name == "LayoutUpdated":
            self._read(signal.body[1])
            return
        changed, removed = signal.body
        for id_, properties in changed:
            if id_ in self._properties:
                self._properties[id_] |= properties
        for id_, names in removed:
            for name in names:
                self._properties.get(id_, {}).pop(name, None)

    def ids(self, parent: int = 0) -> Iterator[int]:
        for id_ in self._children.get(parent, ()):
            yield id_
            yield from self.ids(id_)

    def tree(self, parent: int = 0) -> list[Any]:
        """What it would draw."""
        return [
            ({name: value for name, (_type, value) in self._properties[id_].items()}, self.tree(id_))
            for id_ in self._children.get(parent, ())
        ]

    def _read(self, parent: int) -> None:
        try:
            _revision, node = self._get_layout(parent, self._depth, [])
        except CallError:  # it went meanwhile
            return
        self._take(node, self._depth)

    def _take(self, node: Any, depth: int) -> None:
        id_, properties, below = node
        self._properties[id_] = dict(properties)
        if depth != 0:
            self._children[id_] = [child for _signature, (child, _properties, _below) in below]
            for _signature, child in below:
                self._take(child, depth - 1)
        elif "children-display" in properties and id_ not in self._children:
            self._read(id_)  # as it is opened


def drawn(rows: tuple[Row, ...]) -> list[Any]:
    kinds: dict[Kind, dict[str, Any]] = {
        "toggle": {"toggle-type": "checkmark"},
        "choice": {"toggle-type": "radio"},
        "submenu": {"children-display": "submenu"},
    }
    found: list[Any] = []
    for row in rows:
        if row.kind == "separator":
            found.append(({"type": "separator"}, []))
            continue
        properties = {"label": row.text, "enabled": row.enabled, **kinds.get(row.kind, {})}
        if row.checked is not None:
            properties["toggle-state"] = 1 if row.checked else 0
        if row.icon is not None:
            properties["icon-data"] = png(row.icon)
        if row.tone == "alert":
            properties["disposition"] = "alert"
        found.append((properties, drawn(row.children)))
    return found


@st.composite
def leaves(draw: st.DrawFn, key: str) -> Row:
    text, on = draw(st.sampled_from(["one", "other"])), draw(st.booleans())
    return draw(
        st.sampled_from(
            [
                text_row(key, text),
                text_row(key, text, icon=RING if on else None, tone="normal" if on else "alert"),
                action_row(key, text, Action(key), enabled=on),
                toggle_row(key, text, Action(key), checked=on),
                choice_row(key, text, Action(key), checked=False),
                separator_row(key),
            ]
        )
    )


@st.composite
def menus(draw: st.DrawFn) -> tuple[Row, ...]:
    """Few keys, so that two trees share many: at other places, with other texts, and as other kinds."""
    keys = draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    parents = {key: draw(st.sampled_from(["", *keys[:place]])) for place, key in enumerate(keys)}

    def below(parent: str) -> tuple[Row, ...]:
        return tuple(row(key) for key in keys if parents[key] == parent)

    def row(key: str) -> Row:
        children = below(key)
        return (
            submenu_row(key, draw(st.sampled_from(["one", "other"])), children)
            if children
            else draw(leaves(key))
        )

    rows = below("")
    radios = [place for place, row in enumerate(rows) if row.kind == "choice"]
    if radios:
        place = draw(st.sampled_from(radios))
        rows = (*rows[:place], replace(rows[place], checked=True), *rows[place + 1 :])
    return rows


@pytest.mark.parametrize("depth", [-1, 1, 2])
@pytest.mark.parametrize("late", [False, True])
@settings(deadline=None)
@given(trees=st.lists(menus(), min_size=2, max_size=4))
def test_a_panel_that_follows_the_signals_draws_the_last_tree(
    depth: int, late: bool, trees: list[tuple[Row, ...]]
) -> None:
    menu = DBusMenu()
    menu.show(trees[0])
    client = Client(menu, depth)
    ids: dict[tuple[str, Kind], int] = {}
    waiting: list[Signal] = []
    for rows in trees:
        waiting += menu.show(rows)
        if late and rows is not trees[-1]:
            continue
        while waiting:
            client.hear(waiting.pop(0))
        assert client.tree() == drawn(rows)
        for row, id_ in zip(walk(rows), client.ids(), strict=True):
            assert ids.setdefault((row.key, row.kind), id_) == id_
    assert len(set(ids.values())) == len(ids)


def test_a_row_that_moves_to_another_submenu_is_announced_to_both() -> None:
    def rows(*moved: Row, rest: tuple[Row, ...] = ()) -> tuple[Row, ...]:
        return (
            submenu_row("from", "From", [text_row("stays", "Stays"), *rest]),
            submenu_row("to", "To", [text_row("here", "Here"), *moved]),
        )

    moving = text_row("moves", "Moves")
    menu = DBusMenu()
    menu.show(rows(rest=(moving,)))
    revision, (_root, _properties, below) = menu.interface().methods["GetLayout"].call(0, 1, [])
    parents = [id_ for _signature, (id_, _properties, _below) in below]
    signals = menu.show(rows(moving))
    assert [(signal.name, signal.body) for signal in signals] == [
        ("LayoutUpdated", (revision + 1, parent)) for parent in parents
    ]
    assert menu.show(rows(moving)) == []


def test_a_key_of_another_kind_is_another_row_and_gets_its_id_back() -> None:
    menu = DBusMenu()

    def ids() -> list[int]:
        _revision, (_root, _properties, below) = menu.interface().methods["GetLayout"].call(0, -1, [])
        return [id_ for _signature, (id_, _properties, _below) in below]

    menu.show((text_row("one", "One"),))
    text = ids()
    assert [signal.name for signal in menu.show((action_row("one", "One", Action("one")),))] == [
        "LayoutUpdated"
    ]
    assert ids() != text
    menu.show((text_row("one", "One"),))
    assert ids() == text


def test_rows_that_share_a_key_are_refused() -> None:
    with pytest.raises(ValueError, match="share a key"):
        DBusMenu().show((text_row("one", "One"), submenu_row("more", "More", [text_row("one", "One")])))


def test_rows_that_are_asked_for_again_and_again_are_told_once(shown: Running, panel: Panel) -> None:
    """The bus closes the connection of an icon whose answer is too long."""
    (told,) = panel.call(MENU_PATH, MENU, "GetGroupProperties", "aias", [1, 0] * 100_000, [])
    assert [id_ for id_, _ in told] == [1, 0]
