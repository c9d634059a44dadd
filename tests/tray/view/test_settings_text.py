"""The table of settings, for a terminal and for the README."""

from __future__ import annotations

from pathlib import Path

from providers.setting import FilePath, Setting, Text
from tray.engine.settings import Settings
from tray.engine.settings_table import SETTINGS
from tray.view.settings_text import as_markdown, table

ROOT = Path(__file__).parents[3]
COMMAND = Setting(
    "notify.command", Text(), "", "Run this for each notice, with the notice as its input.", live=False
)
PLACE = Setting("place", FilePath(), None, "A place.")


def test_the_readme_has_all_settings() -> None:
    assert f"\n{as_markdown(SETTINGS)}\n" in (ROOT / "README.md").read_text(), (
        "run `uv run python -m tools.settings_table`, and put its table into the README"
    )


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
