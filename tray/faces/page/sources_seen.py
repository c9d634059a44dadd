"""What the totals were made of when the page was last open: a new source makes them jump, which is explained once.

A source is a home whose logs are counted, or what a provider reports beyond the lines of its logs. The state
folder has a small file of them with the day on which each was first seen. Those of the first time are not new.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from providers.domain import typed
from providers.host.atomic import write_whole
from providers.host.files import read_small

FILE = "page-sources.json"
NEWS = timedelta(days=1)
"""It is explained on that day and on the next one."""
_SIZE_LIMIT = 1 << 20


class TotalsSource(Struct, frozen=True, order=True):
    """`home` is a label, "" for what is on no line of the provider's logs."""

    provider: str
    home: str = ""


class _Seen(Struct, frozen=True):
    source: TotalsSource
    since: date | None = None


def note(state: Path, sources: Collection[TotalsSource], today: date) -> dict[TotalsSource, date]:
    """Those of the sources that are new, with their day. Never raises: where nothing can be saved, none is new."""
    file = state / FILE
    before = _read(file)
    if not sources:
        return {}
    first_time = before is None
    seen = {each.source: each.since for each in before or ()}
    added = {each: None if first_time else today for each in sources if each not in seen}
    if added:
        try:
            _write(file, {**seen, **added})
        except OSError:
            return {}
    return {
        each: since
        for each, since in sorted({**seen, **added}.items())
        if each in sources and since is not None and timedelta(0) <= today - since <= NEWS
    }


def _read(file: Path) -> list[_Seen] | None:
    """None where there is none, or none that can be read."""
    with suppress(OSError, ValueError, msgspec.MsgspecError):
        return typed.json_decode(read_small(file, _SIZE_LIMIT), list[_Seen])
    return None


def _write(file: Path, seen: dict[TotalsSource, date | None]) -> None:
    """Raises OSError."""
    content = [_Seen(source, since) for source, since in sorted(seen.items(), key=lambda each: each[0])]
    write_whole(os.fspath(file), msgspec.json.encode(content))
