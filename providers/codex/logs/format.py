"""Counts tokens from Codex's rollouts, its logs under `sessions/` and `archived_sessions/` of each home.

bytes → lines (ledger/scan) → typed lines (wire) → what one rollout holds (RolloutReader, here) → what was billed
over all of them (resolve). The folder of a rollout does not limit its dates: a session stays in the file of
its first day, which keeps growing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from providers.codex.logs import wire
from providers.codex.logs.resolve import resolve
from providers.codex.logs.rollout import (
    EVENTS,
    Base,
    Record,
    Rollout,
    Setting,
    Terms,
    TokenEvent,
    Tokens,
    added,
    born_at,
    plus,
    turn_is_real,
)
from providers.domain.cost import BilledResponse
from providers.ledger.line_scanner import LineScanner
from providers.ledger.scan import UsageEnd
from providers.logs import Observed, stable_hash, unpacked


def thread_in_name(path: str) -> str:
    """The thread id that ends a rollout's name: rollout-<local time>-<uuid>.jsonl[.zst]."""
    return path.removesuffix(".zst").removesuffix(".jsonl")[-36:]


class ReaderState(Struct, kw_only=True, array_like=True):
    """All that a line needs to know of those before it. Stored with an offset, it lets a scan resume there."""

    thread: str
    named: bool = False
    root: str | None = None
    project: str | None = None
    originator: str | None = None
    parents: set[str] = set()
    base: Base | None = None
    counters_go_on: bool = False
    began_at: int | None = None
    turn: str | None = None
    setting: Setting = (None, None)
    setting_turn: str | None = None
    tier: str | None = None
    counters: Tokens | None = None
    last: Tokens | None = None
    opened: bool = False
    skipped: int = 0
    last_ms: int = 0


class _Observation(Struct, array_like=True):
    """What is kept of a rollout; `make` is that of Rollouts."""

    make: Literal["codex 3"]
    state: ReaderState
    settings: dict[str, Setting]
    terms: list[Terms]
    records: list[Record]
    events: msgspec.Raw
    forgets: list[int]
    foreign: set[str]


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(_Observation)
_NO_EVENTS = msgspec.Raw(_encode([]))


class RolloutReader:
    """Takes the lines of one rollout, in order, and keeps their usage."""

    unwanted = wire.UNWANTED

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        if observation is None:
            state = ReaderState(thread=thread_in_name(path))
            kept = _Observation("codex 3", state, {}, [], [], _NO_EVENTS, [], set())
        else:
            kept = unpacked(observation, _decoder)
        self._kept = kept
        self.state = kept.state
        self.terms = kept.terms
        self.records = kept.records
        self._events = unpacked(kept.events, EVENTS)
        self._places: dict[Terms, int] = {terms: place for place, terms in enumerate(kept.terms)}
        self._now: tuple[str | None, int] | None = None  # a turn, and its terms' place
        self._recent: Tokens | None = None
        self._want: Callable[[re.Pattern[bytes], UsageEnd], None] = lambda *_: None

    @property
    def skipped(self) -> int:
        return self.state.skipped

    @property
    def usage_end(self) -> UsageEnd:
        return wire.RECORD_END if self.state.counters_go_on else wire.COUNT_END

    def follow(self, want: Callable[[re.Pattern[bytes], UsageEnd], None]) -> None:
        self._want = want

    def last_ms(self) -> int:
        """A copied response may have the time of its turn, which is older than this thread."""
        return max(self.state.last_ms, born_at(self.state.thread) or 0)

    def observation(self) -> bytes:
        self._kept.events = msgspec.Raw(_encode(self._events))
        return _encode(self._kept)

    def links(self) -> frozenset[int]:
        return _links(self._kept)

    def take(self, text: bytes | bytearray) -> None:
        try:
            decoded = wire.decode(text)
        except wire.MalformedLine:
            self.state.skipped += 1
            return
        if decoded is None:
            return
        at, line = decoded
        state = self.state
        if state.began_at is None:
            state.began_at = at
        state.last_ms = max(state.last_ms, at)
        payload = line.payload
        # Most frequent first: there are a hundred thousand lines, and class patterns take twice the time.
        if isinstance(payload, wire.TokenCount):
            self._count(at, line.ordinal, payload.info)
        elif isinstance(payload, wire.UsageRecord):
            self._record(at, payload)
        else:
            self._now = None
            if isinstance(payload, wire.TurnContext):
                self._change_context(payload)
            elif isinstance(payload, wire.SettingsApplied):
                state.tier = payload.tier
            elif isinstance(payload, wire.SessionMeta):
                self._meet(payload)
            else:
                state.turn = payload.turn_id or None

    def _meet(self, meta: wire.SessionMeta) -> None:
        """The first session_meta names the thread; further ones, in a copied history, name its ancestors."""
        state = self.state
        if not state.named:
            state.named = True
            state.thread = meta.id
            state.root, state.project, state.originator = (
                value if isinstance(value, str) else None
                for value in (meta.session_id, meta.cwd, meta.originator)
            )
            state.counters_go_on = _version(meta.cli_version) >= (0, 153)
            self._want(self.unwanted, self.usage_end)
            if meta.history_base is not None:
                state.base = Base(
                    thread=meta.history_base.thread_id, ordinals=meta.history_base.end_ordinal_exclusive
                )
        relatives = (meta.id, meta.forked_from_id, meta.parent_thread_id, meta.spawned_by)
        state.parents |= {thread for thread in relatives if thread}

    def _change_context(self, context: wire.TurnContext) -> None:
        state = self.state
        state.turn = context.turn_id or None
        if context.model:
            effort = context.effort if isinstance(context.effort, str) else None
            state.setting = context.model, effort or None
            state.setting_turn = state.turn
            if state.turn:
                self._kept.settings.setdefault(state.turn, state.setting)

    def _record(self, at: int, record: wire.UsageRecord) -> None:
        own = record.thread_id is None or record.thread_id == self.state.thread
        if record.thread_id and not own:
            self._kept.foreign.add(record.thread_id)
        self._recent = usage = _tokens(record.usage)
        terms = self._terms_of(record.turn_id or None)
        self.records.append(Record(_record_key(at, record), at, own, usage, terms))

    def _count(self, at: int, ordinal: int | None, info: wire.TokenCount.Info | None) -> None:
        state = self.state
        if info is None:
            state.counters = state.last = None
            state.opened = True
            if ordinal is not None:
                self._kept.forgets.append(ordinal)
            return
        total, last = _tokens(info.total_token_usage), _tokens(info.last_token_usage)
        if last == self._recent:
            last = self._recent  # the same object as the record's before it: there are many of them in memory
        before = state.counters
        if total != before or last != state.last:
            terms, opening = self._terms_of(state.turn), not state.opened
            if before is not None and total == plus(before, last):
                self._events.append(TokenEvent(at, ordinal, None, last, total != before, opening, terms))
            else:
                usage = added(before, total, last)
                change = False if usage is None else True if usage == last else usage
                self._events.append(TokenEvent(at, ordinal, total, last, change, opening, terms))
        state.opened = True
        state.counters, state.last = total, last

    def _terms_of(self, turn: str | None) -> int:
        """The index of the terms that apply now to a line of this turn."""
        if self._now is not None and self._now[0] == turn:
            return self._now[1]
        state = self.state
        terms = Terms(turn, state.setting, turn is not None and turn == state.setting_turn, state.tier)
        place = self._places.get(terms)
        if place is None:
            place = self._places[terms] = len(self.terms)
            self.terms.append(terms)
        self._now = turn, place
        return place


