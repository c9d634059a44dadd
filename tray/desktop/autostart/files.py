"""The files that a login reads: read, replaced and removed with a sentence for each failure."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from providers.host.atomic import write_whole
from providers.host.files import read_small, short
from tray.desktop.autostart.login_item import AutostartError

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 1 << 20


def read(path: Path) -> bytes | None:
    """What is in it, also behind a link; None where there is no such file. Raises AutostartError."""
    try:
        return read_small(path, _LARGEST)
    except (FileNotFoundError, NotADirectoryError) as error:
        if path.is_symlink():
            raise AutostartError(f"{short(path)} is a broken link. Delete it, and try again.") from error
        return None
    except OSError as error:
        raise _failure(path, "read", error) from error


def replace(path: Path, content: bytes) -> None:
    """All of it or nothing. Raises AutostartError."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise _failure(path, "written", error) from error


def remove(path: Path) -> None:
    """Raises AutostartError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _failure(path, "removed", error) from error


def remove_empty(folder: Path, below: Path) -> None:
    """The folder and those above it, as far as they are empty and lie below another one."""
    while below in folder.parents:
        with suppress(OSError):
            folder.rmdir()
        folder = folder.parent


def _failure(path: Path, what: str, error: OSError) -> AutostartError:
    reason = error.strerror or type(error).__name__
    return AutostartError(
        f"{short(path)} cannot be {what}: {reason}. Check who owns it and its folder, and try again."
    )
