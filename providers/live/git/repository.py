"""Where the repository of a folder is, and by which of its files a change of it shows: without git."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_DEEPEST = 64
_LINK = re.compile(r"gitdir: (.+)")
_BRANCH = re.compile(r"ref: refs/heads/(.+)")
_WATCHED = ("index", "HEAD")
_SMALL = 4096

Stamps = tuple[tuple[int, int, int] | None, ...]


class Repository(Struct, frozen=True):
    """`root` is the top of its files, `git_dir` where git keeps what is its own of them."""

    root: str
    git_dir: str

    def stamps(self) -> Stamps:
        """They differ when something was staged or committed, or another branch is checked out."""
        return tuple(_stamp(os.path.join(self.git_dir, name)) for name in _WATCHED)

    def branch(self) -> str | None:
        """None where none is checked out, or where its name is kept elsewhere (reftable)."""
        found = _BRANCH.fullmatch(_line(os.path.join(self.git_dir, "HEAD")))
        return found[1] if found and found[1] != ".invalid" else None


def find_repository(folder: str) -> Repository | None:
    """The one that git would find there; None if there is none."""
    if not os.path.isabs(folder):  # a log may say so: of whose folder, nobody knows
        return None
    at = Path(folder)
    for root in (at, *at.parents)[:_DEEPEST]:
        place = os.path.join(root, ".git")
        if os.path.isdir(place):
            if os.path.lexists(os.path.join(place, "HEAD")):
                return Repository(str(root), place)
        elif os.path.isfile(place):  # of a work tree or a submodule
            link = _LINK.fullmatch(_line(place))
            if link:
                return Repository(str(root), os.path.normpath(os.path.join(root, link[1])))
    return None


def _line(path: str) -> str:
    """The only line of a small file."""
    with suppress(OSError), open(path, "rb") as file:
        return os.fsdecode(file.read(_SMALL)).rstrip("\r\n")
    return ""


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
