"""Reads many items in two processes, where that pays off and is possible.

This process reads from the front of the list, a second one from its end, until they meet. The results of the
second come through a pipe, in blocks: to send many small ones alone takes a third of the time that it saves. If it
dies, what is missing is read here: that is slower, and nothing is lost.
"""

from __future__ import annotations

import gc
import marshal
import mmap
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import RawIOBase
from typing import Any, BinaryIO

_LENGTH = struct.Struct("=Q")
_PIPE_BYTES = 1 << 20
_BLOCK_SECONDS = 0.01  # of work: many small results, or a large one
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
            if other.has_announced():
                yield from _missing_results(other.announced(), missing)
        if other is not None:
            yield from _missing_results(other.remaining(), missing)
    for place in list(missing):
        yield place, read(place)


def _missing_results(
    results: Iterable[tuple[int, tuple[Any, ...]]], missing: dict[int, None]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Where they meet, both may have read the same."""
    for place, values in results:
        if place in missing:
            del missing[place]
            yield place, values


class _Meeting:
    """Numbers shared by both processes: the position of each, and the blocks that the second one has announced."""

    def __init__(self, count: int) -> None:
        self._numbers = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")
        self._numbers[1] = count

    def front_comes_to(self, place: int) -> bool:
        """False if the other one was there first."""
        self._numbers[0] = place
        return self._numbers[1] > place

    def end_comes_to(self, place: int) -> bool:
        self._numbers[1] = place
        return self._numbers[0] < place

    def announce(self) -> None:
        """A block is about to be written: whoever reads it now waits for a moment at most."""
        self._numbers[2] += 1

    @property
    def announced(self) -> int:
        return self._numbers[2]


class _OtherReader:
    """The other process, as seen by this one."""

    def __init__(self, meeting: _Meeting, pipe: BinaryIO) -> None:
        self._meeting = meeting
        self._pipe = pipe
        self._received = 0

    def has_come_to(self, place: int) -> bool:
        return not self._meeting.front_comes_to(place)

    def has_announced(self) -> bool:
        """Whether there are results that were not received yet; without a system call."""
        return self._meeting.announced > self._received

    def announced(self) -> list[tuple[int, tuple[Any, ...]]]:
        """The next block of results; empty where the process has ended."""
        self._received += 1
        length = self._pipe.read(_LENGTH.size)
        if len(length) < _LENGTH.size:
            return []
        (size,) = _LENGTH.unpack(length)
        block = self._pipe.read(size)
        if len(block) < size:
            return []
        results: list[tuple[int, tuple[Any, ...]]] = marshal.loads(block)  # noqa: S302 - from our own fork
        return results

    def remaining(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        while block := self.announced():
            yield from block


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
        with open(ours, "rb", closefd=False) as pipe:
            yield None if child < 0 else _OtherReader(meeting, pipe)
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
            results, began = list[tuple[int, tuple[Any, ...]]](), time.monotonic()
            for place in range(count - 1, -1, -1):
                if not meeting.end_comes_to(place):
                    break
                results.append((place, read(place)))
                if (now := time.monotonic()) - began >= _BLOCK_SECONDS:
                    _send(meeting, pipe_file, results)
                    results, began = [], now
            _send(meeting, pipe_file, results)
    finally:
        os._exit(0)


def _send(meeting: _Meeting, pipe: RawIOBase, results: list[tuple[int, tuple[Any, ...]]]) -> None:
    if results:
        block = marshal.dumps(results)
        meeting.announce()
        rest = memoryview(_LENGTH.pack(len(block)) + block)
        while rest:
            rest = rest[pipe.write(rest) or 0 :]
