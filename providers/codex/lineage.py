"""What the rollouts of all homes say together: each billed response once, with its time and its model.

One response is told up to three times: by its token_usage_record, by one or more token_counts, and again by
every copy of either in a fork, a subagent or an archived twin. Rollouts say what they hold (`Rollout`); only
here, with all of them at hand, is it decided what was billed. The outcome does not depend on their order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct

from providers.models import BilledResponse, TokenUsage

# Input, cached, cache_write, output, reasoning, as the wire has them: cached and cache_write lie within input.
# Its total_tokens is left out: after an overflow it is set to the size of the context window, and nothing else is.
Tokens = tuple[int, int, int, int, int]

# Model and effort, as a turn_context sets them.
Setting = tuple[str | None, str | None]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOTHING: Tokens = (0, 0, 0, 0, 0)

# A fork of Codex 0.89-0.98 writes its copies in one go: this long after the file's first line at most.
_COPYING = 0.150


class Record(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A token_usage_record: one billed response. `own` is False for a copy in another thread's rollout."""

    key: bytes
    at: float
    turn: str | None
    own: bool
    usage: Tokens
    setting: Setting
    setting_is_of_turn: bool
    tier: str | None


class TokenEvent(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A token_count. `usage` is what it added for all its own rollout can tell, None when nothing.

    `opening` marks the first of a rollout: what stood on the counters before it only a base thread knows.
    """

    at: float
    turn: str | None
    ordinal: int | None
    total: Tokens
    last: Tokens
    usage: Tokens | None
    opening: bool
    setting: Setting
    setting_is_of_turn: bool
    tier: str | None


class Base(Struct, frozen=True, kw_only=True, array_like=True):
    """The thread whose first `ordinals` lines a fork by reference goes on from."""

    thread: str
    ordinals: int


class Rollout(Struct, frozen=True, kw_only=True):
    """All that one rollout tells of use.

    `root` is the thread that the person started and `settings` what each turn was set to. `forgets` has the
    ordinals of token_counts that forgot the counters; `counters_go_on` tells whether a fork by this version of
    Codex continues its base's counters.
    """

    home: Path
    thread: str
    root: str | None
    project: str | None
    originator: str | None
    parents: frozenset[str]
    base: Base | None
    counters_go_on: bool
    began_at: float
    settings: dict[str, Setting]
    records: tuple[Record, ...]
    events: tuple[TokenEvent, ...]
    forgets: tuple[int, ...]


class _Claim(Struct, frozen=True, gc=False):
    """One rollout's word on a response. Of several on the same, the lowest `rank` gives time and model."""

    rank: tuple[int, float, str, str, str]
    at: float
    usage: Tokens
    setting: Setting
    tier: str | None
    rollout: Rollout


def added(previous: Tokens | None, total: Tokens, last: Tokens) -> Tokens | None:
    """The usage of a token_count from the counters before it; None when it repeats them or resets them to 0."""
    if total in (previous, _NOTHING):
        return None
    if previous is None or total == last:
        return last
    difference = tuple(now - before for now, before in zip(total, previous, strict=True))
    return last if min(difference) < 0 else difference  # type: ignore[return-value]


def resolve(rollouts: Sequence[Rollout]) -> list[BilledResponse]:
    """Each billed response of all rollouts, oldest first."""
    family = _Family(rollouts)
    best: dict[Hashable, _Claim] = {}
    for rollout in rollouts:
        for key, claim in _claims(rollout, family):
            held = best.get(key)
            if held is None or claim.rank < held.rank:
                best[key] = claim
    responses = [_billed(key, claim) for key, claim in best.items()]
    return sorted(responses, key=lambda response: (response.at, response.key))


def _claims(rollout: Rollout, family: _Family) -> Iterator[tuple[Hashable, _Claim]]:
    for record in rollout.records:
        if any(record.usage):  # an answer without usage was not billed
            copied_at = None if record.own or record.turn is None else _copied_at(rollout, record.turn)
            at = record.at if copied_at is None else copied_at
            yield record.key, _claim(rollout, record, record.usage, at, foreign=not record.own)
    alike: Counter[Hashable] = Counter()
    for event in rollout.events:
        usage = family.opening_usage(rollout, event) if event.opening else event.usage
        if usage is None:
            continue
        turn = event.turn if turn_is_real(event.turn) else None
        same = (turn, event.total, event.last)
        number = alike[same]
        alike[same] += 1
        if family.has_record(rollout, event.turn):
            continue
        if turn is not None:
            copied_at = _copied_at(rollout, turn)
            at = event.at if copied_at is None else copied_at
            yield (*same, number), _claim(rollout, event, usage, at, foreign=copied_at is not None)
        elif not family.has_original(rollout, event):
            orphan = family.has_lost(rollout) and event.at <= rollout.began_at + _COPYING
            owner = rollout.parents if orphan else rollout.thread
            yield (owner, event.total, event.last, number), _claim(rollout, event, usage, event.at)


def _claim(
    rollout: Rollout, said: Record | TokenEvent, usage: Tokens, at: float, *, foreign: bool = False
) -> _Claim:
    setting = said.setting
    if not said.setting_is_of_turn and said.turn is not None:
        # The record of a compaction stands before the turn_context of its own turn.
        setting = rollout.settings.get(said.turn, setting)
    rank = (int(foreign), at, repr(setting), str(rollout.home), rollout.thread)
    return _Claim(rank=rank, at=at, usage=usage, setting=setting, tier=said.tier, rollout=rollout)


def _billed(key: Hashable, claim: _Claim) -> BilledResponse:
    rollout = claim.rollout
    model, effort = claim.setting
    whole, cached, written, output, reasoning = claim.usage
    usage = TokenUsage(
        input_tokens=max(0, whole - cached - written),
        cache_read_tokens=cached,
        cache_write_tokens=written,
        output_tokens=output,
        reasoning_tokens=reasoning,
    )
    at = datetime.fromtimestamp(claim.at, UTC)
    return BilledResponse(
        at=at,
        model=model,
        usage=usage,
        home=rollout.home,
        key=_stable_hash(key),
        session=rollout.thread,
        root=rollout.root,
        project=rollout.project,
        effort=effort,
        tier=claim.tier,
        originator=rollout.originator,
    )


def _stable_hash(key: Hashable) -> int:
    """63 bits that are the same in every process; sets come sorted. A record's key is a hash already."""
    if isinstance(key, bytes):
        return int.from_bytes(key[:8], "big") >> 1
    parts = key if isinstance(key, tuple) else (key,)
    plain = [sorted(part) if isinstance(part, frozenset) else part for part in parts]
    return int.from_bytes(blake2b(repr(plain).encode(), digest_size=8).digest(), "big") >> 1


def turn_is_real(turn: str | None) -> bool:
    """False for none, and for what migrated rollouts invent ("rollout-5"), which other rollouts have too."""
    return turn is not None and _UUID.fullmatch(turn) is not None


def born_at(id_: str) -> float | None:
    """When a UUIDv7 was made; None for any other id."""
    if not turn_is_real(id_) or id_[14] != "7":
        return None
    return int(id_[:8] + id_[9:13], 16) / 1000


def _copied_at(rollout: Rollout, turn: str) -> float | None:
    """When the turn was, if it is older than the thread it stands in: forks re-stamp what they copy."""
    if not rollout.parents:
        return None
    turn_at, thread_at = born_at(turn), born_at(rollout.thread)
    return turn_at if turn_at is not None and thread_at is not None and turn_at < thread_at else None


class _Family:
    """How the threads of all rollouts hang together."""

    def __init__(self, rollouts: Iterable[Rollout]) -> None:
        self._of: dict[str, list[Rollout]] = {}
        self._recorded: set[str | tuple[str, str | None]] = set()
        self._ancestors: dict[frozenset[str], frozenset[str]] = {}
        self._first_seen: dict[str, dict[tuple[Tokens, Tokens], float]] = {}
        for rollout in rollouts:
            self._of.setdefault(rollout.thread, []).append(rollout)
            for record in rollout.records:
                if record.turn is not None:
                    self._recorded.add(_turn_key(rollout, record.turn))

    def has_record(self, rollout: Rollout, turn: str | None) -> bool:
        return turn is not None and _turn_key(rollout, turn) in self._recorded

    def has_lost(self, rollout: Rollout) -> bool:
        """True when an ancestor has no rollout any more."""
        return any(thread not in self._of for thread in self._ancestors_of(rollout))

    def has_original(self, rollout: Rollout, event: TokenEvent) -> bool:
        """True when an ancestor counted the same before this rollout began: then the event is a copy."""
        same = (event.total, event.last)
        return any(
            self._seen_in(thread).get(same, rollout.began_at + 1) <= rollout.began_at
            for thread in self._ancestors_of(rollout)
        )

    def opening_usage(self, rollout: Rollout, event: TokenEvent) -> Tokens | None:
        """The usage of a rollout's first token_count, whose counters go on from those of its base."""
        if rollout.base is None or not rollout.counters_go_on:
            return event.usage
        if rollout.base.thread not in self._of:
            return None  # it may hold any part of the base's use
        return added(self._counters_at(rollout.base), event.total, event.last)

    def _counters_at(self, base: Base | None) -> Tokens | None:
        visited: set[str] = set()
        while base is not None and base.thread in self._of and base.thread not in visited:
            visited.add(base.thread)
            rollout = max(self._of[base.thread], key=lambda twin: len(twin.events))
            before = [event for event in rollout.events if _precedes(event.ordinal, base.ordinals)]
            forgot = [ordinal for ordinal in rollout.forgets if ordinal < base.ordinals]
            if before:
                newest = before[-1].ordinal or 0
                return None if forgot and forgot[-1] > newest else before[-1].total
            if forgot or rollout.base is None or not rollout.counters_go_on:
                return None
            base = Base(thread=rollout.base.thread, ordinals=min(base.ordinals, rollout.base.ordinals))
        return None

    def _ancestors_of(self, rollout: Rollout) -> frozenset[str]:
        known = self._ancestors.get(rollout.parents)
        if known is None:
            found: set[str] = set()
            pending = list(rollout.parents)
            while pending:
                thread = pending.pop()
                if thread not in found:
                    found.add(thread)
                    for relative in self._of.get(thread, ()):
                        pending.extend(relative.parents)
            known = self._ancestors[rollout.parents] = frozenset(found)
        return known - {rollout.thread}

    def _seen_in(self, thread: str) -> dict[tuple[Tokens, Tokens], float]:
        seen = self._first_seen.get(thread)
        if seen is None:
            seen = self._first_seen[thread] = {}
            for rollout in self._of.get(thread, ()):
                for event in rollout.events:
                    same = (event.total, event.last)
                    seen[same] = min(event.at, seen.get(same, event.at))
        return seen


def _precedes(ordinal: int | None, end: int) -> bool:
    return ordinal is not None and ordinal < end


def _turn_key(rollout: Rollout, turn: str | None) -> str | tuple[str, str | None]:
    return turn if turn is not None and turn_is_real(turn) else (rollout.thread, turn)
