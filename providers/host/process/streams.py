"""Several outputs of a child read as they come, each wait with an end.

Where a pipe can be waited for no thread is needed; Windows cannot, so there each pipe has a thread, and `close`
sees them end.
"""

from __future__ import annotations

import os
import queue
import selectors
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Protocol

_CHUNK = 1 << 16
_LAST_SECONDS = 1.0

Chunk = tuple[str, bytes]
"""The name of an output and some bytes of it; no bytes mean its end."""


class Streams(Protocol):
    """Named outputs of one child."""

    @property
    def open(self) -> bool:
        """Whether any of them may still produce output."""

    def next(self, seconds: float) -> Chunk | None:
        """The next chunk, or None if none came in time or all have ended."""

    def close(self) -> None:
        """Stop reading; no thread is left."""


def streams_of(files: Mapping[str, IO[bytes]]) -> Streams:
    """The implementation for this system."""
    return ThreadedStreams(files) if sys.platform == "win32" else PolledStreams(files)


class PolledStreams:
    """Implements Streams where the system tells which pipe is ready."""

    def __init__(self, files: Mapping[str, IO[bytes]]) -> None:
        self._selector = selectors.DefaultSelector()
        self._ready: list[selectors.SelectorKey] = []
        for name, file in files.items():
            self._selector.register(file, selectors.EVENT_READ, name)

    @property
    def open(self) -> bool:
        return bool(self._selector.get_map())

    def next(self, seconds: float) -> Chunk | None:
        if not self._ready and self.open:
            self._ready = [key for key, _ in self._selector.select(max(seconds, 0))]
        if not self._ready:
            return None
        key = self._ready.pop()
        try:
            data = os.read(key.fd, _CHUNK)
        except OSError:  # raised by a terminal whose other side is closed
            data = b""
        if not data:
            self._selector.unregister(key.fileobj)
        return key.data, data

    def close(self) -> None:
        self._ready = []
        self._selector.close()


class ThreadedStreams:
    """Implements Streams with a thread for each pipe; they end with the pipes, which end with the child."""

    def __init__(self, files: Mapping[str, IO[bytes]]) -> None:
        self._chunks: queue.Queue[Chunk] = queue.Queue(maxsize=64)
        self._left = len(files)
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._read, args=(name, file), daemon=True)
            for name, file in files.items()
        ]
        for thread in self._threads:
            thread.start()

    @property
    def open(self) -> bool:
        return self._left > 0

    def next(self, seconds: float) -> Chunk | None:
        if not self.open:
            return None
        try:
            name, data = self._chunks.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None
        self._left -= not data
        return name, data

    def close(self) -> None:
        self._stopped = True
        for thread in self._threads:
            thread.join(_LAST_SECONDS)

    def _read(self, name: str, file: IO[bytes]) -> None:
        data = b"-"
        while data and not self._stopped:
            data = b""
            with suppress(OSError, ValueError):  # closed under our hands
                data = os.read(file.fileno(), _CHUNK)
            self._put((name, data))

    def _put(self, chunk: Chunk) -> None:
        while not self._stopped:
            with suppress(queue.Full):
                self._chunks.put(chunk, timeout=0.1)
                return
