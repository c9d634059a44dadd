"""The settings that the menu offers, read as text and clicked."""

from __future__ import annotations

from typing import Any

from providers.setting import Bool, Choice, Menu, Setting
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.view.rows import Action, Row, validate, walk
from tray.view.settings_menu import rows

OF_PROVIDERS = tuple(setting for setting in SETTINGS if setting.path[0] == "providers")
SOUND = Setting("sound", Bool(), False, "Play a sound.", menu=Menu(text="Sound", path=("Notices",)))
ICON = Setting(
    "icon", Choice(("bars", "ring")), "bars", "The icon.", menu=Menu(text="Icon", path=("Look", "More"))
)


def shown(*settings: Setting[Any], **values: object) -> list[str]:
    found = rows(Settings(table=settings, values=values))
    validate(found)
    return [line for row in found for line in _lines(row)]


def _lines(row: Row, indent: str = "") -> list[str]:
    marks = {("toggle", True): "☑ ", ("toggle", False): "☐ ", ("choice", True): "◉ ", ("choice", False): "○ "}
    text = f"{indent}{marks.get((row.kind, bool(row.checked)), '')}{row.text}"
    return [text, *(line for child in row.children for line in _lines(child, f"{indent}  "))]


def test_the_settings_of_providers() -> None:
    values = {"providers.claude.enabled": False, "providers.codex.source": "rollouts"}
    assert shown(*OF_PROVIDERS, **values) == [
        "Settings",
        "  Providers",
        "    ☑ Codex",
        "    ☐ Claude",
        "  Codex source",
        "    ○ Automatic",
        "    ○ ChatGPT",
        "    ○ Codex CLI",
        "    ○ Codex /status screen",
        "    ◉ Session logs",
        "    ○ Web",
        "  Claude source",
        "    ◉ Automatic",
        "    ○ Anthropic",
        "    ○ Claude Code /usage",
        "    ○ Claude Code status line",
        "    ○ Claude Code cache",
    ]


def test_a_click_sets_the_other_value_of_a_toggle_and_the_value_of_a_choice() -> None:
    clicks = {row.key: row.action for row in walk(rows(Settings(table=SETTINGS))) if row.action}
    assert clicks["set:providers.codex.enabled"] == Action("set", "providers.codex.enabled=false")
    assert clicks["set:providers.codex.source=oauth"] == Action("set", "providers.codex.source=oauth")
    off = rows(Settings(table=SETTINGS, values={"providers.codex.enabled": False}))
    assert Action("set", "providers.codex.enabled=true") in {row.action for row in walk(off)}
    assert [row.key for row in walk(off)] == [row.key for row in walk(rows(Settings(table=SETTINGS)))]


def test_submenus_nest_and_collect_what_belongs_to_them() -> None:
    again = Setting("again", Bool(), True, ".", menu=Menu(text="Again", path=("Notices",)))
    assert shown(SOUND, ICON, again, icon="ring") == [
        "Settings",
        "  Notices",
        "    ☐ Sound",
        "    ☑ Again",
        "  Look",
        "    More",
        "      Icon",
        "        ○ Bars",
        "        ◉ Ring",
    ]


def test_where_nothing_can_be_clicked_there_is_no_row() -> None:
    assert shown() == shown(Setting("a", Bool(), True, ".")) == []
