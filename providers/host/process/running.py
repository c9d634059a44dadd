"""Whether a process still runs."""

from __future__ import annotations

import os
import sys

_STAT = 512  # its name has 15 bytes
_ENDED = (b"Z", b"X", b"x")


def is_running(pid: int) -> bool:
    """Also one of another user; on Linux not one that has ended and was not waited for yet."""
    if sys.platform == "win32":  # where a signal 0 ends it
        import psutil

        return bool(psutil.pid_exists(pid))
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                return file.read(_STAT).rpartition(b") ")[2][:1] not in _ENDED
        except (OSError, ValueError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is not ours, or it has no such number
        return pid < 1 << 31
    return True
