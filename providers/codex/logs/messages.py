"""The messages that the person sent, over all rollouts: each once.

A fork up to 0.150 copies those of its parent, with the time of the copy. Its lines have no ids, but from 0.101 on
their turns have. Before that, what stands at the start of a fork is a copy if it was written at once, and its
parent had as many messages then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from providers.codex.logs.observation import Observation, ReaderState
from providers.codex.logs.rollout import born_at
from providers.domain import project
from providers.domain.cost import Context, SentMessage
from providers.domain.stable_hash import stable_hash

_BY_TIME = attrgetter("at_ms", "key")

_COPYING_MS = 150
"""Between two lines that a fork copies, a person writes no message."""


_Claim = tuple[bool, int, str, str, int]
"""One rollout's claim on a message: whether it is a copy, its time, session and home, and the rollout's number.
The least gives time and session.
"""


def messages(kept: Sequence[tuple[Path, Observation]]) -> list[SentMessage]:
    threads: dict[str, list[Observation]] = {}
    for _, each in kept:
        threads.setdefault(each.state.thread, []).append(each)
    best: dict[int, _Claim] = {}
    for number, (home, each) in enumerate(kept):
        if not each.messages:
            continue
        thread = each.state.thread
        for key, at, copied in _claims(each, threads):
            claim = copied, at, thread, str(home), number
            held = best.setdefault(key, claim)
            if claim < held:
                best[key] = claim
    contexts = [_context(home, each.state) if each.messages else None for home, each in kept]
    found = [
        SentMessage(at, key, context)
        for key, (_, at, _, _, number) in best.items()
        if (context := contexts[number]) is not None
    ]
    return sorted(found, key=_BY_TIME)


def _claims(
    kept: Observation, threads: Mapping[str, Sequence[Observation]]
) -> Iterator[tuple[int, int, bool]]:
    """Key, time, and whether it is a copy."""
    state = kept.state
    thread_at = born_at(state.thread) if state.parents - {state.thread} else None
    copies = None
    without_id = 0
    for message in kept.messages:
        if message.key is not None:
            sent_at = message.sent_at
            if sent_at is not None and thread_at is not None and sent_at < thread_at:
                yield message.key, sent_at, True
            else:
                yield message.key, message.at, False
            continue
        if copies is None:
            copies = _copies(kept, threads)
        number, without_id = without_id, without_id + 1
        if number >= min(copies.written_at_once, copies.known):
            owner = copies.owner if number < copies.written_at_once else state.thread
            yield stable_hash(f"{owner} {number}".encode()), message.at, False


class _Copies(Struct, frozen=True):
    """Of the messages without ids: how many a rollout begins with that were written at once, and how many its
    known ancestors had by then. `owner` stands for its lost ancestors, as forks of the same one have it in common;
    it is the thread itself where all are known.
    """

    written_at_once: int
    known: int
    owner: str


def _copies(kept: Observation, threads: Mapping[str, Sequence[Observation]]) -> _Copies:
    state, ancestors, lost = kept.state, dict[str, Sequence[Observation]](), set[str]()
    pending = list(state.parents - {state.thread})
    if not pending:
        return _Copies(0, 0, state.thread)
    while pending:
        thread = pending.pop()
        if thread in threads:
            ancestors[thread] = threads[thread]
            parents = {parent for each in threads[thread] for parent in each.state.parents}
            pending += parents - ancestors.keys() - lost - {state.thread}
        else:
            lost.add(thread)
    began_at = until = state.began_at or 0
    own = [message.at for message in kept.messages if message.key is None]
    count = 0
    while count < len(own) and own[count] <= until + _COPYING_MS:
        until, count = own[count], count + 1
    known = max(
        (
            sum(message.key is None and message.at <= began_at for message in each.messages)
            for of_one in ancestors.values()
            for each in of_one
        ),
        default=0,
    )
    return _Copies(count, known, min(lost) if lost else state.thread)


def _context(home: Path, state: ReaderState) -> Context:
    return Context(
        home=home,
        session=state.thread,
        root=state.root,
        project=project.canonical(state.project) if state.project else None,
        originator=state.originator,
        account=state.account,
    )