def _links(kept: _Observation) -> frozenset[int]:
    """Its thread, all threads it refers to, and its turns, which a copy shares with its original."""
    state = kept.state
    base = {state.base.thread} if state.base else set()
    turns = {terms.turn for terms in kept.terms}
    real = {turn for turn in turns if turn is not None and turn_is_real(turn)}
    names = {state.thread} | state.parents | base | kept.foreign | real
    return frozenset(stable_hash(name.encode(errors="surrogatepass")) for name in names)


def _tokens(usage: wire.Usage) -> Tokens:
    return (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_input_tokens,
        usage.output_tokens,
        usage.reasoning_output_tokens,
    )


def _record_key(at: int, record: wire.UsageRecord) -> int:
    """Equal for all copies of a record. Ids may be missing or always the same; the thread's sum moves on."""
    so_far = record.thread_token_usage
    parts = (record.response_id, record.thread_id, record.turn_id, _tokens(so_far) if so_far else at)
    return stable_hash(_encode(parts))


def _version(text: str) -> tuple[int, ...]:
    numbers = text.partition("-")[0].split(".")
    known = all(number.isdecimal() and len(number) < 10 for number in numbers)
    return tuple(int(number) for number in numbers) if known else (0,)


def rollout(observed: Observed) -> Rollout:
    """Decodes an observation; raises ValueError for one of another make."""
    kept = unpacked(observed.observation, _decoder)
    state = kept.state
    return Rollout(
        home=observed.home,
        thread=state.thread,
        root=state.root,
        project=state.project,
        originator=state.originator,
        parents=frozenset(state.parents - {state.thread}),
        base=state.base,
        counters_go_on=state.counters_go_on,
        began_at=state.began_at or 0,
        settings=kept.settings,
        terms=kept.terms,
        records=kept.records,
        events=kept.events,
        forgets=kept.forgets,
    )


class Rollouts:
    """Implements providers.ledger.line_scanner.LineFormat."""

    make = "codex 3"
    folders = ("sessions", "archived_sessions")
    files = companions = ()

    def is_log(self, name: str) -> bool:
        return name.startswith("rollout-") and name.endswith((".jsonl", ".jsonl.zst"))

    def reader(self, path: str, observation: bytes | None = None) -> RolloutReader:
        return RolloutReader(path, observation)

    def scanner(self) -> LineScanner:
        return LineScanner(self)

    def links(self, observation: bytes) -> frozenset[int]:
        """Raises ValueError for an observation of another make."""
        return _links(unpacked(observation, _decoder))

    def resolve(self, observed: Sequence[Observed]) -> list[BilledResponse]:
        return resolve([rollout(each) for each in observed])


ROLLOUTS = Rollouts()  # one instance: sharing a finder requires sharing its format
