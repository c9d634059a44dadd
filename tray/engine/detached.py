"""Processes of our own beside this one: a round in the background, for who answers at once and ends, as a bar
does.
"""

from __future__ import annotations

import os
import sys

from providers.host.private import make_folder, open_to_write

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from typing import Any

ENGINE_LOCK = "engine.lock"
ROUND_SECONDS = 60.0
_STARTED = "round.started"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_PROGRAM = f"import sys; sys.path.insert(0, {_ROOT!r}); from tray.cli.main import script; script()"


def own_command(*arguments: str) -> list[str]:
    """The command line of this very tankful, however it was started."""
    # -P: the folder that we happen to stand in has no part in what is imported.
    return [sys.executable, "-P", "-c", _PROGRAM, *arguments]


def start_round(state_folder: str, now: float) -> bool:
    """Start one, unless somebody owns the engine, or one was started less than a minute ago. Never raises."""
    try:
        make_folder(state_folder)
        if is_owned(state_folder) or not _is_first(os.path.join(state_folder, _STARTED), now):
            return False
        _start(own_command("round"))
    except OSError:
        return False
    return True


def start_notice(verdict: bytes) -> None:
    """Show what a guard decided; `verdict` is its JSON. Raises OSError."""
    _start(own_command("notice"), verdict)


def is_owned(state_folder: str, lock: str = ENGINE_LOCK) -> bool:
    """Whether a process owns the engine, as far as this system tells without waiting."""
    if sys.platform == "win32":
        return False  # the round itself finds out
    import fcntl

    try:
        # Not for writing: those who watch would hear of it, and look in their turn.
        file = os.open(os.path.join(state_folder, lock), os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # no locks here
    finally:
        os.close(file)
    return False


def _is_first(marker: str, now: float) -> bool:
    """Whether no round was started within the last minute; from now on one was."""
    try:
        if 0 <= now - os.stat(marker).st_mtime < ROUND_SECONDS:
            return False
    except FileNotFoundError:
        pass
    os.close(open_to_write(marker))
    os.utime(marker, (now, now))
    return True


def _start(command: list[str], data: bytes = b"") -> None:
    """A process of its own: it holds none of our pipes, and outlives us and our terminal. `data` is its input, no
    more than a pipe holds.
    """
    import subprocess

    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    nothing = subprocess.DEVNULL
    given = subprocess.PIPE if data else nothing
    process = subprocess.Popen(command, stdin=given, stdout=nothing, stderr=nothing, **apart)
    if process.stdin is not None:
        process.stdin.write(data)
        process.stdin.close()
    process.returncode = 0  # it is not ours to wait for: no warning when we end before it
