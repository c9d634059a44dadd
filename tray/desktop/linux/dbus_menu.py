"""Rows as a com.canonical.dbusmenu: what a panel draws, and what changed since it last looked.

KDE holds that an id keeps its kind for ever, and every panel keeps a menu open while texts change in it.
So an id belongs to a row's key and kind, new texts go out as properties, and only a row that came, went or moved
is a new layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tray.desktop.linux.session_bus import CallError, Interface, Method, Property, plain

if TYPE_CHECKING:
    from tray.view.rows import Action, Kind, Row

Properties = dict[str, tuple[str, Any]]  # name → (D-Bus type, value)

INTERFACE = "com.canonical.dbusmenu"
_NODE = "(ia{sv}av)"
_ROOT = 0
_ROOT_PROPERTIES: Properties = {"children-display": ("s", "submenu")}
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
    rows: dict[int, Row]  # in the order they are drawn

    def properties(self, id_: int) -> Properties:
        return _ROOT_PROPERTIES if id_ == _ROOT else _properties(self.rows[id_])


class DBusMenu:
    """One writer at a time may call `show`; the bus's thread reads whole layouts and never waits for it."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, Kind], int] = {}
        self._layout = Layout(1, {})
        self._chosen: list[Action] = []

    def show(self, rows: tuple[Row, ...]) -> list[Signal]:
        """Take new rows; what the panels must be told comes back, in order."""
        before = self._layout
        now = {self._id(row): row for row in rows}
        if len(now) < len(rows):
            raise ValueError("two rows share a key")
        moved = list(now) != list(before.rows)
        self._layout = Layout(before.revision + moved, now)
        signals = []
        changed = [(id_, difference) for id_ in now if (difference := self._difference(before, id_))]
        if changed:
            signals.append(_signal("ItemsPropertiesUpdated", changed, []))
        if moved:
            signals.append(_signal("LayoutUpdated", self._layout.revision, _ROOT))
        return signals

    def take_chosen(self) -> list[Action]:
        """The actions clicked since the last call; the caller runs them once the panel has its answer."""
        chosen, self._chosen = self._chosen, []
        return chosen

    def interface(self) -> Interface:
        return Interface(
            methods={
                "GetLayout": Method(("i", "i", "as"), ("u", _NODE), self._get_layout),
                "GetGroupProperties": Method(("ai", "as"), ("a(ia{sv})",), self._get_group_properties),
                "GetProperty": Method(("i", "s"), ("v",), self._get_property),
                "Event": Method(("i", "s", "v", "u"), (), self._event),
                "EventGroup": Method(("a(isvu)",), ("ai",), self._event_group),
                # The rows are always fresh, so a panel never needs to wait for them.
                "AboutToShow": Method(("i",), ("b",), lambda _id: (False,)),
                "AboutToShowGroup": Method(("ai",), ("ai", "ai"), lambda _ids: ([], [])),
            },
            properties={
                "Version": Property("u", lambda: 3),
                "TextDirection": Property("s", lambda: "ltr"),
                "Status": Property("s", lambda: "normal"),
                "IconThemePath": Property("as", list),
            },
            signals=_SIGNALS,
        )

    def _id(self, row: Row) -> int:
        return self._ids.setdefault((row.key, row.kind), len(self._ids) + 1)

    def _difference(self, before: Layout, id_: int) -> Properties:
        """What changed in a row that stayed. A new row is read with the layout."""
        if id_ not in before.rows:
            return {}
        old = before.properties(id_)
        return {name: value for name, value in self._layout.properties(id_).items() if old[name] != value}

    def _get_layout(self, parent: int, depth: int, names: list[str]) -> tuple[int, Any]:
        layout = _knowing(self._layout, parent)
        below: list[Any] = [
            (_NODE, (id_, _only(layout.properties(id_), names), []))
            for id_ in layout.rows
            if parent == _ROOT and depth != 0
        ]
        return layout.revision, (parent, _only(layout.properties(parent), names), below)

    def _get_group_properties(self, ids: list[int], names: list[str]) -> tuple[list[Any]]:
        layout = self._layout
        known = [id_ for id_ in ids or layout.rows if id_ == _ROOT or id_ in layout.rows]
        return ([(id_, _only(layout.properties(id_), names)) for id_ in known],)

    def _get_property(self, id_: int, name: str) -> tuple[Any]:
        found = _knowing(self._layout, id_).properties(id_).get(name)
        if found is None:
            raise CallError("InvalidArgs", f"row {id_} has no property {name}")
        return (found,)

    def _event(self, id_: int, event: str, _data: Any, _timestamp: int) -> tuple[()]:
        layout = _knowing(self._layout, id_)
        action = layout.rows[id_].action if id_ != _ROOT else None
        if event == "clicked" and action is not None:
            self._chosen.append(action)
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
    # A row that only tells is enabled too: panels draw the others in a grey that is hard to read.
    return {"label": ("s", label), "enabled": ("b", True)}


def _knowing(layout: Layout, id_: int) -> Layout:
    if id_ != _ROOT and id_ not in layout.rows:
        raise CallError("InvalidArgs", f"there is no row {id_}")
    return layout


def _only(properties: Properties, names: list[str]) -> Properties:
    return {name: value for name, value in properties.items() if not names or name in names}


def _signal(name: str, *body: Any) -> Signal:
    return Signal(name, _SIGNALS[name], body)
