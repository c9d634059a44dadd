"""Folders in which somebody else could have written settings, which name programs to start, are refused."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from providers.host.files import Folders, short
from providers.host.private import close_folder, distrust, tighten


class UntrustedFolder(Exception):
    """Somebody else could have written what is in this folder; str() says so, with the remedy."""


def refuse_untrusted(folders: Iterable[Path]) -> None:
    """Raises UntrustedFolder."""
    for folder in folders:
        name = short(folder)
        match distrust(folder):
            case "foreign":
                raise UntrustedFolder(
                    f"{name} belongs to another user, who could change your settings."
                    " Set TANKFUL_HOME to a folder of your own."
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
    refuse_untrusted((folders.settings, folders.state, folders.cache))
    if folders.settings != (home or Path.home()):
        close_folder(folders.settings)
    for folder in (folders.state, folders.cache):
        tighten(folder)
