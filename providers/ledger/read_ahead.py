"""Has the system read the next logs from the disk while the ones before them are parsed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

_FEW = 8  # logs that need nobody to look ahead; where the disk is needed, that is checked after as many
_SELDOM = 64  # where it is not, after twice as many each time, up to these
_AHEAD = 32  # logs: a disk serves many small ones together; of a large one the system reads some megabytes


def _disk_reads() -> Callable[[], int]:
    """How much this process has had read from a disk; not what was in memory already."""
    from resource import RUSAGE_SELF, getrusage  # a millisecond, which few logs are not worth

    return lambda: getrusage(RUSAGE_SELF).ru_inblock


def _will_need(path: str) -> None:
    """Never raises, and does not wait."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_WILLNEED)
    except OSError:
        pass
    finally:
        os.close(file)


class ReadAhead:
    """For so many logs, read in the order of their places, or from the last one on; each has a path.

    Nothing is asked for where the logs are in memory: for each small one that would take a tenth of its time.
    """

    def __init__(
        self,
        count: int,
        path: Callable[[int], str],
        *,
        disk_reads: Callable[[], int] | None = None,
        will_need: Callable[[str], None] = _will_need,
    ) -> None:
        self._count = count
        self._path = path
        self._will_need = will_need
        self._place = self._asked = -1
        self._left = self._each = 1  # logs until the next check
        if count <= _FEW or not hasattr(os, "posix_fadvise"):
            self._left = sys.maxsize
            return
        self._disk_reads = disk_reads or _disk_reads()
        self._known_reads = self._disk_reads()

    def come_to(self, place: int) -> None:
        """The log at this place is read next."""
        self._left -= 1
        if not self._left:
            self._check(place)
        self._place = place

    def _check(self, place: int) -> None:
        reads = self._disk_reads()
        if reads > self._known_reads:
            self._each = _FEW
            self._ask(place, 1 if place > self._place else -1)
        else:  # or in a second process, which starts to count anew
            self._each = min(2 * self._each, _SELDOM)
        self._left, self._known_reads = self._each, reads

    def _ask(self, place: int, step: int) -> None:
        """For those behind this one that were not asked for yet."""
        last = min(max(place + step * _AHEAD, 0), self._count - 1)
        first = place + step
        if self._asked >= 0:
            first = max(first, self._asked + 1) if step > 0 else min(first, self._asked - 1)
        for each in range(first, last + step, step):
            self._will_need(self._path(each))
        self._asked = last
