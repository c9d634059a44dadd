"""The newest entries with limits in one rollout, found from its end.

Not every entry is new: forks up to 0.150 re-stamp their parent's lines with the time of the fork, and a line whose
counters did not change repeats what is known. One counts when its totals or its limits differ from the one before
it, in a turn of the file's own thread.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import UNSET, Struct, UnsetType

from providers.codex import limits, shapes
from providers.codex.logs.limits_wire import (
    MetaOfLimits,
    TokenCountLimits,
    TurnOfLimits,
    decode_limits,
)
from providers.codex.logs.rollout import born_at
from providers.codex.parts import Parts
from providers.domain.limits import CLOCK_SLACK, Credits, RateWindow
from providers.host.file_ends import newest_first, oldest_first
from providers.host.files import open_regular
from providers.source import Question

HEAD_BYTES = 1 << 18
ENOUGH_BYTES = 1 << 22
"""How far to look beyond an entry for a better one, or for the one that it repeats."""
_OF_LIMIT = frozenset({"primary", "secondary", "credits", "individual_limit"})
_NAMES = frozenset({"limit_id", "limit_name", "plan_type", "normal_model_slug"})
_THREAD = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Note(Struct, frozen=True):
    """What one entry says."""

    at: datetime
    windows: tuple[RateWindow, ...]
    credits: Credits | None
    has_credits: bool
    refuses: bool
    plan: str | None
    dropped: tuple[str, ...]


class Newest(Struct, frozen=True):
    """The newest entry with windows, with credits, with a refusal, and with something that could not be read."""

    windows: Note | None = None
    credits: Note | None = None
    refusal: Note | None = None
    unread: Note | None = None

    @classmethod
    def of(cls, note: Note) -> Newest:
        return cls(
            windows=note if note.windows else None,
            credits=note if note.has_credits else None,
            refusal=note if note.refuses else None,
            unread=note if note.dropped else None,
        )

    @property
    def at(self) -> datetime | None:
        notes = (self.windows, self.credits, self.refusal, self.unread)
        return max((note.at for note in notes if note is not None), default=None)

    def joined(self, other: Newest) -> Newest:
        return Newest(
            _newer(self.windows, other.windows),
            _newer(self.credits, other.credits),
            _newer(self.refusal, other.refusal),
            _newer(self.unread, other.unread),
        )


class _OwnTurns(Struct, frozen=True):
    """How a file's own turns are distinguished from copied ones: `since` is when its thread began.

    `copies` is False for a thread without a parent, whose lines are all its own.
    """

    copies: bool
    since: int | None

    def has(self, turn: str | None) -> bool:
        begun = born_at(turn)
        return begun is not None and self.since is not None and begun >= self.since


def _own_turns(file: BinaryIO, name: str) -> _OwnTurns:
    """From the file's own head; a file whose head is lost is taken for a copy, as old as the id in its name."""
    thread = _THREAD.search(name)
    for text in oldest_first(file, HEAD_BYTES):
        line = decode_limits(text)
        meta = line.payload if line is not None else None
        if isinstance(meta, MetaOfLimits) and (thread is None or meta.id in name):
            return _OwnTurns(meta.has_parent, born_at(meta.id))
    return _OwnTurns(copies=True, since=born_at(thread[0]) if thread else None)


class _Entry(Struct):
    """An entry of which it is not known yet whether it is new; `own` is None until its turn is found."""

    at: datetime
    sent: dict[str, Any]
    content: tuple[Any, Any]
    own: bool | None


