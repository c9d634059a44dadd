"""The limits that Codex last logged: the newest `rate_limits` in the rollouts, read without a network.

Codex logs them in each `token_count`. Not every such line is new: forks up to 0.150 re-stamp their parent's
lines with the time of the fork, and a line whose counters did not change repeats what is known. A line counts
when its totals or its limits differ from the line before it, in a turn of the file's own thread.
Only the ends of the newest files are read, so this takes milliseconds however large the logs are. For files last
written more than 24 hours ago, the finder's last walk counts, which is at most 5 minutes old.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import floor
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from providers.codex import limits
from providers.codex.logs.format import ROLLOUTS
from providers.codex.logs.rollout import born_at
from providers.codex.logs.wire import (
    LimitsLine,
    LimitWindow,
    RateLimits,
    SessionMeta,
    TokenCountLimits,
    decode_limits,
)
from providers.domain.errors import ProviderError
from providers.domain.limits import RateWindow, Reading
from providers.host.files import open_regular
from providers.ledger.discover import FINDERS, Finders, LogFinder
from providers.source import Question

NEWEST_FILES = 24
HEAD_BYTES = 1 << 18
TAIL_BYTES = (1 << 17, 1 << 20, 1 << 22)
OLDEST = timedelta(days=31)


class _Note(Struct, frozen=True):
    """A new entry; not `sure` when it is the first of what was read, and may repeat one before that."""

    at: datetime
    rate_limits: RateLimits
    sure: bool


class _News(Struct, frozen=True):
    """The newest entry with windows, and the newest one with credits, often the same."""

    windows: _Note | None = None
    credits: _Note | None = None

    @property
    def notes(self) -> list[_Note]:
        return [note for note in (self.windows, self.credits) if note is not None]

    @property
    def at(self) -> datetime | None:
        return max((note.at for note in self.notes), default=None)

    def joined(self, other: _News) -> _News:
        return _News(_newer(self.windows, other.windows), _newer(self.credits, other.credits))


class RolloutLimits:
    """Implements providers.source.Source."""

    id = "rollouts"
    title = "session logs"
    local = True
    rest = timedelta(0)

    def __init__(self, finders: Finders = FINDERS) -> None:
        self._finders = finders

    def is_fallback_for(self, error: ProviderError) -> bool:  # noqa: ARG002 - as every source
        """Reading it costs nothing."""
        return True

    def unavailable(self, question: Question) -> ProviderError | None:  # noqa: ARG002 - as every source
        return None

    def read(self, question: Question) -> Reading | None:
        """The newest trustworthy entry; None where there is none. Windows past their reset are left out."""
        news = _News()
        finder = self._finders.finder(question.home.path, ROLLOUTS)
        for path, changed in _newest_files(finder, question.now):
            if news.at is not None and changed < news.at:
                break  # nothing in a file can be newer than its last write
            news = news.joined(_news_of(path, question))
        return _reading(news, question.now)


def _newest_files(finder: LogFinder, now: datetime) -> Iterator[tuple[Path, datetime]]:
    """Live and archived rollouts, last written first. Compressed ones are a week old and have nothing new."""
    logs = finder.recent(floor((now - OLDEST).timestamp() * 1e9))
    for log in islice((log for log in logs if log.path.endswith(".jsonl")), NEWEST_FILES):
        with suppress(OverflowError, OSError, ValueError):  # a time out of range
            yield Path(log.path), datetime.fromtimestamp(log.mtime_ns / 1e9, UTC)


def _news_of(path: Path, question: Question) -> _News:
    try:
        with open_regular(path) as file:
            return _newest_in(file, question)
    except (OSError, RecursionError):
        return _News()  # the other files may still be read


def _newest_in(file: BinaryIO, question: Question) -> _News:
    size = os.fstat(file.fileno()).st_size
    own = _own_turns(_lines(file.read(HEAD_BYTES)))
    news = _News()
    for length in TAIL_BYTES:
        start = max(0, size - length)
        file.seek(start)
        block = file.read(size - start)
        news = _newest_of(_lines(block if start == 0 else block.partition(b"\n")[2]), own, question)
        # The longest block is accepted as it is: megabytes of other lines rarely precede a mere repeat.
        if start == 0 or (news.notes and all(note.sure for note in news.notes)):
            break
    return news


class _OwnTurns(Struct, frozen=True):
    """How a file's own turns are distinguished from copied ones: `since` is when its thread began.

    `copies` is False for a thread without a parent, whose lines are all its own.
    """

    copies: bool
    since: int | None


def _own_turns(head: Iterator[LimitsLine]) -> _OwnTurns:
    for line in head:
        meta = line.payload
        if isinstance(meta, SessionMeta):
            has_parent = bool(meta.forked_from_id or meta.parent_thread_id or meta.is_subagent)
            return _OwnTurns(has_parent, born_at(meta.id))
    return _OwnTurns(copies=True, since=None)


def _newest_of(lines: Iterator[LimitsLine], own: _OwnTurns, question: Question) -> _News:
    """The last lines that are new."""
    news = _News()
    before: tuple[Any, RateLimits] | None = None
    turn_is_own = not own.copies
    for line in lines:
        payload = line.payload
        if not isinstance(payload, TokenCountLimits):
            if not isinstance(payload, SessionMeta) and payload.turn_id is not None and own.copies:
                begun = born_at(payload.turn_id)
                turn_is_own = begun is not None and own.since is not None and begun >= own.since
            continue
        reported = _account_limits(payload.rate_limits)
        if reported is None:
            continue
        total = payload.total_token_usage
        first, fresh, before = before is None, (total, reported) != before, (total, reported)
        at = line.timestamp
        if fresh and turn_is_own and question.account_since <= at <= question.now + timedelta(minutes=5):
            note = _Note(at, reported, sure=not first)
            news = _News(
                note if reported.has_windows else news.windows,
                note if reported.credits is not None else news.credits,
            )
    return news


def _newer(one: _Note | None, other: _Note | None) -> _Note | None:
    return max((note for note in (one, other) if note), key=lambda note: note.at, default=None)


def _account_limits(raw: Any) -> RateLimits | None:
    """The account's own limits; those with another limit_id are a single model's."""
    try:
        reported = msgspec.convert(raw, RateLimits)
    except msgspec.ValidationError:
        return None
    relevant = reported.has_windows or reported.credits is not None
    return reported if relevant and reported.limit_id in (None, "codex") else None


def _lines(block: bytes) -> Iterator[LimitsLine]:
    """The complete, relevant lines of a block, in order; malformed ones are skipped."""
    for raw in block.split(b"\n")[:-1]:
        line = decode_limits(raw)
        if line is not None:
            yield line


def _reading(news: _News, now: datetime) -> Reading | None:
    """A reading of both entries has one time, that of the windows; older credits are left out."""
    note = news.windows or news.credits
    if note is None:
        return None
    reported = note.rate_limits
    dropped: list[str] = []
    windows: list[RateWindow] = []
    for name, slot in (("primary", reported.primary), ("secondary", reported.secondary)):
        made = _window(slot, now) if slot is not None else None
        if made is not None:
            windows.append(made)
        elif slot is not None:
            dropped.append(f"rate_limits.{name}")
    bought = None
    if news.credits is not None and news.credits.at >= note.at:
        try:
            bought = limits.bought(news.credits.rate_limits.credits)
        except ValueError:
            dropped.append("rate_limits.credits")
    return Reading(
        source=RolloutLimits.id,
        fetched_at=note.at.astimezone(UTC),
        windows=limits.one_of_each([w for w in windows if w.resets_at is None or w.resets_at > now]),
        credits=bought,
        plan=limits.plan(reported.plan_type),
        dropped=tuple(dropped),
    )


def _window(raw: Any, now: datetime) -> RateWindow | None:
    try:
        sent = msgspec.convert(raw, LimitWindow)
    except msgspec.ValidationError:
        return None
    return limits.window(sent.used_percent, sent.window_minutes, sent.resets_at, now)
