"""The end of a process that hangs, whatever it hangs in: its CLI would wait for ten minutes."""

from __future__ import annotations

import _thread  # threading takes a millisecond to import
import os
import time

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 1.5
_LOG_SECONDS = 0.2


def exit_after(seconds: float, on_expiry: Callable[[], None]) -> None:
    """End this process with 0 after so many seconds, unless it has ended before. `on_expiry` may hang, too."""

    def watch() -> None:
        time.sleep(seconds)
        is_running = _thread.allocate_lock()
        is_running.acquire()

        def run() -> None:
            on_expiry()
            is_running.release()

        _thread.start_new_thread(run, ())
        is_running.acquire(timeout=_LOG_SECONDS)
        os._exit(0)

    try:
        _thread.start_new_thread(watch, ())
    except RuntimeError:  # of a person who may have no more threads; what does not hang needs no deadline
        return
