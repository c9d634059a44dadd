"""Rows as a com.canonical.dbusmenu: what a panel draws, and what changed since it last looked.

KDE holds that an id keeps its kind for ever, and every panel keeps a menu open while texts change in it.
So an id belongs to a row's key and kind, new texts and states go out as properties, and only a row that came,
went or moved is a new layout: of each menu it was or is in, as KDE reads one level at a time.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tray.desktop.linux.exported import CallError, Interface, Method, Property
from tray.desktop.linux.session_bus import plain
from tray.view.row_icon import png
from tray.view.rows import validate

if TYPE_CHECKING:
    from tray.view.rows import Action, Kind, Row

Properties = dict[str, tuple[str, Any]]  # name → (D-Bus type, value)

INTERFACE = "com.canonical.dbusmenu"
_NODE = "(ia{sv}av)"
_ROOT = 0
_STATE = "toggle-state"
_SUBMENU: Properties = {"children-display": ("s", "submenu")}
_OF_KIND: dict[Kind, Properties] = {
    "toggle": {"toggle-type": ("s", "checkmark")},
    "choice": {"toggle-type": ("s", "radio")},
    "submenu": _SUBMENU,
}
_SIGNALS: dict[str, tuple[str, ...]] = {
    "ItemsPropertiesUpdated": ("a(ia{sv})", "a(ias)"),
    "LayoutUpdated": ("u", "i"),
    "ItemActivationRequested": ("i", "u"),
}


class Signal(Struct, frozen=True):
    name: str
    types: tuple[str, ...]
    body: tuple[Any, ...]


class Layout(Struct, frozen=True):
    revision: int
    rows: dict[int, Row]  # of the whole tree
    children: dict[int, tuple[int, ...]]  # of the root and of each submenu, in the order they are drawn

    def properties(self, id_: int) -> Properties:
        return _SUBMENU if id_ == _ROOT else _properties(self.rows[id_])

    def node(self, id_: int, depth: int, names: list[str]) -> tuple[int, Properties, list[Any]]:
        """The row with `depth` levels below it; all of them where that is negative."""
        children = self.children.get(id_, ()) if depth != 0 else ()
        below = [(_NODE, self.node(child, depth - 1, names)) for child in children]
        return id_, _only(self.properties(id_), names), below


class DBusMenu:
    """One writer at a time may call `show`; the bus's thread reads whole layouts and never waits for it."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, Kind], int] = {}
        self._layout = Layout(1, {}, {_ROOT: ()})
        # As they were last shown, also of what is not there at the moment: a panel may have missed that it went.
        self._last_rows: dict[int, Row] = {}
        self._last_children: dict[int, tuple[int, ...]] = {_ROOT: ()}
        self._chosen: list[Action] = []
        self._clicked_marks: set[int] = set()
        self._opened: list[bool] = []

    def show(self, rows: tuple[Row, ...]) -> list[Signal]:
        """Take new rows, and return the signals that tell panels what changed, in order."""
        validate(rows)
        now, children = self._arrange(rows)
        # The children of a new submenu are read with it.
        moved = [id_ for id_, ids in children.items() if self._last_children.get(id_, ids) != ids]
        self._layout = Layout(self._layout.revision + bool(moved), now, children)
        clicked = {self._clicked_marks.pop() for _ in range(len(self._clicked_marks))}
        changed = [
            (id_, changes) for id_, row in now.items() if (changes := self._changes(id_, row, clicked))
        ]
        removed = [(id_, names) for id_, row in now.items() if (names := self._removed(id_, row))]
        self._last_rows |= now
        self._last_children |= children
        signals = [_signal("ItemsPropertiesUpdated", changed, removed)] if changed or removed else []
        return signals + [_signal("LayoutUpdated", self._layout.revision, id_) for id_ in moved]

    def take_chosen(self) -> list[Action]:
        """The actions clicked since the last call; the caller runs them once the panel has its answer."""
        chosen, self._chosen = self._chosen, []
        return chosen

    def take_opened(self) -> list[bool]:
        """Whether a panel opened (True) or closed the menu since the last call, in order and without repetition.

        libdbusmenu-gtk3 (xfce4-panel 4.18, waybar 0.9) reports when it is about to show the root, but never that
        it closed it: True without a False after it is no sign that the menu is open for long.
        """
        opened, self._opened = self._opened, []
        return [is_open for is_open, _again in groupby(opened)]

    def interface(self) -> Interface:
        return Interface(
            methods={
                "GetLayout": Method(("i", "i", "as"), ("u", _NODE), self._get_layout),
                "GetGroupProperties": Method(("ai", "as"), ("a(ia{sv})",), self._get_group_properties),
                "GetProperty": Method(("i", "s"), ("v",), self._get_property),
                "Event": Method(("i", "s", "v", "u"), (), self._event),
                "EventGroup": Method(("a(isvu)",), ("ai",), self._event_group),
                "AboutToShow": Method(("i",), ("b",), self._about_to_show),
                "AboutToShowGroup": Method(("ai",), ("ai", "ai"), self._about_to_show_group),
            },
            properties={
                "Version": Property("u", lambda: 3),
                "TextDirection": Property("s", lambda: "ltr"),
                "Status": Property("s", lambda: "normal"),
                "IconThemePath": Property("as", list),
            },
            signals=_SIGNALS,
        )

    def _arrange(self, rows: tuple[Row, ...]) -> tuple[dict[int, Row], dict[int, tuple[int, ...]]]:
        """The rows of the whole tree by their ids, and the children of the root and of each submenu."""
        found: dict[int, Row] = {}
        children: dict[int, tuple[int, ...]] = {}

        def place(parent: int, siblings: tuple[Row, ...]) -> None:
            ids = {self._id(row): row for row in siblings}
            children[parent] = tuple(ids)
            for id_, row in ids.items():
                found[id_] = row
                if row.kind == "submenu":
                    place(id_, row.children)

        place(_ROOT, rows)
        return found, children

    def _id(self, row: Row) -> int:
        return self._ids.setdefault((row.key, row.kind), len(self._ids) + 1)

    def _changes(self, id_: int, row: Row, clicked: set[int]) -> Properties:
        """What changed in a row that was shown before. A new row is read with the layout.

        KDE flips a mark as it is clicked; so its state goes out also where the click changed nothing.
        """
        if id_ not in self._last_rows:
            return {}
        last = _properties(self._last_rows[id_])
        return {
            name: value
            for name, value in _properties(row).items()
            if last.get(name) != value or (name == _STATE and id_ in clicked)
        }

    def _removed(self, id_: int, row: Row) -> list[str]:
        """What a row that was shown before has no more, such as its icon."""
        last = self._last_rows.get(id_)
        return [] if last is None else sorted(_properties(last).keys() - _properties(row).keys())

    def _get_layout(self, parent: int, depth: int, names: list[str]) -> tuple[int, Any]:
        layout = _knowing(self._layout, parent)
        return layout.revision, layout.node(parent, depth, names)

    def _get_group_properties(self, ids: list[int], names: list[str]) -> tuple[list[Any]]:
        layout = self._layout
        known = [id_ for id_ in dict.fromkeys(ids) or layout.rows if id_ == _ROOT or id_ in layout.rows]
        return ([(id_, _only(layout.properties(id_), names)) for id_ in known],)

    def _get_property(self, id_: int, name: str) -> tuple[Any]:
        found = _knowing(self._layout, id_).properties(id_).get(name)
        if found is None:
            raise CallError("InvalidArgs", f"row {id_} has no property {name}")
        return (found,)

    def _about_to_show(self, id_: int) -> tuple[bool]:
        """The rows are always fresh, so a panel never needs to wait for them."""
        if id_ == _ROOT:
            self._opened.append(True)
        return (False,)

    def _about_to_show_group(self, ids: list[int]) -> tuple[list[int], list[int]]:
        for id_ in ids:
            self._about_to_show(id_)
        return [], []

    def _event(self, id_: int, event: str, _data: Any, _timestamp: int) -> tuple[()]:
        row = _knowing(self._layout, id_).rows.get(id_)
        if event in ("opened", "closed") and id_ == _ROOT:
            self._opened.append(event == "opened")
        if event == "clicked" and row is not None and row.enabled and row.action is not None:
            self._chosen.append(row.action)
            self._opened.append(False)
            if row.checked is not None:
                self._clicked_marks.add(id_)
        return ()

    def _event_group(self, events: list[tuple[int, str, Any, int]]) -> tuple[list[int]]:
        unknown = []
        for event in events:
            try:
                self._event(*event)
            except CallError:
                unknown.append(event[0])
        if events and len(unknown) == len(events):
            raise CallError("InvalidArgs", f"there is no row {unknown[0]}")
        return (unknown,)


def _properties(row: Row) -> Properties:
    if row.kind == "separator":
        return {"type": ("s", "separator")}
    # An underscore underlines the next letter, two are one to read.
    label = plain(row.text).replace("_", "__")
    state: Properties = {} if row.checked is None else {_STATE: ("i", int(row.checked))}
    mark: Properties = {} if row.icon is None else {"icon-data": ("ay", png(row.icon))}
    return {
        "label": ("s", label),
        "enabled": ("b", row.enabled),
        **_OF_KIND.get(row.kind, {}),
        **state,
        **mark,
        **({"disposition": ("s", row.tone)} if row.tone != "normal" else {}),
    }


def _knowing(layout: Layout, id_: int) -> Layout:
    if id_ != _ROOT and id_ not in layout.rows:
        raise CallError("InvalidArgs", f"there is no row {id_}")
    return layout


def _only(properties: Properties, names: list[str]) -> Properties:
    return {name: value for name, value in properties.items() if not names or name in names}


def _signal(name: str, *body: Any) -> Signal:
    return Signal(name, _SIGNALS[name], body)
