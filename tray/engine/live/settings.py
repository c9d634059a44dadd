"""The settings of live sessions."""

from __future__ import annotations

from typing import Any

from providers.setting import Bool, Setting

WATCH = Setting(
    "sessions.watch",
    Bool(),
    True,
    "Look at live sessions in the background whenever one of their logs changes, for the mark on the icon and for "
    "notices.",
)
TITLES = Setting(
    "sessions.titles",
    Bool(),
    False,
    "Show the titles of sessions. Many are the first words of a prompt.",
)

SESSION_SETTINGS: tuple[Setting[Any], ...] = (WATCH, TITLES)
