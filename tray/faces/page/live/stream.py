"""What a tab that shows live sessions hears of them, beside its other events:

    event: sessions   data: `{"NAME": "HTML"}`, the sections that show them, for the filters of the tab's address

The first one at once, then whenever a look finds what these sections show otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool

from tray.faces.page.live.looks import LiveLooks

Rendered = Mapping[str, str]
"""The HTML of sections, by their names."""


class LiveStream:
    """Of one tab. `render` is called in a thread of its own, and looks."""

    def __init__(self, looks: LiveLooks, render: Callable[[], Rendered]) -> None:
        self._looks = looks
        self._render = render
        self._seen = -1
        self._sent: Rendered = {}

    def opened(self) -> None:
        self._looks.shown()

    def closed(self) -> None:
        self._looks.hidden()

    @property
    def is_due(self) -> bool:
        """Whether there was a look since the last text."""
        return self._looks.number != self._seen

    async def text(self) -> bytes:
        """The event, b"" where nothing else is to be shown."""
        self._seen = self._looks.number
        rendered = await run_in_threadpool(self._render)
        news = {name: html for name, html in rendered.items() if self._sent.get(name) != html}
        self._sent = rendered
        return f"event: sessions\ndata: {json.dumps(news)}\n\n".encode() if news else b""
