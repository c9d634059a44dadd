"""Reads many items in two processes, where that pays off and is possible.

This process reads from the front of the list, a second one from its end, until they meet. The results of the
second come through a pipe. If it dies, what is missing is read here: that is slower, and nothing is lost.
"""

from __future__ import annotations

import gc
import marshal
import mmap
import os
import select
import signal
import struct
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_LENGTH = struct.Struct("=II")
_PIPE_BYTES = 1 << 20
_CHUNK = 1 << 18
_INTERRUPTS = {signal.SIGINT, signal.SIGTERM}


def pays(weight: int, least: int) -> bool:
    """Whether work of this weight is worth a second process here.

    Forking is safe only where no thread may hold a lock, and not on macOS, whose libraries start their own.
    """
    return (
        weight >= least
        and sys.platform == "linux"
        and threading.active_count() == 1
        and len(os.sched_getaffinity(0)) > 1
    )


_Read = Callable[[int], tuple[Any, ...]]


def read_in_two(
    count: int, read: _Read, fork: Callable[[], int] | None = None
) -> Generator[tuple[int, tuple[Any, ...]]]:
    """The result of `read` for each place 0..count-1, with its place, in any order.

    It must return plain values that `marshal` supports, and share no connection with this process.
    """
    missing = dict.fromkeys(range(count))
    with _other_reader(count, read, fork or os.fork) as other:
        for place in range(count):
            if other is None or other.has_come_to(place):
                break
            del missing[place]
            yield place, read(place)
            yield from _missing_results(other.results(wait=False), missing)
        if other is not None:
            yield from _missing_results(other.results(wait=True), missing)
    for place in list(missing):
        yield place, read(place)


def _missing_results(
    results: Iterator[tuple[int, tuple[Any, ...]]], missing: dict[int, None]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Where they meet, both may have read the same."""
    for place, values in results:
        if place in missing:
            del missing[place]
            yield place, values


class _Meeting:
    """Two numbers shared by both processes: the position of each."""

    def __init__(self, count: int) -> None:
        self._places = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")
        self._places[1] = count

    def front_comes_to(self, place: int) -> bool:
        """False if the other one was there first."""
        self._places[0] = place
        return self._places[1] > place

    def end_comes_to(self, place: int) -> bool:
        self._places[1] = place
        return self._places[0] < place


class _OtherReader:
    """The other process, as seen by this one."""

    def __init__(self, meeting: _Meeting, pipe: int) -> None:
        self._meeting = meeting
        self._pipe = pipe
        self._held = bytearray()

    def has_come_to(self, place: int) -> bool:
        return not self._meeting.front_comes_to(place)

    def results(self, *, wait: bool) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Its results since the last call; with `wait`, all remaining ones."""
        while wait or select.select([self._pipe], [], [], 0)[0]:
            chunk = os.read(self._pipe, _CHUNK)
            if not chunk:
                return
            self._held += chunk
            yield from self._whole()

    def _whole(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        start = 0
        while len(self._held) >= start + _LENGTH.size:
            place, size = _LENGTH.unpack_from(self._held, start)
            end = start + _LENGTH.size + size
            if len(self._held) < end:
                break
            data = self._held[start + _LENGTH.size : end]
            yield place, marshal.loads(data)  # noqa: S302 - from our own fork
            start = end
        del self._held[:start]


@contextmanager
def _other_reader(count: int, read: _Read, fork: Callable[[], int]) -> Iterator[_OtherReader | None]:
    """None if the system cannot create a process."""
    import fcntl

    try:
        meeting = _Meeting(count)
        ours, theirs = os.pipe()
    except OSError:
        yield None
        return
    with suppress(OSError):  # faster this way, but not required
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    # An interrupt in between would run the rest of this program twice.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        child = fork()
    except OSError:
        child = -1
    if child == 0:
        _read_from_the_end(meeting, ours, theirs, count, read)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(theirs)
        yield None if child < 0 else _OtherReader(meeting, ours)
    finally:
        os.close(ours)
        if child > 0:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):  # where ended children are reaped automatically
                os.waitpid(child, 0)


def _read_from_the_end(meeting: _Meeting, others: int, pipe: int, count: int, read: _Read) -> None:
    """Never returns, and cleans up nothing: all it has except the pipe is a copy of the other process's."""
    try:
        gc.disable()  # it would touch, and so copy, all shared memory
        os.close(others)  # or a write would block forever if the other process died
        with open(pipe, "wb", buffering=0) as pipe_file:
            for place in range(count - 1, -1, -1):
                if not meeting.end_comes_to(place):
                    break
                data = marshal.dumps(read(place))
                rest = memoryview(_LENGTH.pack(place, len(data)) + data)
                while rest:
                    rest = rest[pipe_file.write(rest) or 0 :]
    finally:
        os._exit(0)
