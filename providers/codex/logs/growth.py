"""What a rollout that grew changes, where nothing changes what others say.

A response belongs to its turn. So what is resolved again is all of the turns in which something changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from math import inf

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.codex.logs.observation import Observation, ReaderState, decode, encode, nothing_yet
from providers.codex.logs.rollout import EVENTS, Message, Record, TokenEvent, Tokens, totals, turn_is_real
from providers.domain.stable_hash import stable_hash
from providers.logs import LogChange, LogGrowth, common_prefix_length

_Turns = AbstractSet[str | None]


class LogSummary(Struct, frozen=True):
    """What `growth` has to know of another rollout: its thread, the file it goes on from, and when it began (epoch
    ms).

    `may_copy` is whether it may have copies of another thread's lines that only that thread tells from its own.
    """

    thread: str
    base: str | None
    began_at: int
    may_copy: bool
    messages: frozenset[int]


def summary(observation: bytes) -> LogSummary:
    """Raises ValueError for an observation of another make."""
    kept = decode(observation)
    state = kept.state
    is_known = all(turn_is_real(terms.turn) for terms in kept.terms) and _have_ids(kept.messages)
    return LogSummary(
        thread=state.thread,
        base=state.base.thread if state.base else None,
        began_at=state.began_at or 0,
        may_copy=not is_known and bool(state.parents - {state.thread}),
        messages=frozenset(each.key for each in kept.messages if each.key is not None),
    )


def growth(change: LogChange, others: Sequence[LogSummary]) -> LogGrowth | None:
    """None where what changed has no id by which it is known, or may be copied or continued by another rollout.

    Raises ValueError for an observation of another make.
    """
    now = decode(change.now)
    before = (
        decode(change.before)
        if change.before
        else decode(encode(nothing_yet(now.state.thread, now.state.segment)))
    )
    if now.state.base is not None or (change.before and not _is_the_same(before, now)):
        return None
    was, has = _Changes.of(before, now), _Changes.of(now, before)
    turns, messages = was.turns | has.turns, [*was.messages, *has.messages]
    if not all(map(turn_is_real, turns)) or not _have_ids(messages):
        return None
    since = min(was.since, has.since) if change.before else -inf
    keys = {each.key for each in messages}
    if any(_is_affected(each, now.state, since) or not each.messages.isdisjoint(keys) for each in others):
        return None
    return LogGrowth(
        encode(_cut(before, turns, was, keys)),
        encode(_cut(now, turns, has, keys)),
        now.links() - before.links() if change.before else now.links(),
        frozenset(stable_hash(turn.encode(errors="surrogatepass")) for turn in turns if turn),
    )


def _have_ids(messages: Sequence[Message]) -> bool:
    return all(each.key is not None for each in messages)


def _is_the_same(before: Observation, now: Observation) -> bool:
    """Whether what is said of all lines is what was said."""
    return now.terms[: len(before.terms)] == before.terms and _of_all(before.state) == _of_all(now.state)


def _of_all(state: ReaderState) -> tuple[object, ...]:
    of_thread = state.thread, state.segment, state.parents, state.base, state.began_at, state.counters_go_on
    return *of_thread, state.root, state.project, state.originator, state.account, state.first_setting


def _is_affected(other: LogSummary, state: ReaderState, since: float) -> bool:
    """Whether what this rollout has since then may change what is resolved of the other one."""
    if other.thread == state.thread or other.base in (state.thread, state.segment or state.thread):
        return True
    return other.may_copy and other.began_at >= since


class _Changes(Struct, frozen=True):
    """The turns that have lines, or terms, of which another observation has not the same; the messages that it has
    not; and the time of the first of these lines and messages (epoch ms). `events` are all, with their totals.
    """

    turns: set[str | None]
    messages: list[Message]
    since: float
    events: list[tuple[TokenEvent, Tokens]]

    @classmethod
    def of(cls, kept: Observation, other: Observation) -> _Changes:
        events = EVENTS.decode(kept.events)
        messages = kept.messages[common_prefix_length(kept.messages, other.messages) :]
        lines: list[Record | TokenEvent] = [
            *kept.records[common_prefix_length(kept.records, other.records) :],
            *events[common_prefix_length(events, EVENTS.decode(other.events)) :],
        ]
        turns = {_turn(kept, line) for line in lines}
        turns |= {turn for turn, setting in kept.settings.items() if other.settings.get(turn) != setting}
        same = (
            0
            if kept.contexts != other.contexts
            else common_prefix_length(kept.compactions, other.compactions)
        )
        turns |= {_turn(kept, kept.records[each.record]) for each in kept.compactions[same:]}
        since = min([*(line.at for line in lines), *(each.at for each in messages)], default=inf)
        return cls(turns, messages, since, list(totals(events)))


def _turn(kept: Observation, line: Record | TokenEvent) -> str | None:
    return kept.terms[line.terms].turn


def _cut(
    kept: Observation, turns: _Turns, changes: _Changes, messages: AbstractSet[int | None]
) -> Observation:
    """With the lines of these turns and messages alone: one message may have several lines."""
    places = {place: number for number, place in enumerate(_places(kept, turns))}
    numbers = {place: number for number, place in enumerate(_records(kept, places))}
    return replace(
        kept,
        messages=[each for each in kept.messages if each.key in messages],
        settings={turn: setting for turn, setting in kept.settings.items() if turn in turns},
        terms=[kept.terms[place] for place in places],
        records=[replace(kept.records[place], terms=places[kept.records[place].terms]) for place in numbers],
        events=msgspec.Raw(
            encode(
                [
                    replace(event, total=total, terms=places[event.terms])
                    for event, total in changes.events
                    if event.terms in places
                ]
            )
        ),
        compactions=[
            replace(each, record=numbers[each.record]) for each in kept.compactions if each.record in numbers
        ],
    )


def _places(kept: Observation, turns: _Turns) -> Iterator[int]:
    return (place for place, terms in enumerate(kept.terms) if terms.turn in turns)


def _records(kept: Observation, places: dict[int, int]) -> Iterator[int]:
    return (place for place, record in enumerate(kept.records) if record.terms in places)
