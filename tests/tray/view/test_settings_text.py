"""The table of settings, for a terminal and for the README."""

from __future__ import annotations

import re
from pathlib import Path

from providers.setting import FilePath, Setting, Text
from tray.engine.settings import Settings, read_settings
from tray.engine.settings_edit import with_value
from tray.engine.settings_table import SETTINGS
from tray.view.settings_text import as_markdown, as_toml, table

ROOT = Path(__file__).parents[3]
COMMAND = Setting(
    "notify.command", Text(), "", "Run this for each notice, with the notice as its input.", live=False
)
PLACE = Setting("place", FilePath(), None, "A place.")


def test_the_readme_has_all_settings() -> None:
    assert f"\n{as_markdown(SETTINGS)}\n" in (ROOT / "README.md").read_text(), (
        "run `uv run python -m tools.settings_table`, and put its table into the README"
    )


def test_a_new_file_sets_nothing_until_a_line_is_uncommented() -> None:
    text = as_toml(SETTINGS)
    assert max(map(len, text.splitlines()[1:])) <= 80
    untouched = read_settings(text, "settings.toml", SETTINGS)
    assert (untouched.values, untouched.problem) == ({}, None)
    uncommented = re.sub(r'^# ([a-z0-9_]+ = (?!"…"))', r"\1", text, flags=re.MULTILINE)
    read = read_settings(uncommented, "settings.toml", SETTINGS)
    assert read.problem is None
    assert read.values == {each.key: each.default for each in SETTINGS if each.default is not None}


def test_each_setting_can_be_set_in_a_new_file() -> None:
    text = as_toml(SETTINGS)
    for setting in SETTINGS:
        if setting.default is not None:
            text = with_value(text, setting.path, setting.type.raw(setting.type.text(setting.default)))
    assert read_settings(text, "settings.toml", SETTINGS).values.keys() == {
        each.key for each in SETTINGS if each.default is not None
    }
    comments = [line for line in as_toml(SETTINGS).splitlines() if line.startswith("#")]
    assert [line for line in text.splitlines() if line.startswith("#")] == comments


def test_every_setting_in_80_columns() -> None:
    values = {"notify.command": f"notify-send \x1b[2J {'word ' * 12}", "place": Path("/a" * 60)}
    assert table(Settings(table=(COMMAND, PLACE), values=values), Path("/x/settings.toml")).splitlines() == [
        "Settings in /x/settings.toml; * marks those that are set there.",
        "",
        r"* notify.command  notify-send \x1b[2J word word word word word word word word",
        "                  word word word word",
        "                  Run this for each notice, with the notice as its input.",
        "                  a text in quotes; default: none; takes effect when tankful is",
        "                  restarted",
        "",
        f"* place           {'/a' * 60}",
        "                  A place.",
        "                  a path in quotes, from / or ~; default: none",
    ]
