"""Changes of `settings.toml`, one at a time over all processes, each in one step."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from providers.host.atomic import write_whole
from providers.host.file_lock import file_lock
from providers.host.files import read_small, short
from providers.host.private import is_own, make_folder
from providers.host.storage import reason_of
from providers.host.toml_lines import BadToml, Keys, TomlLines
from providers.setting import InvalidValue, Setting
from tray.engine.settings import SIZE_LIMIT
from tray.engine.settings_edit import CannotEdit, with_members, with_value, without
from tray.engine.settings_table import Table, UnknownSetting, find

LOCK_SECONDS = 5.0
HEADER = "# Settings of tankful. `tankful config list` shows every key, its default and what it does.\n"
_BOM = b"\xef\xbb\xbf"
_NEW_FILE_MODE = 0o600


class CannotWriteSettings(Exception):
    """The file could not be changed and is as it was; str() is a sentence that says why."""


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

    Raises CannotWriteSettings. Waits up to LOCK_SECONDS for another process that writes it.
    """

    def edit(text: str) -> str:
        if isinstance(raw, Mapping):
            return with_members(text, setting.path, raw)
        return with_value(text, setting.path, raw)

    return _change(file, setting.path, edit, missing=HEADER)


def unset(file: Path, setting: Setting[Any]) -> bool:
    """Remove the setting from the file. Like `set_value`; a missing file is not created."""
    return _change(file, setting.path, lambda text: without(text, setting.path), missing="")


def create(file: Path, text: str) -> None:
    """Make the file with this text, unless there is one. Raises CannotWriteSettings."""
    try:
        make_folder(file.parent)
        with suppress(FileExistsError):
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _NEW_FILE_MODE)
            with os.fdopen(handle, "w", encoding="utf-8") as made:
                made.write(text)
    except OSError as error:
        raise CannotWriteSettings(_sentence(file, (), "", error)) from error


def _change(file: Path, path: Keys, edit: Callable[[str], str], *, missing: str) -> bool:
    from filelock import Timeout

    text = ""
    try:
        make_folder(file.parent)
        with file_lock(file.with_name(f".{file.name}.lock")).acquire(timeout=LOCK_SECONDS):
            target = Path(os.path.realpath(file))  # a link stays one, and its target changes
            content = _read(target)
            text = (missing.encode() if content is None else content).removeprefix(_BOM).decode()
            new = edit(text)
            if new != text:
                bom = _BOM if content is not None and content.startswith(_BOM) else b""
                write_whole(target, bom + new.encode(), mode=_mode_of(target))
            return new != text
    except (BadToml, CannotEdit, UnicodeDecodeError, RecursionError, Timeout, OSError) as error:
        raise CannotWriteSettings(_sentence(file, path, text, error)) from error


def _read(target: Path) -> bytes | None:
    """None where there is no file. Raises OSError, also for one that may not be written."""
    try:
        content = read_small(target, SIZE_LIMIT)
    except FileNotFoundError:
        return None
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "it is read-only")
    if not is_own(target):
        raise PermissionError(0, "it belongs to another user")
    return content


def _mode_of(target: Path) -> int:
    with suppress(FileNotFoundError):
        return stat.S_IMODE(target.stat().st_mode)
    return _NEW_FILE_MODE


def _sentence(file: Path, path: Keys, text: str, error: Exception) -> str:
    """Why it could not be changed."""
    from filelock import Timeout

    name = short(file)
    match error:
        case BadToml():
            return f"{name}, line {error.line}: {error}. Correct it first; nothing was changed."
        case CannotEdit():
            return f"{name}, line {TomlLines(text).of(path)}: {error}. Nothing was changed."
        case UnicodeDecodeError():
            return f"{name} is not text in UTF-8. Nothing was changed."
        case RecursionError():
            return f"{name} is nested too deeply. Nothing was changed."
        case Timeout():
            return f"{name} is being changed by another program. Try again."
    reason, remedy = reason_of(file.parent, error if isinstance(error, OSError) else OSError())
    return f"{name} cannot be changed: {reason}. {remedy}"
