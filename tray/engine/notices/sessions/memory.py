"""What one process knows of waits, and of the notices that it shows for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.live import LiveSession
from tray.engine.notices.sessions.kinds import WAIT_KINDS, Kind

SAME = timedelta(seconds=3)
"""By so much may two sources differ about when a wait began: a hook, a log, a CLI's own file."""
KEPT = timedelta(hours=1)
"""How long a wait that is over is remembered: where a status wavers, it comes back."""
UNDATED = timedelta(minutes=1)
"""A wait of which nobody says when it began is the one that was seen so long ago."""
MOST = 512


class Wait(Struct, frozen=True, kw_only=True):
    """One wait of a session: `since` and `tool` as far as known. It was first seen at `first_at`, last at
    `last_at`; `number` tells it from all others. `is_done` where it had its notice, or needs none.
    """

    number: int
    kind: Kind
    since: datetime | None
    tool: str | None
    first_at: datetime
    last_at: datetime
    is_done: bool = False


class SessionMemory(Struct, frozen=True, kw_only=True):
    """The process began at `since`. `waits` are the newest of each session, by its key; `on_screen` what each
    notice is about, by its key: the sessions with the numbers of their waits. `count` waits were numbered.
    """

    since: datetime
    waits: Mapping[str, Wait] = MappingProxyType({})
    on_screen: Mapping[str, Mapping[str, int]] = MappingProxyType({})
    count: int = 0


def with_waits(memory: SessionMemory, waiting: Mapping[str, LiveSession], now: datetime) -> SessionMemory:
    """With those that wait now, by their keys."""
    count, waits = memory.count, dict(memory.waits)
    for key, session in waiting.items():
        before, found = waits.get(key), _wait_of(session, memory.since, now, count + 1)
        if before is not None and _is_same(before, found):
            found = replace(
                before,
                first_at=min(before.first_at, now),  # the clock may have been set back
                last_at=now,
                tool=found.tool or before.tool,
                since=before.since or found.since,
            )
        else:
            count += 1
        waits[key] = found
    return replace(memory, waits=_without_old(waits, now), count=count)


def still_shown(memory: SessionMemory, waiting: Iterable[str]) -> dict[str, Mapping[str, int]]:
    """The notices about a wait that is not over, each with those."""
    numbers = {key: memory.waits[key].number for key in waiting}
    left = {
        key: {each: number for each, number in about.items() if numbers.get(each) == number}
        for key, about in memory.on_screen.items()
    }
    return {key: about for key, about in left.items() if about}


def _wait_of(session: LiveSession, began: datetime, now: datetime, number: int) -> Wait:
    """One that is older than this process needs no notice: it had one, or the person who started us saw it."""
    status = session.status
    return Wait(
        number=number,
        kind=WAIT_KINDS[status.status].name,
        since=status.since,
        tool=status.task.tool if status.task is not None else None,
        first_at=now,
        last_at=now,
        is_done=status.since is not None and status.since < began,
    )


def _without_old(waits: dict[str, Wait], now: datetime) -> dict[str, Wait]:
    kept = {key: wait for key, wait in waits.items() if now - wait.last_at < KEPT}
    if len(kept) <= MOST:
        return kept
    newest = sorted(kept, key=lambda key: kept[key].last_at)[-MOST:]
    return {key: kept[key] for key in newest}


def _is_same(before: Wait, found: Wait) -> bool:
    if before.kind != found.kind or (before.tool and found.tool and before.tool != found.tool):
        return False
    if before.since is not None and found.since is not None:
        return abs(before.since - found.since) <= SAME
    return found.last_at - before.last_at <= UNDATED
