"""Settings, and folders, that somebody else could have written are refused: settings name programs to start."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from providers.host.files import Folders, short
from providers.host.private import close_folder, distrust, tighten

SETTINGS_FILE = "settings.toml"


class UntrustedFolder(Exception):
    """Somebody else could have written what is in this folder; str() says so, with the remedy."""


def refuse_untrusted(paths: Iterable[Path]) -> None:
    """Of folders and files. Raises UntrustedFolder."""
    for path in paths:
        name = short(path)
        match distrust(path):
            case "foreign":
                remedy = (
                    "Set TANKFUL_HOME to a folder of your own."
                    if os.path.isdir(path)
                    else "Replace it with a file of your own."
                )
                raise UntrustedFolder(
                    f"{name} belongs to another user, who could change your settings. {remedy}"
                )
            case "writable":
                raise UntrustedFolder(
                    f"Other users can write to {name}, and so change your settings. Run `chmod go-w {name}`."
                )
            case None:
                pass


def secure(folders: Folders, home: Path | None = None) -> None:
    """Refuse what others could have written, and close to others what an older tankful left open to them.

    A home directory that serves as TANKFUL_HOME stays as it is. Raises UntrustedFolder.
    """
    refuse_untrusted((folders.settings, folders.settings / SETTINGS_FILE, folders.state, folders.cache))
    if folders.settings != (home or Path(os.path.expanduser("~"))):
        close_folder(folders.settings)
    for folder in (folders.state, folders.cache):
        tighten(folder)
