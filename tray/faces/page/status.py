"""How fresh the page is: when limits were read and logs counted, and when limits are read next. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tray.engine import published
from tray.engine.iso_time import epoch
from tray.engine.refresh_policy import REFRESH
from tray.faces.page.data import PageData
from tray.view import format as fmt
from tray.view import words

_DUE = timedelta(seconds=30)
_FIRST = "Counting all logs, the newest first:"
_GROWS = "The figures grow until it is done."


class PageStatus(Struct, frozen=True, kw_only=True):
    """`lines` are sentences; `cadence` is how often limits are read, as it was chosen. `counting` is what a count
    does, before its share, `grows` what that means for the figures, and `waits` for whom it waits.
    """

    lines: tuple[str, ...]
    cadence: str
    counting: str = "Counting new log lines:"
    grows: str = ""
    waits: str = ""


def status_of(data: PageData) -> PageStatus:
    chosen = data.scope.settings().get(REFRESH)
    names = REFRESH.menu.names() if REFRESH.menu is not None and REFRESH.menu.names is not None else {}
    status = PageStatus(
        lines=tuple(_lines(data)), cadence=names.get(chosen, chosen), waits=data.count.waits or ""
    )
    return replace(status, counting=_FIRST, grows=_GROWS) if data.count.is_first else status


def _lines(data: PageData) -> Iterator[str]:
    try:
        read = _read(data.usage)
    except published.DAMAGED:
        read = []
    if read:
        newest = max(at for at, _ in read)
        yield f"Limits updated {fmt.age(data.now - newest)}, {_next(data, read)}."
    else:
        yield "Limits have not been read yet."
    if data.count.counted_at is not None:
        yield f"Logs counted {fmt.age(data.now - data.count.counted_at)}."


def _next(data: PageData, read: list[tuple[datetime, timedelta]]) -> str:
    at = min(at + every for at, every in read)
    if at - data.now < _DUE:
        return "next refresh soon"
    return f"next refresh {words.soon(at, data.now, data.zone)}"


def _read(usage: dict[str, Any] | None) -> list[tuple[datetime, timedelta]]:
    """When the limits of each account were last read, and how often they are."""
    return [
        (datetime.fromtimestamp(max(times), UTC), timedelta(seconds=account["refresh_seconds"]))
        for account in (usage or {}).get("providers", [])
        if (times := [epoch(window["fetched_at"]) for window in account["windows"]])
    ]
