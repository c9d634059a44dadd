"""Changes of `settings.toml`, one at a time over all processes, each in one step."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from providers.host.private import make_folder
from providers.host.toml_lines import Keys, TomlLines
from providers.setting import InvalidValue, Setting
from tray.engine import toml_file
from tray.engine.settings import SIZE_LIMIT
from tray.engine.settings_edit import with_members, with_value, without
from tray.engine.settings_table import Table, UnknownSetting, find
from tray.engine.toml_file import NEW_FILE_MODE, CannotWriteSettings, cannot_change

__all__ = ["CannotWriteSettings", "create", "edit", "set_text", "set_value", "unset"]

HEADER = "# Settings of tankful. `tankful config list` shows every key, its default and what it does.\n"


def set_text(file: Path, table: Table, key: str, text: str) -> str | None:
    """Set a setting of the table to what the text means. Returns a sentence on why it failed, or None."""
    try:
        setting = find(table, key)
        raw = setting.type.raw(text)
        setting.type.parse(raw)
        set_value(file, setting, raw)
    except InvalidValue as error:
        return f"{key} should be {error}."
    except (UnknownSetting, CannotWriteSettings) as error:
        return str(error)
    return None


def set_value(file: Path, setting: Setting[Any], raw: object) -> bool:
    """Write this TOML value, which the setting's type accepts, for the setting into the file. Returns whether
    the file was changed for it. Of a table the members that stay as they are keep their comments.

    Raises CannotWriteSettings. Waits up to `toml_file.LOCK_SECONDS` for another process that writes it.
    """

    def with_raw(text: str) -> str:
        if isinstance(raw, Mapping):
            return with_members(text, setting.path, raw)
        return with_value(text, setting.path, raw)

    return _change(file, setting.path, with_raw, missing=HEADER)


def unset(file: Path, setting: Setting[Any]) -> bool:
    """Remove the setting from the file. Like `set_value`; a missing file is not created."""
    return _change(file, setting.path, lambda text: without(text, setting.path), missing="")


def edit(file: Path, setting: Setting[Any], change: Callable[[str], str]) -> bool:
    """The same by a function of the file's text, such as those of `settings_edit`."""
    return _change(file, setting.path, change, missing=HEADER)


def create(file: Path, text: str) -> None:
    """Make the file with this text, unless there is one. Raises CannotWriteSettings."""
    try:
        make_folder(file.parent)
        with suppress(FileExistsError):
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, NEW_FILE_MODE)
            with os.fdopen(handle, "w", encoding="utf-8") as made:
                made.write(text)
    except OSError as error:
        raise cannot_change(file, error) from error


def _change(file: Path, path: Keys, edit: Callable[[str], str], *, missing: str) -> bool:
    return toml_file.change(
        file, edit, missing=missing, limit=SIZE_LIMIT, line_of=lambda text: TomlLines(text).of(path)
    )
