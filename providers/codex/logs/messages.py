"""The messages that the person sent, over all rollouts: each once.

A fork up to 0.150 copies those of its parent, with the time of the copy. Its lines have no ids, but from 0.101 on
their turns have. Before that, what stands at the start of a fork is a copy if it was written at once, and its
parent had as many messages then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

import msgspec
from msgspec import Struct

from providers.codex.logs.observation import ReaderState
from providers.codex.logs.rollout import Message, born_at
from providers.domain import project
from providers.domain.cost import Context, SentMessage
from providers.logs import Observed, stable_hash, unpacked

_COPYING_MS = 150
"""Between two lines that a fork copies, a person writes no message."""


class _Heard(Struct, array_like=True):
    """The first members of an observation: those after them are not decoded."""

    make: str
    state: ReaderState
    messages: list[Message]


_decoder = msgspec.msgpack.Decoder(_Heard)


_Claim = tuple[bool, int, str, str, int]
"""One rollout's claim on a message: whether it is a copy, its time, session and home, and the rollout's number.
The least gives time and session.
"""


def messages(observed: Sequence[Observed]) -> list[SentMessage]:
    """Raises ValueError for an observation of another make."""
    heard = [unpacked(each.observation, _decoder) for each in observed]
    threads: dict[str, list[_Heard]] = {}
    for each in heard:
        threads.setdefault(each.state.thread, []).append(each)
    best: dict[int, _Claim] = {}
    for number, each in enumerate(heard):
        if not each.messages:
            continue
        thread, home = each.state.thread, str(observed[number].home)
        for key, at, copied in _claims(each, threads):
            claim = copied, at, thread, home, number
            held = best.setdefault(key, claim)
            if claim < held:
                best[key] = claim
    contexts = [
        _context(each.state, source) if each.messages else None
        for each, source in zip(heard, observed, strict=True)
    ]
    found = [
        SentMessage(at, key, context)
        for key, (_, at, _, _, number) in best.items()
        if (context := contexts[number]) is not None
    ]
    return sorted(found, key=attrgetter("at_ms", "key"))


def _claims(heard: _Heard, threads: Mapping[str, Sequence[_Heard]]) -> Iterator[tuple[int, int, bool]]:
    """Key, time, and whether it is a copy."""
    state = heard.state
    thread_at = born_at(state.thread) if state.parents - {state.thread} else None
    copies = None
    without_id = 0
    for message in heard.messages:
        if message.key is not None:
            sent_at = message.sent_at
            if sent_at is not None and thread_at is not None and sent_at < thread_at:
                yield message.key, sent_at, True
            else:
                yield message.key, message.at, False
            continue
        if copies is None:
            copies = _copies(heard, threads)
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


def _copies(heard: _Heard, threads: Mapping[str, Sequence[_Heard]]) -> _Copies:
    state, ancestors, lost = heard.state, dict[str, Sequence[_Heard]](), set[str]()
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
    own = [message.at for message in heard.messages if message.key is None]
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


def _context(state: ReaderState, source: Observed) -> Context:
    return Context(
        home=source.home,
        session=state.thread,
        root=state.root,
        project=project.canonical(state.project) if state.project else None,
        originator=state.originator,
        account=state.account,
    )
