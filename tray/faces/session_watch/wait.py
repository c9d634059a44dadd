"""Waits for the time of the next look, a key, another size of the terminal, or the end of who reads."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING

from tray.faces.bars.changes import PeerGone

if TYPE_CHECKING:
    from collections.abc import Callable

_STEP_SECONDS = 0.2


def wait(
    seconds: float, reader: int | None, keys: int | None = None, resized: Callable[[], bool] = lambda: False
) -> None:
    """Ends early where a key was pressed, or the terminal has another size. `reader` is our stdout: raises
    PeerGone where nobody reads it any more.
    """
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0 and not resized():
        if not hasattr(select, "poll"):  # Windows, where none of them can be waited for
            time.sleep(min(left, _STEP_SECONDS))
            continue
        poll = select.poll()
        if reader is not None:
            poll.register(reader, 0)
        if keys is not None:
            poll.register(keys, select.POLLIN)
        found = dict(poll.poll(min(left, _STEP_SECONDS) * 1000))
        if reader is not None and found.get(reader, 0) & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
            raise PeerGone
        if keys in found:
            return
