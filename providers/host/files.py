"""Files and folders: where tankful stores its own, and how others' are read."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from providers.host.shown_path import home_relative


class Folders(Struct, frozen=True, kw_only=True):
    """tankful's own folders; each is created when something is first written to it."""

    settings: Path
    state: Path
    cache: Path


def own_folders(environ: Mapping[str, str]) -> Folders:
    """`TANKFUL_HOME` contains all three; otherwise each is in the system's usual place."""
    if home := environ.get("TANKFUL_HOME"):
        root = Path(os.path.abspath(os.path.expanduser(home)))
        return Folders(settings=root, state=root / "state", cache=root / "cache")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("tankful", appauthor=False)
    return Folders(settings=dirs.user_config_path, state=dirs.user_state_path, cache=dirs.user_cache_path)


def split_homes(value: str) -> dict[Path, str]:
    """The folders of a comma list, in order, each once, as absolute paths, with the text that names each.

    A slash at its end is part of the text; `~` and a relative path are resolved, since a program that is
    started elsewhere would resolve them differently or not at all.
    """
    found: dict[Path, str] = {}
    for part in value.split(","):
        if part.strip():
            # Path.expanduser raises for a user who does not exist, and where there is no HOME; this one never.
            text = os.path.expanduser(part.strip())
            path = os.path.abspath(text)
            found.setdefault(Path(path), text if os.path.isabs(text) else path)
    return found


def short(path: Path) -> str:
    """The path as it is displayed (see `home_relative`)."""
    return home_relative(path.as_posix())


def open_regular(path: Path) -> BinaryIO:
    """An open file; raises OSError for what is not one. A pipe of that name would keep us waiting for ever."""
    file = open(path, "rb", opener=_at_once)  # noqa: SIM115 - handed to the caller
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "Not a regular file")


def _at_once(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has neither the flag nor the pipes


def read_small(path: Path, limit: int) -> bytes:
    """A whole file of at most `limit` bytes; raises OSError."""
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, "File too large")
    return content


Stamp = tuple[int, int, int] | None


def stamp(path: str) -> Stamp:
    """Another value whenever a file was written or replaced, or a folder's entries changed; None where there
    is none.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def is_of_another_user(path: str, uid: int | None = None) -> bool:
    """Whether another user made this file: their processes are not seen. `uid` is this one's by default; Windows
    has none.
    """
    if uid is None:
        if sys.platform == "win32":
            return False
        uid = os.geteuid()
    try:
        return os.stat(path).st_uid != uid
    except OSError:
        return False


def raise_if_exhausted(error: OSError) -> None:
    """Raise it where it says nothing of a file: this process, or the system, cannot open any other one either."""
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        raise error
