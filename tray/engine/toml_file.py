"""A person's TOML file changed in one step, one change at a time over all processes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from providers.host.atomic import write_whole
from providers.host.file_lock import file_lock
from providers.host.files import read_small, short
from providers.host.private import is_own, make_folder
from providers.host.storage import reason_of
from providers.host.toml_lines import BadToml

LOCK_SECONDS = 5.0
NEW_FILE_MODE = 0o600
_BOM = b"\xef\xbb\xbf"


class CannotEdit(ValueError):
    """The text cannot be changed without changing more of it; str() is a sentence without its full stop."""


class FileChanged(ValueError):
    """The file is not the one that the change was meant for."""


class CannotWriteSettings(Exception):
    """A file of the settings folder could not be changed and is as it was; str() is a sentence that says why."""


def change(
    file: Path,
    edit: Callable[[str], str],
    *,
    missing: str,
    limit: int,
    line_of: Callable[[str], int] = lambda _text: 1,
) -> bool:
    """Replace the text of the file by what `edit` makes of it, of `missing` where there is none. Returns whether
    it was changed. `line_of` finds the line that could not be edited.

    Raises CannotWriteSettings, and what else `edit` does. Waits up to LOCK_SECONDS for another process that writes
    the file.
    """
    from filelock import Timeout

    text = ""
    try:
        make_folder(file.parent)
        with file_lock(file.with_name(f".{file.name}.lock")).acquire(timeout=LOCK_SECONDS):
            target = Path(os.path.realpath(file))  # a link stays one, and its target changes
            content = _read(target, limit)
            text = (missing.encode() if content is None else content).removeprefix(_BOM).decode()
            new = edit(text)
            if new != text:
                bom = _BOM if content is not None and content.startswith(_BOM) else b""
                write_whole(target, bom + new.encode(), mode=_mode_of(target))
            return new != text
    except (BadToml, CannotEdit, FileChanged, UnicodeDecodeError, RecursionError, Timeout, OSError) as error:
        raise CannotWriteSettings(_sentence(file, line_of, text, error)) from error


def text_of(file: Path, *, missing: str, limit: int) -> str:
    """What `change` would give to its `edit`. Raises CannotWriteSettings."""
    try:
        return read_small(file, limit).removeprefix(_BOM).decode()
    except (FileNotFoundError, NotADirectoryError):
        return missing
    except (UnicodeDecodeError, OSError) as error:
        raise CannotWriteSettings(_sentence(file, lambda _text: 1, "", error)) from error


def cannot_change(file: Path, error: OSError) -> CannotWriteSettings:
    reason, remedy = reason_of(file.parent, error)
    return CannotWriteSettings(f"{short(file)} cannot be changed: {reason}. {remedy}")


def has_changed(file: Path) -> CannotWriteSettings:
    """What FileChanged comes to."""
    return CannotWriteSettings(
        f"{short(file)} has changed since this form was shown. Nothing was saved: check it again."
    )


def _read(target: Path, limit: int) -> bytes | None:
    """None where there is no file. Raises OSError, also for one that may not be written."""
    try:
        content = read_small(target, limit)
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
    return NEW_FILE_MODE


def _sentence(file: Path, line_of: Callable[[str], int], text: str, error: Exception) -> str:
    """Why it could not be changed."""
    from filelock import Timeout

    name = short(file)
    match error:
        case BadToml():
            return f"{name}, line {error.line}: {error}. Correct it first; nothing was changed."
        case CannotEdit():
            return f"{name}, line {line_of(text)}: {error}. Nothing was changed."
        case FileChanged():
            return str(has_changed(file))
        case UnicodeDecodeError():
            return f"{name} is not text in UTF-8. Nothing was changed."
        case RecursionError():
            return f"{name} is nested too deeply. Nothing was changed."
        case Timeout():
            return f"{name} is being changed by another program. Try again."
    return str(cannot_change(file, error if isinstance(error, OSError) else OSError()))
