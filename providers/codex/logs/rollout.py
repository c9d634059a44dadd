"""The usage in one rollout, as its reader returns it and as `resolve` evaluates it."""

# Annotations are no strings here: see `wire`.

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Raw, Struct

from providers.domain.typed import msgpack_decoder

# Input, cached, cache_write, output, reasoning, as logged: cached and cache_write are parts of input.
# Its total_tokens is left out: after an overflow it is set to the size of the context window, and nothing else is.
Tokens = tuple[int, int, int, int, int]

# Model and effort, as a turn_context sets them.
Setting = tuple[str | None, str | None]

NOTHING: Tokens = (0, 0, 0, 0, 0)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Terms(Struct, frozen=True, array_like=True):
    """What applied when a line was written; many lines share it.

    `of_turn` is whether the setting was made for this very turn, and not for an earlier one.
    """

    turn: str | None
    setting: Setting
    of_turn: bool
    tier: str | None


# There are tens of thousands of these two, so they are made by position.


class Record(Struct, frozen=True, array_like=True, gc=False):
    """A token_usage_record: one billed response. `own` is False for a copy in another thread's rollout.

    `at` is in epoch ms, `terms` an index into the rollout's.
    """

    key: int
    at: int
    own: bool
    usage: Tokens
    terms: int


class Message(Struct, frozen=True, array_like=True, gc=False):
    """A message of the person: when its line was written (epoch ms); in a fork also when it was sent, if its id or
    that of its turn tells.

    `key` is equal for all copies; None where there is no id, up to 0.98.
    """

    key: int | None
    at: int
    sent_at: int | None


class TokenEvent(Struct, frozen=True, array_like=True, gc=False):
    """A token_count. `total` is None where it is that of the one before it plus `last`, as in nearly all.

    `usage` is what it added as far as its own rollout shows: nothing (False), `last` (True), or something else.
    `opening` marks the first of a rollout: only a base thread has the counters before it.
    """

    at: int
    ordinal: int | None
    total: Tokens | None
    last: Tokens
    usage: Tokens | bool
    opening: bool
    terms: int


RECORDS = msgpack_decoder(list[Record])
EVENTS = msgpack_decoder(list[TokenEvent])


class Base(Struct, frozen=True, kw_only=True, array_like=True):
    """The thread, or segment of one, whose first `ordinals` lines a fork by reference continues."""

    thread: str
    ordinals: int


class ModelContext(Struct, frozen=True, array_like=True):
    """What turns ran with, from the turn_context at `ordinal` on.

    Models with another `comp_hash` cannot read each other's compacted history. `window` is the model's, in tokens.
    """

    ordinal: int | None
    model: str
    comp_hash: str | None
    window: int | None


class Compaction(Struct, frozen=True, array_like=True):
    """A record, by its index, of a response that summed up the history before its turn's context was written.

    `model` and `comp_hash` are those of the turn before, where they were noted; `contexts` is the number of the
    rollout's contexts before it, and `window` that of its turn's model.
    """

    record: int
    model: str | None
    comp_hash: str | None
    contexts: int
    window: int | None


class Rollout(Struct, frozen=True, kw_only=True):
    """All usage in one rollout; `began_at` in epoch ms.

    `segment` is set for one that Codex began when the thread was reverted (0.171): forks of it name that id.
    `root` is the thread that the user started, `settings` are those of each turn and `first_setting` the earliest.
    `events` are encoded, as those of most rollouts are not needed: their records have the same. `forgets` has the
    ordinals of token_counts that reset the counters; `counters_go_on` is whether a fork by this version of Codex
    continues its base's counters.
    """

    home: Path
    thread: str
    segment: str | None
    root: str | None
    project: str | None
    originator: str | None
    account: str | None
    parents: frozenset[str]
    base: Base | None
    counters_go_on: bool
    began_at: int
    first_setting: Setting
    settings: dict[str, Setting]
    contexts: list[ModelContext]
    compactions: list[Compaction]
    terms: list[Terms]
    records: list[Record]
    events: Raw
    forgets: list[int]

    @property
    def file(self) -> str:
        """What a fork names it by."""
        return self.segment or self.thread

    def totals(self) -> Iterator[tuple[TokenEvent, Tokens]]:
        """The token_counts with their totals."""
        return totals(EVENTS.decode(self.events))


def totals(events: Iterable[TokenEvent]) -> Iterator[tuple[TokenEvent, Tokens]]:
    """Each token_count with its total, which most do not store."""
    total = NOTHING
    for event in events:
        total = plus(total, event.last) if event.total is None else event.total
        yield event, total


def plus(total: Tokens, last: Tokens) -> Tokens:
    return (
        total[0] + last[0],
        total[1] + last[1],
        total[2] + last[2],
        total[3] + last[3],
        total[4] + last[4],
    )


def minus(total: Tokens, last: Tokens) -> Tokens:
    return (
        total[0] - last[0],
        total[1] - last[1],
        total[2] - last[2],
        total[3] - last[3],
        total[4] - last[4],
    )


def added(previous: Tokens | None, total: Tokens, last: Tokens) -> Tokens | None:
    """The usage of a token_count from the counters before it; None if it repeats them or resets them to 0."""
    if total in (previous, NOTHING):
        return None
    if previous is None or total == last:
        return last
    difference = minus(total, previous)
    return last if min(difference) < 0 else difference


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def turn_is_real(turn: str | None) -> bool:
    """False for None, and for the ids of migrated rollouts ("rollout-5"), which are not unique."""
    return turn is not None and _UUID.fullmatch(turn) is not None


def born_at(id_: str | None) -> int | None:
    """When a UUIDv7 was created, in epoch ms; None for any other id."""
    if id_ is None or not turn_is_real(id_) or id_[14] != "7":
        return None
    return int(id_[:8] + id_[9:13], 16)
