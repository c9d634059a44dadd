"""Combines the rollouts of all homes: each billed response once, with its time and its model.

A response is logged up to three times: by its token_usage_record, by one or more token_counts, and again by
every copy of either in a fork, a subagent or an archived twin. A `Rollout` has everything it contains; only
here, with all of them available, is it decided what was billed. The result does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from operator import attrgetter

from msgspec import Struct

from providers.codex.logs.rollout import (
    Base,
    Rollout,
    Terms,
    TokenEvent,
    Tokens,
    added,
    born_at,
    turn_is_real,
)
from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.logs import stable_hash

# A fork of Codex 0.89-0.98 writes its copies at once: at most this long after the file's first line.
_COPYING_MS = 150


class _Turn(Struct, frozen=True, gc=False):
    """What a rollout's terms mean, evaluated once for all lines that share them.

    `real` is the turn's id where it is a real one, `copied_at` the time of the turn if it is older than the
    thread, and `recorded` whether some rollout has records of it.
    """

    real: str | None
    copied_at: int | None
    recorded: bool
    context: Context


class _Claim(Struct, frozen=True, gc=False):
    """One rollout's claim on a response."""

    foreign: bool
    at: int
    usage: Tokens
    context: Context

    def rank(self) -> tuple[bool, int, str, str, str]:
        """Of several claims on the same, the lowest gives time and model."""
        context = self.context
        setting = context.model, context.effort
        return self.foreign, self.at, repr(setting), str(context.home), str(context.session)


def resolve(rollouts: Sequence[Rollout]) -> list[BilledResponse]:
    """Each billed response of all rollouts, oldest first."""
    family = _Family(rollouts)
    best: dict[Hashable, _Claim] = {}
    for rollout in rollouts:
        turns = [_turn(rollout, terms, family) for terms in rollout.terms]
        for claims in (_recorded(rollout, turns), _counted(rollout, turns, family)):
            for key, claim in claims:
                held = best.setdefault(key, claim)
                if held is not claim and claim.rank() < held.rank():
                    best[key] = claim
    responses = [_billed(key, claim) for key, claim in best.items()]
    return sorted(responses, key=attrgetter("at_ms", "key"))


def _turn(rollout: Rollout, terms: Terms, family: _Family) -> _Turn:
    turn, setting = terms.turn, terms.setting
    if turn is not None and not terms.of_turn:
        # The record of a compaction stands before the turn_context of its own turn.
        setting = rollout.settings.get(turn, setting)
    real = turn if turn_is_real(turn) else None
    copied_at = None if real is None else _copied_at(rollout, real)
    context = Context(
        home=rollout.home,
        model=setting[0],
        session=rollout.thread,
        root=rollout.root,
        project=rollout.project,
        effort=setting[1],
        tier=terms.tier,
        originator=rollout.originator,
    )
    return _Turn(real, copied_at, family.has_record(rollout, turn), context)


def _recorded(rollout: Rollout, turns: Sequence[_Turn]) -> Iterator[tuple[Hashable, _Claim]]:
    for record in rollout.records:
        if any(record.usage):  # an answer without usage was not billed
            turn = turns[record.terms]
            at = record.at if record.own or turn.copied_at is None else turn.copied_at
            yield record.key, _Claim(not record.own, at, record.usage, turn.context)


def _counted(rollout: Rollout, turns: Sequence[_Turn], family: _Family) -> Iterator[tuple[Hashable, _Claim]]:
    if all(turn.recorded and turn.real is not None for turn in turns):
        return
    alike: dict[Hashable, int] = {}
    for event, total in rollout.totals():
        turn = turns[event.terms]
        if turn.recorded and turn.real is not None:
            continue
        usage = family.usage(rollout, event, total)
        if usage is None:
            continue
        same = (turn.real, total, event.last)
        number = alike[same] = alike.get(same, -1) + 1
        if turn.recorded:
            continue
        if turn.real is not None:
            copied = turn.copied_at is not None
            at = event.at if turn.copied_at is None else turn.copied_at
            yield (*same, number), _Claim(copied, at, usage, turn.context)
        elif not family.has_original(rollout, event, total):
            orphan = family.has_lost(rollout) and event.at <= rollout.began_at + _COPYING_MS
            owner = rollout.parents if orphan else rollout.thread
            yield (owner, total, event.last, number), _Claim(False, event.at, usage, turn.context)


