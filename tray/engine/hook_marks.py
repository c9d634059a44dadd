"""What hooks remember, in the state folder, readable by its owner alone:

hooks/<provider>-<hash of the home>.json   how the last call went; its time is that of the last answer
hooks/turn-<hash>                          a turn that was warned; for a day
"""

from __future__ import annotations

import json
import os
import time

from providers.domain.short_hash import short_hash
from providers.host.atomic import write_whole
from providers.host.private import make_folder
from tray.engine.hook_file import read_object

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

FOLDER = "hooks"
_TURN = "turn-"
_KEPT_SECONDS = 86400.0
_MOST_TURNS = 512
_TORN_SECONDS = 60.0
"""No hook writes for that long."""


def is_first(state_folder: str, *names: str) -> bool | None:
    """Whether these names were not marked within a day; from now on they are. None where that cannot be known."""
    folder = os.path.join(state_folder, FOLDER)
    path = os.path.join(folder, f"{_TURN}{short_hash(chr(0).join(names))}")
    try:
        if _is_marked(path):
            return False
        make_folder(folder)
        _forget_old(folder)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:  # another process may have been faster
        return False if isinstance(error, FileExistsError) and os.path.lexists(path) else None
    return True


def _is_marked(path: str) -> bool:
    """Within a day."""
    try:
        return not _is_old(os.lstat(path).st_mtime, time.time())
    except FileNotFoundError:
        return False


def _is_old(at: float, now: float) -> bool:
    """Also by a clock that has been set back since."""
    return abs(now - at) > _KEPT_SECONDS


def note(state_folder: str, provider: str, home: str, outcome: str, now: float) -> bool:
    """That a hook has answered, and how it went; whether that is news. Raises OSError."""
    path = path_of(state_folder, provider, home)
    known = read(path)
    if known is not None and known.get("outcome") == outcome:
        os.utime(path, (now, now))
        return False
    _forget_torn(os.path.dirname(path))
    write_whole(path, json.dumps({"home": home, "outcome": outcome}).encode())
    os.utime(path, (now, now))
    return True


def path_of(state_folder: str, provider: str, home: str) -> str:
    return os.path.join(state_folder, FOLDER, f"{provider}-{short_hash(home)}.json")


def read(path: str) -> dict[str, Any] | None:
    """`home` and `outcome` of the last call, None where there is none."""
    return read_object(path)


def _forget_old(folder: str) -> None:
    """Another process may do the same."""
    marks = [entry for entry in os.scandir(folder) if entry.name.startswith(_TURN)]
    now = time.time()
    try:
        times = sorted((entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in marks)
        for number, (at, path) in enumerate(times):
            if _is_old(at, now) or number < len(times) - _MOST_TURNS:
                os.unlink(path)
    except FileNotFoundError:
        pass


def _forget_torn(folder: str) -> None:
    """What hooks began to write when their deadline ended them."""
    now = time.time()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                is_scratch = entry.name.startswith(".") and ".json." in entry.name
                if is_scratch and abs(now - entry.stat(follow_symlinks=False).st_mtime) > _TORN_SECONDS:
                    os.unlink(entry.path)
    except FileNotFoundError:  # another process may do the same, or just have written
        pass
