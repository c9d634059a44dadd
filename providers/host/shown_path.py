"""How paths are displayed, and how homes are named in the snapshot.

The standard library alone: a hook looks for its home there.
"""

from __future__ import annotations

import os


def home_relative(path: str) -> str:
    """The path as its owner would write it, `~/.codex`, in text that can be printed and stored anywhere."""
    above = os.path.normpath(os.path.expanduser("~")).rstrip(os.sep)
    if f"{os.path.normcase(path)}{os.sep}".startswith(f"{os.path.normcase(above)}{os.sep}"):
        path = f"~{path[len(above) :]}"
    return printable(path.replace(os.sep, "/").rstrip("/") or "/")


def printable(text: str) -> str:
    """The text with all that is not print, as bytes of a name that are no UTF-8, written as an escape."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text
    )