def _billed(key: Hashable, claim: _Claim) -> BilledResponse:
    whole, cached, written, output, reasoning = claim.usage
    fresh = max(0, whole - cached - written)
    usage = TokenUsage(fresh, cached, written, 0, output, reasoning)  # by position: there are very many
    return BilledResponse(claim.at, _hashed(key), claim.context, usage)


def _hashed(key: Hashable) -> int:
    """Sets come sorted. A record's key is a hash already."""
    if isinstance(key, int):
        return key
    parts = key if isinstance(key, tuple) else (key,)
    plain = [sorted(part) if isinstance(part, frozenset) else part for part in parts]
    return stable_hash(repr(plain).encode())


def _copied_at(rollout: Rollout, turn: str) -> int | None:
    """The time of the turn, if it is older than its thread: forks re-stamp what they copy."""
    if not rollout.parents:
        return None
    turn_at, thread_at = born_at(turn), born_at(rollout.thread)
    return turn_at if turn_at is not None and thread_at is not None and turn_at < thread_at else None


class _Family:
    """How the threads of all rollouts are related."""

    def __init__(self, rollouts: Iterable[Rollout]) -> None:
        self._of: dict[str, list[Rollout]] = {}
        self._recorded: set[str | tuple[str, str | None]] = set()
        self._ancestors: dict[frozenset[str], frozenset[str]] = {}
        self._first_seen: dict[str, dict[tuple[Tokens, Tokens], int]] = {}
        for rollout in rollouts:
            self._of.setdefault(rollout.thread, []).append(rollout)
            for place in {record.terms for record in rollout.records}:
                turn = rollout.terms[place].turn
                if turn is not None:
                    self._recorded.add(_turn_key(rollout, turn))

    def has_record(self, rollout: Rollout, turn: str | None) -> bool:
        return turn is not None and _turn_key(rollout, turn) in self._recorded

    def has_lost(self, rollout: Rollout) -> bool:
        """True when the rollout of an ancestor no longer exists."""
        return any(thread not in self._of for thread in self._ancestors_of(rollout))

    def has_original(self, rollout: Rollout, event: TokenEvent, total: Tokens) -> bool:
        """True when an ancestor counted the same before this rollout began: then the event is a copy."""
        same = (total, event.last)
        return any(
            self._seen_in(thread).get(same, rollout.began_at + 1) <= rollout.began_at
            for thread in self._ancestors_of(rollout)
        )

    def usage(self, rollout: Rollout, event: TokenEvent, total: Tokens) -> Tokens | None:
        """What a token_count added; the counters of a rollout's first one may continue those of its base."""
        if event.opening and rollout.base is not None and rollout.counters_go_on:
            if rollout.base.thread not in self._of:
                return None  # it may hold any part of the base's use
            return added(self._counters_at(rollout.base), total, event.last)
        if isinstance(event.usage, bool):
            return event.last if event.usage else None
        return event.usage

    def _counters_at(self, base: Base | None) -> Tokens | None:
        visited: set[str] = set()
        while base is not None and base.thread in self._of and base.thread not in visited:
            visited.add(base.thread)
            rollout = max(self._of[base.thread], key=lambda twin: len(list(twin.totals())))
            before = [
                (event.ordinal, total)
                for event, total in rollout.totals()
                if event.ordinal is not None and event.ordinal < base.ordinals
            ]
            forgot = [ordinal for ordinal in rollout.forgets if ordinal < base.ordinals]
            if before:
                newest, total = before[-1]
                return None if forgot and forgot[-1] > newest else total
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

    def _seen_in(self, thread: str) -> dict[tuple[Tokens, Tokens], int]:
        seen = self._first_seen.get(thread)
        if seen is None:
            seen = self._first_seen[thread] = {}
            for rollout in self._of.get(thread, ()):
                for event, total in rollout.totals():
                    same = (total, event.last)
                    seen[same] = min(event.at, seen.get(same, event.at))
        return seen


def _turn_key(rollout: Rollout, turn: str | None) -> str | tuple[str, str | None]:
    return turn if turn is not None and turn_is_real(turn) else (rollout.thread, turn)
