"""Prints the README's table of settings: `uv run python -m tools.settings_table`."""

from __future__ import annotations

from tray.engine.settings_table import SETTINGS
from tray.view.settings_text import as_markdown

if __name__ == "__main__":
    print(as_markdown(SETTINGS))
