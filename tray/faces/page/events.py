"""What an open page hears of, as server-sent events:

    event: changed    its numbers may be others; data: the generation of now, as in `data-generation` of the page
    event: progress   how much of a count is done; data: 0-100, empty when it has ended

A tab that shows live sessions hears of them, too (`live.stream`). No more than one of a kind in a second, whatever
happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Protocol

REST_SECONDS = 1.0
HEARTBEAT_SECONDS = 60.0
MOST_STREAMS = 32


class OtherEvents(Protocol):
    """What one stream has beside the events of all. `is_due`: its `text` may be another, b"" where it is not."""

    def opened(self) -> None: ...

    def closed(self) -> None: ...

    @property
    def is_due(self) -> bool: ...

    async def text(self) -> bytes: ...


class Events:
    """For one event loop; `changed` and `progressed` may be called from any thread."""

    def __init__(
        self, name: str, *, rest: float = REST_SECONDS, heartbeat: float = HEARTBEAT_SECONDS
    ) -> None:
        self._name = name
        self._rest = rest
        self._heartbeat = heartbeat
        self._number = 0
        self._progress = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[asyncio.Event] = set()
        self._ended = False

    @property
    def generation(self) -> str:
        """Another for each start of the server."""
        return f"{self._name}-{self._number}"

    @property
    def streams(self) -> int:
        return len(self._streams)

    def changed(self) -> None:
        self._number += 1
        self._wake()

    def progressed(self, share: float | None) -> None:
        """0-1; None when nothing is counted."""
        shown = "" if share is None else f"{int(share * 100)}"
        if shown != self._progress:
            self._progress = shown
            self._wake()

    def wake(self) -> None:
        """What is of one stream alone may be due."""
        self._wake()

    def close(self) -> None:
        """End all streams."""
        self._ended = True
        self._wake()

    async def stream(
        self,
        seen: str,
        opened: Callable[[], None] = lambda: None,
        closed: Callable[[], None] = lambda: None,
        other: OtherEvents | None = None,
    ) -> AsyncIterator[bytes]:
        """The events for a page of the generation `seen`, and those of its own."""
        self._loop = asyncio.get_running_loop()
        news = asyncio.Event()
        self._streams.add(news)
        opened()
        if other is not None:
            other.opened()
        try:
            yield b"retry: 3000\n\n"
            progress = ""
            while not self._ended:
                if text := self._text(seen, progress):
                    seen, progress = self.generation, self._progress
                if other is not None and other.is_due:
                    text += await other.text()
                if text:
                    yield text
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._until_ended(news), self._rest)
                news.clear()
                if self._text(seen, progress) or self._ended or (other is not None and other.is_due):
                    continue
                try:
                    await asyncio.wait_for(news.wait(), self._heartbeat)
                except TimeoutError:
                    yield b":\n\n"
        finally:
            self._streams.discard(news)
            if other is not None:
                other.closed()
            closed()

    def _text(self, seen: str, progress: str) -> bytes:
        generation, text = self.generation, ""
        if seen != generation:
            text += f"event: changed\nid: {generation}\ndata: {generation}\n\n"
        if progress != self._progress:
            text += f"event: progress\ndata: {self._progress}\n\n"
        return text.encode()

    async def _until_ended(self, news: asyncio.Event) -> None:
        while not self._ended:
            news.clear()
            await news.wait()

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for each in self._streams:
            each.set()
