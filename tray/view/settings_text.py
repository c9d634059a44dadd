"""Settings as a table of text and as data: what `tankful config list` prints, and the README shows. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from providers.host.files import short
from providers.host.shown_path import printable
from providers.setting import Setting
from tray.engine.settings import Settings
from tray.engine.settings_edit import as_written
from tray.engine.settings_table import Table
from tray.engine.settings_writer import HEADER

_WIDTH = 80


def table(settings: Settings, file: Path) -> str:
    """Each setting with its value, what it does, what it may be and its default, in 80 columns."""
    width = max((len(setting.key) for setting in settings.table), default=0)
    lines = [*_wrapped("", f"Settings in {short(file)}; * marks those that are set there.")]
    for setting in settings.table:
        mark = "*" if setting.key in settings.values else " "
        lines += ["", *_wrapped(f"{mark} {setting.key:{width}}  ", shown(setting, settings.get(setting)))]
        for text in (setting.doc, facts(setting)):
            lines += _wrapped(" " * (width + 4), text)
    return "\n".join(lines)


def as_data(settings: Settings, file: Path) -> dict[str, Any]:
    """The document of `tankful config list --json`."""
    return {
        "schema": "tankful.config/1",
        "file": str(file),
        "problem": settings.problem,
        "settings": [
            {
                "key": setting.key,
                "type": setting.type.expected(),
                "default": _plain(setting, setting.default),
                "value": _plain(setting, settings.get(setting)),
                "set": setting.key in settings.values,
                "live": setting.live,
                "doc": setting.doc,
            }
            for setting in settings.table
        ],
    }


def as_markdown(settings: Table) -> str:
    """The table of the README."""
    rows = [
        f"| `{setting.key}` | {setting.doc} | {setting.type.expected()} | {shown(setting, setting.default)} |"
        for setting in settings
    ]
    return "\n".join(("| key | what it does | value | default |", "|---|---|---|---|", *rows))


def as_toml(settings: Table) -> str:
    """A new settings file: each setting as a comment with its default, below the header of its table."""
    tables: dict[str, list[Setting[Any]]] = {"": []}  # keys without a table come first
    for setting in settings:
        tables.setdefault(".".join(setting.path[:-1]), []).append(setting)
    blocks = [HEADER.rstrip("\n")]
    for name, members in tables.items():
        first, *others = ["\n".join(_commented(setting)) for setting in members] or [""]
        blocks += [f"[{name}]\n{first}" if name else first, *others]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _commented(setting: Setting[Any]) -> Iterator[str]:
    for line in textwrap.wrap(f"{setting.doc} Value: {setting.type.expected()}.", _WIDTH - 2):
        yield f"# {line}"
    raw = setting.type.raw(setting.type.text(setting.default))
    # Where nothing is the default, there is none to write.
    yield f"# {setting.path[-1]} = " + ('"…"' if setting.default is None else as_written(raw))


def shown(setting: Setting[Any], value: object) -> str:
    """A value for a person to read."""
    return printable(setting.type.text(value)) or "none"


def facts(setting: Setting[Any]) -> str:
    """What it may be, its default, and when a change applies."""
    text = f"{setting.type.expected()}; default: {shown(setting, setting.default)}"
    return text if setting.live else f"{text}; takes effect when tankful is restarted"


def _wrapped(before: str, text: str) -> Iterator[str]:
    """Lines of at most 80 columns that begin below each other; a word that is longer stays whole."""
    indent = " " * len(before)
    yield from textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=before,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _plain(setting: Setting[Any], value: object) -> object:
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return setting.type.text(value) if isinstance(value, (Path, timedelta)) else value
