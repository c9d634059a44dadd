"""The settings that the menu offers, below one row. Pure, but for names that are loaded when first shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from providers.setting import Choice, Menu, Setting
from tray.engine.settings import Settings
from tray.view.rows import Action, Row, choice_row, submenu_row, toggle_row


def rows(settings: Settings) -> tuple[Row, ...]:
    """The row "Settings" with all toggles and choices; none where the table has neither."""
    entries = [(each.menu.path, _row(each, each.menu, settings)) for each in settings.table if each.menu]
    return (submenu_row("settings", "Settings", _nested(entries)),) if entries else ()


def _nested(entries: Iterable[tuple[Sequence[str], Row]], above: str = "settings") -> list[Row]:
    """Each row in its submenu, which stands where its first row would."""
    below: dict[str, list[tuple[Sequence[str], Row]]] = {}
    order: dict[str, Row | None] = {}
    for path, row in entries:
        if path:
            below.setdefault(path[0], []).append((path[1:], row))
        order.setdefault(f"{above}:{path[0]}" if path else row.key, None if path else row)
    return [
        row
        or submenu_row(key, key.removeprefix(f"{above}:"), _nested(below[key.removeprefix(f"{above}:")], key))
        for key, row in order.items()
    ]


def _row(setting: Setting[Any], menu: Menu, settings: Settings) -> Row:
    key, value = f"set:{setting.key}", settings.get(setting)
    if not isinstance(setting.type, Choice):
        action = Action("set", f"{setting.key}={setting.type.text(not value)}")
        return toggle_row(key, menu.text, action, checked=value)
    names = menu.names() if menu.names else {}
    choices = [
        choice_row(
            f"{key}={each}",
            _capital(names.get(each, each)),
            Action("set", f"{setting.key}={each}"),
            checked=each == value,
        )
        for each in setting.type.values
    ]
    return submenu_row(key, menu.text, choices)


def _capital(name: str) -> str:
    """With a capital, as every row begins: a source is "session logs" within a sentence."""
    return name[:1].upper() + name[1:]
