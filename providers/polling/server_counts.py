"""What servers counted, as they were last asked: a small file for each account, in the state folder.

A server is asked by a person's wish alone, and not again for a session that has not grown since. Days are kept
when the server no longer names them. Nothing in these files is trusted, and one that cannot be read is as none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.domain import typed
from providers.domain.limits import CLOCK_SLACK, DayTokens
from providers.domain.scalars import usable
from providers.domain.server_audit import CountedThread, KnownDay, KnownSession
from providers.domain.server_count import ServerAnswer
from providers.host.atomic import write_whole
from providers.host.file_lock import locked
from providers.host.files import read_small
from providers.host.holder import WaitListener
from providers.host.private import make_folder

_SIZE_LIMIT = 1 << 24
_MOST_SESSIONS = 20_000
_MOST_DAYS = 4_000
_LOCK_SECONDS = 90.0
_LARGEST = 10**15


class ServerCounts(Struct, frozen=True, kw_only=True):
    """By the id of the session, and by the day (UTC)."""

    sessions: dict[str, KnownSession] = {}
    days: dict[date, KnownDay] = {}

    def with_days(self, days: Iterable[DayTokens], asked_at: datetime) -> ServerCounts:
        """With what was reported of these days; a newer report of a day stays."""
        found = dict(self.days)
        for each in days:
            if each.day not in found or found[each.day].asked_at <= asked_at:
                found[each.day] = KnownDay(tokens=each.tokens, asked_at=asked_at)
        newest = sorted(found)[-_MOST_DAYS:]
        return replace(self, days={day: found[day] for day in newest})

    def with_answer(
        self, answer: ServerAnswer, threads: Mapping[str, CountedThread], now: datetime
    ) -> ServerCounts:
        """With what was answered about these threads at `now`."""
        found = dict(self.sessions)
        for session in (*answer.sessions, *answer.unknown):
            use = threads[session].use
            found[session] = KnownSession(
                use=answer.sessions.get(session),
                asked_at=now,
                counted_tokens=use.whole.tokens,
                last_at=use.last_at or now,
            )
        newest = sorted(found, key=lambda each: found[each].asked_at)[-_MOST_SESSIONS:]
        return replace(self, sessions={each: found[each] for each in newest}).with_days(answer.days, now)


class ServerCountStore:
    """`waiting` hears for whom it waits."""

    def __init__(self, folder: Path, waiting: WaitListener | None = None) -> None:
        self._folder = folder
        self._waiting = waiting

    def read(self, account: str, now: datetime) -> ServerCounts:
        """Without anything that only a clock that was ahead can have written."""
        try:
            found = typed.json_decode(read_small(self.file_of(account), _SIZE_LIMIT), ServerCounts)
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
            return ServerCounts()
        latest = now + CLOCK_SLACK
        return ServerCounts(
            sessions={name: each for name, each in found.sessions.items() if _is_sound(each, latest)},
            days={day: each for day, each in found.days.items() if _is_sound_day(each, latest)},
        )

    def save(self, account: str, counts: ServerCounts) -> None:
        """Raises OSError."""
        write_whole(self.file_of(account), msgspec.json.encode(counts))

    @contextmanager
    def asking(self, account: str) -> Iterator[None]:
        """One process at a time; raises OSError where the folder cannot be written, and LockHeld."""
        make_folder(self._folder)
        path = self.file_of(account).with_suffix(".lock")
        with locked(path, _LOCK_SECONDS, "asking the server what it counted", self._waiting):
            yield

    def file_of(self, account: str) -> Path:
        return self._folder / f"server-counts-{account}.json"


def _is_sound(known: KnownSession, latest: datetime) -> bool:
    use = known.use
    figures = () if use is None else (use.total_tokens, use.usd)
    return (
        _is_past(known.asked_at, latest)
        and known.last_at.tzinfo is not None
        and usable(known.last_at)
        and all(each is None or 0 <= each <= _LARGEST for each in figures)
    )


def _is_sound_day(known: KnownDay, latest: datetime) -> bool:
    return _is_past(known.asked_at, latest) and 0 <= known.tokens <= _LARGEST


def _is_past(at: datetime, latest: datetime) -> bool:
    return at.tzinfo is not None and usable(at) and at <= latest
