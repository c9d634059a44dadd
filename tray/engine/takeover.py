"""Who gives way to whom: the engine that runs for those who only watch lets a tray, or `--headless`, take over.

The standard library alone: those who watch ask this, too.
"""

from __future__ import annotations

import os
import time

from providers.host.private import open_to_write
from tray.engine.detached import is_owned

TYPE_CHECKING = False  # typing itself would cost a megabyte
if TYPE_CHECKING:
    from pathlib import Path

    from tray.engine.single_instance import SingleInstance

WATCH_LOCK = "watch.lock"
"""Held by the one of those who watch that keeps their engine, while it keeps it."""
WANTED = "engine.wanted"
_WANTED_SECONDS = 15.0
_PATIENCE_SECONDS = 12.0
"""An engine closes within seconds, even where a server does not answer."""


def acquire(single: SingleInstance, state_folder: Path, patience: float) -> bool:
    """The engine's lock, for who shall own it from now on; False where another one of the kind does.

    Raises StateFolderUnusable. `patience` (s) is for commands, which hold it while they publish what they read.
    """
    if single.acquire():
        return True
    _ask(str(state_folder))
    gives_way = is_owned(str(state_folder), WATCH_LOCK) or _is_of_watch(str(state_folder))
    if not single.acquire(_PATIENCE_SECONDS if gives_way else patience):
        return False
    try:  # noqa: SIM105 - contextlib takes its memory
        os.unlink(state_folder / WANTED)
    except OSError:  # it was never there, or is none of ours
        pass
    return True


def is_wanted(state_folder: str, now: float) -> bool:
    """Whether somebody is about to take over."""
    try:
        return 0 <= now - os.stat(os.path.join(state_folder, WANTED)).st_mtime < _WANTED_SECONDS
    except OSError:
        return False


def _is_of_watch(state_folder: str) -> bool:
    """Whether the engine that published last was one for those who watch: its keeper may have been killed just
    now, and it is about to end.
    """
    from tray.engine import published

    owner = (published.read(state_folder) or {}).get("owner")
    return isinstance(owner, dict) and owner.get("kind") == "watch"


def _ask(state_folder: str) -> None:
    """Never raises: what cannot be asked is waited for."""
    path = os.path.join(state_folder, WANTED)
    try:
        file = open_to_write(path)
        os.utime(path, (time.time(), time.time()))
        os.close(file)  # only now do those who watch hear of it
    except OSError:
        return
