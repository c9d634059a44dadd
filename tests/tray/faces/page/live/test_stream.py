"""What a tab hears of the live sessions, and what of them costs nothing once nobody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from msgspec.structs import replace

from tests.tray.faces.page.live.shown import NoTime
from tools.example_sessions import APPROVAL, WORKING
from tray.faces.page.events import Events
from tray.faces.page.live.looks import LiveLooks
from tray.faces.page.live.stream import LiveStream


class Tab:
    """One that shows the ids of all sessions as a section, and a section that never changes."""

    def __init__(self, folder: Path, found: NoTime) -> None:
        self.events = Events("test", rest=0.01)
        self.looks = LiveLooks(found.feed(folder), self.events.wake, found.now, every=0.02)
        self.is_open = False

    def stream(self) -> AsyncIterator[bytes]:
        live = LiveStream(self.looks, self._render)
        return self.events.stream(self.events.generation, self._opened, self._closed, live)

    def _render(self) -> dict[str, str]:
        ids = [each.id for each in self.looks.look().sessions]
        return {"sessions": "<br>\n".join(ids), "same": "x"}

    def _opened(self) -> None:
        self.is_open = True

    def _closed(self) -> None:
        self.is_open = False


def sections(text: bytes) -> dict[str, str]:
    name, data, *rest = text.decode().splitlines()
    assert (name, rest) == ("event: sessions", [""])
    found: dict[str, str] = json.loads(data.removeprefix("data: "))
    return found


def test_a_tab_hears_of_what_changes_alone(tmp_path: Path) -> None:
    found = NoTime(WORKING)

    async def listens() -> None:
        tab = Tab(tmp_path, found)
        async with aclosing(tab.stream()) as stream:  # type: ignore[type-var]
            assert b"retry" in await anext(stream)
            assert sections(await anext(stream)) == {"sessions": WORKING.id, "same": "x"}
            looks = found.looks
            news = asyncio.ensure_future(anext(stream))
            await found.looked(looks + 3)
            assert not news.done()
            found.sessions = (replace(APPROVAL, id="a"), WORKING)
            assert sections(await news) == {"sessions": f"a<br>\n{WORKING.id}"}
            assert (tab.is_open, tab.looks.tabs) == (True, 1)
        assert (tab.is_open, tab.looks.tabs) == (False, 0)
        await asyncio.sleep(0.1)
        ended = found.looks
        await asyncio.sleep(0.1)
        assert found.looks == ended

    asyncio.run(asyncio.wait_for(listens(), 20))


def test_the_end_of_the_page_ends_the_stream(tmp_path: Path) -> None:
    async def listens() -> None:
        tab = Tab(tmp_path, NoTime(WORKING))
        async with aclosing(tab.stream()) as stream:  # type: ignore[type-var]
            await anext(stream)
            tab.events.close()
            assert [each async for each in stream] == []
        assert tab.looks.tabs == 0

    asyncio.run(asyncio.wait_for(listens(), 20))
