"""Whether a process still runs."""

from __future__ import annotations

import os
import sys


def is_running(pid: int) -> bool:
    """Also one of another user, and one that has ended but was not waited for yet."""
    if sys.platform == "win32":  # where a signal 0 ends it
        import psutil

        return bool(psutil.pid_exists(pid))
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is not ours, or it has no such number
        return pid < 1 << 31
    return True