class Search:
    """Goes through one file from its end, until the newest entries are found.

    An entry is new if the one before it, which is found next, says something else. In a file with copied entries
    those of a turn count once the beginning of the turn is found, and is the file's own.
    """

    def __init__(self, question: Question, most: int, known_empty: int) -> None:
        """Reads about `most` bytes. The first `known_empty` of the file are known to have no entry."""
        self._question, self._most, self._known_empty = question, most, known_empty
        self._copies = True
        self._newest, self._turn = Newest(), Newest()
        self._later: _Entry | None = None
        self._saw_entries = False
        self.read = 0
        self.bytes_without_entries: int | None = None

    def newest_in(self, path: Path) -> Newest:
        try:
            with open_regular(path) as file:
                return self._search(file, path.name)
        except (OSError, RecursionError):
            return self._newest  # the other files may still be read

    def _search(self, file: BinaryIO, name: str) -> Newest:
        size = file.seek(0, SEEK_END)
        floor = self._known_empty if self._known_empty <= size else 0
        finished = floor
        own = _own_turns(file, name)
        self._copies = own.copies
        for text, place in newest_first(file, floor):
            finished = max(finished, place + len(text) + 1)
            self.read = size - place
            line = decode_limits(text)
            if line is not None and isinstance(line.payload, TokenCountLimits):
                self._take(line.timestamp, line.payload)
            elif line is not None and isinstance(line.payload, TurnOfLimits) and own.copies:
                self._begin(own=own.has(line.payload.turn_id))
            if self._newest.windows is not None or self.read >= self._enough():
                break
        else:
            self.bytes_without_entries = None if self._saw_entries else finished
        if self._newest.windows is None:
            self._settle()
        return self._newest

    def _enough(self) -> int:
        found = self._newest.at is not None or (self._later is not None and self._later.own is not None)
        return min(self._most, ENOUGH_BYTES if found else self._most)

    def _take(self, at: datetime, count: TokenCountLimits) -> None:
        sent = shapes.members(count.rate_limits)
        if sent is None or not _has_values(sent):
            return
        content = (count.total_token_usage, count.rate_limits)
        if self._later is not None and self._later.content != content:
            self._settle()
        self._later = _Entry(at, sent, content, own=None if self._copies else True)
        self._saw_entries = True

    def _begin(self, *, own: bool) -> None:
        """The entries from here to the next turn belong to this one."""
        if own:
            self._newest = self._newest.joined(self._turn)
        self._turn = Newest()
        if self._later is not None and self._later.own is None:
            self._later.own = own

    def _settle(self) -> None:
        """The last entry found is new: the one before it says something else, or there is none."""
        entry, self._later = self._later, None
        if entry is None or entry.own is False:
            return
        latest = self._question.now + CLOCK_SLACK
        if self._question.account_since <= entry.at <= latest:
            newest = Newest.of(_noted(entry.sent, entry.at.astimezone(UTC)))
            if entry.own:
                self._newest = self._newest.joined(newest)
            else:
                self._turn = self._turn.joined(newest)


def _has_values(sent: dict[str, Any]) -> bool:
    """Of a response without headers 0.171 logs an object with all members null."""
    if not limits.is_of_account(sent.get("limit_id"), sent.get("limit_name")):
        return False
    return any(value for key, value in sent.items() if key not in _NAMES)


def _noted(sent: dict[str, Any], at: datetime) -> Note:
    name = "rate_limits"
    parts = Parts(at)
    slots = parts.slots(name, sent)
    windows = [*(slots.windows if slots else ()), *parts.others(name, sent, _OF_LIMIT, own=True)]
    if (raw := sent.get("individual_limit")) is not None:
        cap = parts.cap(f"{name}.individual_limit", raw)
        windows += [cap] if cap else []
    flags = shapes.refusal(sent)
    held = sent.get("credits")
    bought = parts.credits(f"{name}.credits", UNSET if held is None else held, usable=not flags.credits_spent)
    return Note(
        at=at,
        windows=tuple(windows),
        credits=None if isinstance(bought, UnsetType) else bought,
        has_credits=not isinstance(bought, UnsetType),
        refuses=flags.reached is True,
        plan=limits.plan(sent.get("plan_type")),
        dropped=parts.dropped,
    )


def _newer(one: Note | None, other: Note | None) -> Note | None:
    return max((note for note in (one, other) if note), key=lambda note: note.at, default=None)
