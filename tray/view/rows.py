"""What a menu is made of, on every desktop: a tree of rows, each of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Literal

from msgspec import Struct

from tray.view.row_icon import RowIcon

Kind = Literal["text", "action", "toggle", "choice", "submenu", "separator"]
Tone = Literal["normal", "alert"]

_DEFAULTS: dict[str, Any] = {
    "text": "",
    "enabled": True,
    "checked": None,
    "action": None,
    "children": (),
    "icon": None,
    "tone": "normal",
}
_TAKES: dict[Kind, frozenset[str]] = {
    "text": frozenset(
        {"text", "icon", "tone"}
    ),  # never disabled: panels draw that in a grey that is hard to read
    "action": frozenset({"text", "enabled", "action", "icon", "tone"}),
    "toggle": frozenset({"text", "enabled", "action", "checked"}),  # LXQt draws an icon in place of the mark
    "choice": frozenset({"text", "enabled", "action", "checked"}),
    "submenu": frozenset({"text", "enabled", "children", "icon", "tone"}),
    "separator": frozenset(),
}
_REQUIRED = frozenset({"action", "checked", "children"})  # of each kind that takes it


class Action(Struct, frozen=True):
    """What a click asks for, by name: Action("refresh"), Action("set", "icon=ring")."""

    name: str
    argument: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("an action needs a name")


class Row(Struct, frozen=True, kw_only=True):
    """One line of the menu. The functions below make one of each kind; a wrong one is a ValueError.

    `key` names the row for as long as it lives, so that an open menu can be changed in place; it is unique
    over the whole tree. `checked` is None where a kind has no mark. Neighbouring choices are a radio group,
    of which one at most is checked. `icon` and `tone` are hints: the text says the same, as not every desktop
    draws them. The tone "alert" is for what is spent.
    """

    key: str
    kind: Kind
    text: str = ""
    enabled: bool = True
    checked: bool | None = None
    action: Action | None = None
    children: tuple[Row, ...] = ()
    icon: RowIcon | None = None
    tone: Tone = "normal"

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("a row needs a key")
        takes = _TAKES.get(self.kind)
        if takes is None:
            raise ValueError(f"row {self.key}: there is no kind {self.kind}")
        for name, default in _DEFAULTS.items():
            given = getattr(self, name) != default
            if given and name not in takes:
                raise ValueError(f"row {self.key}: the kind {self.kind} takes no {name}")
            if not given and name in takes & _REQUIRED:
                raise ValueError(f"row {self.key}: the kind {self.kind} needs {name}")
        _validate_radio_groups(self.children)


def text_row(key: str, text: str, *, icon: RowIcon | None = None, tone: Tone = "normal") -> Row:
    """A line to be read."""
    return Row(key=key, kind="text", text=text, icon=icon, tone=tone)


def action_row(
    key: str,
    text: str,
    action: Action,
    *,
    enabled: bool = True,
    icon: RowIcon | None = None,
    tone: Tone = "normal",
) -> Row:
    """A line to be clicked."""
    return Row(key=key, kind="action", text=text, action=action, enabled=enabled, icon=icon, tone=tone)


def toggle_row(key: str, text: str, action: Action, *, checked: bool, enabled: bool = True) -> Row:
    """A line with a check mark. A click changes nothing by itself: `action` does, and then new rows are shown."""
    return Row(key=key, kind="toggle", text=text, action=action, checked=checked, enabled=enabled)


def choice_row(key: str, text: str, action: Action, *, checked: bool, enabled: bool = True) -> Row:
    """One of a radio group: the choices that stand next to each other."""
    return Row(key=key, kind="choice", text=text, action=action, checked=checked, enabled=enabled)


def submenu_row(
    key: str,
    text: str,
    children: Iterable[Row],
    *,
    enabled: bool = True,
    icon: RowIcon | None = None,
    tone: Tone = "normal",
) -> Row:
    """A line that opens a menu of its own, which is never empty."""
    below = tuple(children)
    return Row(key=key, kind="submenu", text=text, children=below, enabled=enabled, icon=icon, tone=tone)


def separator_row(key: str) -> Row:
    return Row(key=key, kind="separator")


def walk(rows: tuple[Row, ...]) -> Iterator[Row]:
    """Every row of the tree, a submenu before its children."""
    for row in rows:
        yield row
        yield from walk(row.children)


def validate(rows: tuple[Row, ...]) -> None:
    """Raises ValueError where rows that are right by themselves do not make a menu."""
    keys = [row.key for row in walk(rows)]
    if len(set(keys)) < len(keys):
        raise ValueError("two rows share a key")
    _validate_radio_groups(rows)


def lines(rows: tuple[Row, ...], indent: str = "") -> Iterator[str]:
    """Each row as a line of text: two more blanks before those of a submenu, none for a separator."""
    for row in rows:
        yield "" if row.kind == "separator" else f"{indent}{row.text}"
        yield from lines(row.children, f"{indent}  ")


def _validate_radio_groups(siblings: tuple[Row, ...]) -> None:
    for kind, group in groupby(siblings, key=lambda row: row.kind):
        if kind == "choice" and sum(row.checked is True for row in group) > 1:
            raise ValueError("two choices of a radio group are checked")
