"""What is kept of a rollout, between scans and for `resolve`."""

# Annotations are no strings here: see `wire`.

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from providers.codex.logs.rollout import (
    Base,
    Compaction,
    Message,
    ModelContext,
    Record,
    Rollout,
    Setting,
    Terms,
    Tokens,
    turn_is_real,
)
from providers.domain import project
from providers.domain.stable_hash import stable_hash
from providers.domain.typed import msgpack_decoder
from providers.logs import unpacked


class ReaderState(Struct, kw_only=True, array_like=True):
    """All that a line needs to know of those before it. Stored with an offset, it lets a scan resume there.

    `early` is the last record before its turn's context: its response id, and its index. `heard` is how many
    messages of the person the turn has so far; `reviewing` is one of REVIEWS.
    """

    thread: str
    segment: str | None
    named: bool = False
    root: str | None = None
    project: str | None = None
    originator: str | None = None
    account: str | None = None
    parents: set[str] = set()
    base: Base | None = None
    counters_go_on: bool = False
    began_at: int | None = None
    turn: str | None = None
    window: int | None = None
    setting: Setting = (None, None)
    setting_turn: str | None = None
    first_setting: Setting = (None, None)
    tier: str | None = None
    early: tuple[str | None, int] | None = None
    counters: Tokens | None = None
    last: Tokens | None = None
    opened: bool = False
    skipped: int = 0
    last_ms: int = 0
    is_subagent: bool = False
    heard: int = 0
    reviewing: int = 0


REVIEWS = NONE, ENTERED, ASKED = 0, 1, 2
"""No review; one whose message is to come; one whose message has come."""


class ObservationStart(Struct, array_like=True):
    """What comes before the lines; `make` is that of Rollouts."""

    make: Literal["codex 5"]
    state: ReaderState
    messages: list[Message]
    settings: dict[str, Setting]
    contexts: list[ModelContext]
    compactions: list[Compaction]
    terms: list[Terms]


class Observation(ObservationStart):
    """What is kept of a rollout."""

    records: list[Record]
    events: msgspec.Raw
    forgets: list[int]
    foreign: set[str]

    def links(self) -> frozenset[int]:
        return _links(self, self.foreign)


class ReaderObservation(ObservationStart):
    """What is kept of a rollout that is read on: its lines need not be decoded."""

    records: msgspec.Raw
    events: msgspec.Raw
    forgets: list[int]
    foreign: set[str]

    def links(self) -> frozenset[int]:
        return _links(self, self.foreign)


def _links(kept: ObservationStart, foreign: set[str]) -> frozenset[int]:
    """Its thread, all threads it refers to, and its turns, which a copy shares with its original."""
    state = kept.state
    names = {state.thread, *state.parents, *foreign}
    if state.segment:
        names.add(state.segment)
    if state.base:
        names.add(state.base.thread)
    turns = {terms.turn for terms in kept.terms}
    names.update([turn for turn in turns if turn is not None and turn_is_real(turn)])
    return frozenset([stable_hash(name.encode(errors="surrogatepass")) for name in names])


encode = msgspec.msgpack.Encoder().encode
_decoder = msgpack_decoder(Observation)
_reader_decoder = msgpack_decoder(ReaderObservation)
_NO_LINES = msgspec.Raw(encode([]))


def nothing_yet(thread: str, segment: str | None) -> ReaderObservation:
    state = ReaderState(thread=thread, segment=segment)
    return ReaderObservation("codex 5", state, [], {}, [], [], [], _NO_LINES, _NO_LINES, [], set())


def decode_for_reader(observation: bytes) -> ReaderObservation:
    """Raises ValueError for an observation of another make."""
    return unpacked(observation, _reader_decoder)


def decode(observation: bytes) -> Observation:
    """Raises ValueError for an observation of another make."""
    return unpacked(observation, _decoder)


def rollout(home: Path, kept: Observation) -> Rollout:
    """What an observation says of usage."""
    state = kept.state
    return Rollout(
        home=home,
        thread=state.thread,
        segment=state.segment,
        root=state.root,
        project=project.canonical(state.project) if state.project else None,
        originator=state.originator,
        account=state.account,
        parents=frozenset(state.parents - {state.thread}),
        base=state.base,
        counters_go_on=state.counters_go_on,
        began_at=state.began_at or 0,
        first_setting=state.first_setting,
        settings=kept.settings,
        contexts=kept.contexts,
        compactions=kept.compactions,
        terms=kept.terms,
        records=kept.records,
        events=kept.events,
        forgets=kept.forgets,
    )
