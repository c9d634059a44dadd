"""What was shown, over restarts: notices.json in the state folder, small and readable by its owner alone.

Where the file is damaged, foreign or cannot be read, nothing was shown yet; the silent first look of each process
keeps that from being a flood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import msgspec
from msgspec import Struct

from providers.domain import typed
from providers.domain.limits import LONGEST_RESET
from providers.host.atomic import write_whole
from providers.host.files import read_small
from tray.engine.notices.occasion import OccasionId

FILE = "notices.json"
SCHEMA = "tankful.notices/1"
MOST = 4096
"""Four for each window that runs low: one that is left out is shown again at the next look."""
LARGEST = 1 << 22
LONGEST_MUTE = timedelta(days=32)
_FURTHEST = LONGEST_RESET + timedelta(days=100)
_LONGEST_NAME = 200


class Mark(Struct, frozen=True):
    """One that had its notice, or needs none. `ends` is when its window ends; `cleared` if it was over since."""

    ends: datetime
    cleared: bool = False


Seen = Mapping[OccasionId, Mark]


class Stored(Struct, frozen=True, kw_only=True):
    """What outlives the process."""

    seen: Seen = MappingProxyType({})
    muted_until: datetime | None = None


class _Line(Struct, frozen=True, kw_only=True):
    kind: str
    account: str
    window: str
    ends: datetime
    cleared: bool = False


class _Document(Struct, frozen=True, kw_only=True):
    schema: str = SCHEMA
    muted_until: datetime | None = None
    seen: tuple[_Line, ...] = ()


def load(folder: Path, now: datetime) -> Stored:
    """Never raises."""
    with suppress(OSError, ValueError, RecursionError, msgspec.MsgspecError):
        document = typed.json_decode(read_small(folder / FILE, LARGEST), _Document)
        if document.schema == SCHEMA:
            lines = [line for line in document.seen if _is_plausible(line, now)]
            muted = document.muted_until
            return Stored(
                seen=bounded(
                    {(line.kind, line.account, line.window): Mark(line.ends, line.cleared) for line in lines}
                ),
                muted_until=muted if muted is not None and is_ahead(muted, now) else None,
            )
    return Stored()


def save(folder: Path, stored: Stored) -> None:
    """Raises OSError; the old file stays then."""
    lines = tuple(
        _Line(kind=kind, account=account, window=window, ends=shown.ends, cleared=shown.cleared)
        for (kind, account, window), shown in bounded(stored.seen).items()
    )
    document = _Document(muted_until=stored.muted_until, seen=lines)
    write_whole(folder / FILE, msgspec.json.encode(document))


def bounded(seen: Seen) -> Seen:
    """Those whose windows end last, where there are too many."""
    if len(seen) <= MOST:
        return seen
    kept: Iterable[tuple[OccasionId, Mark]] = sorted(seen.items(), key=lambda item: item[1].ends)[-MOST:]
    return dict(kept)


def _is_plausible(line: _Line, now: datetime) -> bool:
    names = (line.kind, line.account, line.window)
    is_near = line.ends.tzinfo is not None and abs(line.ends - now) <= _FURTHEST
    return is_near and all(len(name) <= _LONGEST_NAME for name in names)


def is_ahead(until: datetime, now: datetime) -> bool:
    """Whether notices are still muted: a mute that a clock has put years ahead is none."""
    return until.tzinfo is not None and now < until <= now + LONGEST_MUTE
