"""Combines the rollouts of all homes: each billed response once, with its time and its model.

A response is logged up to three times: by its token_usage_record, by one or more token_counts, and again by
every copy of either in a fork, a subagent or an archived twin. A `Rollout` has everything it contains; only
here, with all of them available, is it decided what was billed. The result does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from providers.codex.logs.family import Family
from providers.codex.logs.messages import messages
from providers.codex.logs.observation import decode
from providers.codex.logs.observation import rollout as rollout_of
from providers.codex.logs.rollout import Rollout, Terms, Tokens, born_at, turn_is_real
from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.domain.stable_hash import stable_hash
from providers.logs import Observed, Resolved

_BY_TIME = attrgetter("at_ms", "key")


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

    def rank(self) -> tuple[bool, int, str, str, str, list[int], str]:
        """Of several claims on the same, the lowest gives time and model; no two different ones are equal."""
        context = self.context
        setting = repr((context.model, context.effort))
        most_first = [-count for count in self.usage]
        home, session = str(context.home), str(context.session)
        return self.foreign, self.at, setting, home, session, most_first, repr(context)


def resolve(observed: Sequence[Observed]) -> Resolved:
    """Raises ValueError for an observation of another make."""
    kept = [(each.home, decode(each.observation)) for each in observed]
    return Resolved(billed([rollout_of(*each) for each in kept]), messages(kept))


def billed(rollouts: Sequence[Rollout]) -> list[BilledResponse]:
    """Each billed response of all rollouts, oldest first."""
    family = Family(rollouts)
    best: dict[Hashable, _Claim] = {}
    for rollout in rollouts:
        turns = [_turn(rollout, terms, family) for terms in rollout.terms]
        for claims in (_recorded(rollout, turns, family), _counted(rollout, turns, family)):
            for key, claim in claims:
                held = best.setdefault(key, claim)
                if held is not claim and claim.rank() < held.rank():
                    best[key] = claim
    responses = [_billed(key, claim) for key, claim in best.items()]
    return sorted(responses, key=_BY_TIME)


def _turn(rollout: Rollout, terms: Terms, family: Family) -> _Turn:
    turn, setting = terms.turn, terms.setting
    if turn is not None and not terms.of_turn:
        # The record of a compaction stands before the turn_context of its own turn.
        setting = rollout.settings.get(turn, setting)
    if setting[0] is None:
        setting = rollout.first_setting  # a token_count may stand before the first turn_context
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
        account=rollout.account,
    )
    return _Turn(real, copied_at, family.has_record(rollout, turn, is_real=real is not None), context)


def _recorded(rollout: Rollout, turns: Sequence[_Turn], family: Family) -> Iterator[tuple[Hashable, _Claim]]:
    switched_from = family.switched_from(rollout)
    for number, record in enumerate(rollout.records):
        if any(record.usage):  # an answer without usage was not billed
            turn = turns[record.terms]
            context = turn.context
            if number in switched_from:
                context = replace(context, model=switched_from[number])
            at = record.at if record.own or turn.copied_at is None else turn.copied_at
            yield record.key, _Claim(not record.own, at, record.usage, context)


def _counted(rollout: Rollout, turns: Sequence[_Turn], family: Family) -> Iterator[tuple[Hashable, _Claim]]:
    if all(turn.recorded and turn.real is not None for turn in turns):
        return
    alike: dict[Hashable, int] = {}
    orphans = None if all(turn.real is not None for turn in turns) else family.orphans(rollout)
    for place, (event, total) in enumerate(rollout.totals()):
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
            orphaned = orphans is not None and (event.at <= orphans.until or place < orphans.first)
            owner = orphans.owner if orphans is not None and orphaned else rollout.thread
            yield (owner, total, event.last, number), _Claim(False, event.at, usage, turn.context)


def _billed(key: Hashable, claim: _Claim) -> BilledResponse:
    whole, cached, written, output, reasoning = claim.usage
    if cached + written > whole or reasoning > output:  # a part is never more than its whole
        cached = min(cached, whole)
        written = min(written, whole - cached)
        reasoning = min(reasoning, output)
    # By position: there are very many.
    usage = TokenUsage(whole - cached - written, cached, written, 0, output, reasoning)
    return BilledResponse(claim.at, _hashed(key), claim.context, usage)


def _hashed(key: Hashable) -> int:
    """A record's key is a hash already."""
    if isinstance(key, int):
        return key
    parts = list(key) if isinstance(key, tuple) else [key]
    return stable_hash(repr(parts).encode())


def _copied_at(rollout: Rollout, turn: str) -> int | None:
    """The time of the turn, if it is older than its thread: forks re-stamp what they copy."""
    if not rollout.parents:
        return None
    turn_at, thread_at = born_at(turn), born_at(rollout.thread)
    return turn_at if turn_at is not None and thread_at is not None and turn_at < thread_at else None
