"""Opens pages, folders and files with the programs of the desktop."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

from providers.host.files import short

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tray.desktop.launcher import Launcher

    Find = Callable[[str, str | None], str | None]

_OWN_PAGE = re.compile(r"http://(127\.\d+\.\d+\.\d+|\[::1\]):\d+/[\w.?&=%+-]*", re.ASCII)
_COMMANDS = (("xdg-open",), ("gio", "open"), ("wslview",))


class CannotOpen(Exception):
    """Nothing opens it; str() is a sentence."""


class Opener:
    """`command` is the program that opens what it is given; None where there is none."""

    def __init__(self, command: tuple[str, ...] | None, launcher: Launcher) -> None:
        self._command = command
        self._launcher = launcher

    @property
    def works(self) -> bool:
        return self._command is not None

    def page(self, address: str) -> None:
        """Open a web page. Raises CannotOpen; ValueError for what is no address of one."""
        if (
            not address.startswith("https://")
            or not address.isascii()
            or not address.isprintable()
            or " " in address
        ):
            raise ValueError("not the address of a page")
        self._open(address, f"No browser could be opened. The page is {address}")

    def own_page(self, address: str) -> None:
        """Open a page that this machine serves. Raises CannotOpen, which does not name it; ValueError."""
        if not _OWN_PAGE.fullmatch(address):
            raise ValueError("not the address of a page of ours")
        self._open(
            address, "No browser could be opened. Run `tankful dashboard` to see the address of the page."
        )

    def path(self, path: Path) -> None:
        """Open a folder or a file of the person's own. Raises CannotOpen."""
        if not path.is_absolute() or not os.path.exists(path):
            raise CannotOpen(f"{short(path)} is not there.")
        self._open(str(path), f"No program could open {short(path)}.")

    def _open(self, what: str, failure: str) -> None:
        try:
            if self._command is None:
                raise CannotOpen(failure)
            if self._command == ("startfile",):
                os.startfile(what)  # type: ignore[attr-defined,unused-ignore]  # noqa: S606 - on Windows alone
            elif self._launcher.open((*self._command, what)):
                raise CannotOpen(failure)
        except OSError as error:
            raise CannotOpen(failure) from error


def find_opener(
    environ: Mapping[str, str],
    launcher: Launcher,
    *,
    platform: str = sys.platform,
    find: Find = lambda name, path: shutil.which(name, path=path),
) -> Opener:
    """The opener of this desktop. Looks at the folders of the PATH, and starts nothing."""
    if platform == "win32":
        return Opener(("startfile",), launcher)
    if platform == "darwin":
        return Opener(("/usr/bin/open",), launcher)
    for name, *arguments in _COMMANDS:
        if program := find(name, environ.get("PATH")):
            return Opener((program, *arguments), launcher)
    return Opener(None, launcher)
