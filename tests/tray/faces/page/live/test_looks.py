"""When the page looks at the sessions."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

from providers.domain.live import SessionsLook
from tests.tray.faces.page.live.shown import NoTime
from tools.example_sessions import WORKING
from tray.engine.live.feed import SessionFeed
from tray.engine.live.shared import FILE
from tray.faces.page.live.looks import TOO_SLOW, LiveLooks

EVERY = 0.01


def test_it_looks_again_and_again_while_a_tab_shows_them_and_then_no_more(tmp_path: Path) -> None:
    found, heard = NoTime(WORKING), []

    async def tabs() -> None:
        looks = LiveLooks(found.feed(tmp_path), lambda: heard.append(found.looks), found.now, every=EVERY)
        await asyncio.sleep(5 * EVERY)
        assert found.looks == 0
        looks.shown()
        looks.shown()
        await found.looked(3)
        assert (tmp_path / FILE).exists()
        looks.hidden()
        await found.looked(found.looks + 2)
        looks.hidden()
        await asyncio.sleep(10 * EVERY)
        assert not (tmp_path / FILE).exists()
        ended = found.looks
        await asyncio.sleep(5 * EVERY)
        assert found.looks == ended
        looks.shown()
        await found.looked(ended + 1)
        looks.close()

    asyncio.run(asyncio.wait_for(tabs(), 20))
    assert heard[:3] == [1, 2, 3]


def test_a_page_that_is_only_loaded_shares_no_look(tmp_path: Path) -> None:
    found = NoTime(WORKING)
    assert LiveLooks(found.feed(tmp_path), lambda: None, found.now).look().sessions == (WORKING,)
    assert not (tmp_path / FILE).exists()


def test_a_look_that_hangs_keeps_no_request_waiting(tmp_path: Path) -> None:
    ends = threading.Event()

    def hangs() -> SessionsLook:
        ends.wait(20)
        return SessionsLook(at=now(), sessions=(WORKING,))

    def now() -> datetime:
        return datetime(2026, 11, 20, tzinfo=UTC)

    looks = LiveLooks(SessionFeed(tmp_path, hangs, now), lambda: None, now, look_seconds=0.01)
    assert looks.look().problems == (TOO_SLOW,)
    ends.set()
    while looks.look().problems:
        pass
    assert looks.look().sessions == (WORKING,)
