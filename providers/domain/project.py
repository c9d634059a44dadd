r"""The name of a project's folder: one for all spellings of it.

Windows takes `C:\work`, `c:\work`, `C:/Work` and `\\?\C:\work` for the same folder, and programs write all of
them, even within one session: a terminal spells the drive in upper case, VS Code in lower case. Any other
path has only one spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_DRIVE = r"[A-Za-z]:(?:[\\/]|$)"
_SHARE = "\\\\"
_EXTENDED = ("\\\\?\\", "\\\\.\\", "//?/", "//./")
_EXTENDED_SHARE = ("UNC\\", "UNC/")


def canonical(folder: str) -> str:
    r"""Drive in upper case, backslashes, none at the end; the case of the rest is kept: `C:\Users\Dev`."""
    name = folder
    if folder.startswith(_EXTENDED):
        name = folder[4:]
        if name.startswith(_EXTENDED_SHARE):
            name = _SHARE + name[4:]
    # Most have none there: to look for the pattern takes `re` four times as long.
    if name[1:2] == ":" and re.match(_DRIVE, name):
        return name[0].upper() + ":\\" + name[3:].replace("/", "\\").rstrip("\\")
    if name.startswith(_SHARE):
        return _SHARE + name[2:].replace("/", "\\").rstrip("\\")
    return folder


def key(folder: str) -> str:
    """Equal for all spellings of a folder; not for display."""
    name = canonical(folder)
    return name.casefold() if is_windows(name) else name


def is_windows(folder: str) -> bool:
    """Whether it is a path of Windows, on any system."""
    return folder.startswith((_SHARE, *_EXTENDED)) or re.match(_DRIVE, folder) is not None


def names(folders: Iterable[str]) -> dict[str, str]:
    """Each of these spellings with the one name that stands for its folder, whatever their order.

    One in mixed case is preferred: it is the folder's own, the others were normalized by a program.
    """
    spellings = set(folders)
    chosen: dict[str, str] = {}
    for name in sorted(map(canonical, spellings), key=lambda name: (_is_in_one_case(name), name)):
        chosen.setdefault(key(name), name)
    return {spelling: chosen[key(spelling)] for spelling in spellings}


def _is_in_one_case(name: str) -> bool:
    without_drive = name[1:]
    return without_drive.islower() or without_drive.isupper()
