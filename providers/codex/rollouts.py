"""Counts tokens from Codex's rollouts, its logs under `sessions/` and `archived_sessions/` of each home.

bytes → lines (ledger/scan) → typed lines (wire) → what one rollout holds (RolloutReader, here) → what was billed
over all of them (lineage). The folder of a rollout says nothing of its dates: a session stays in the file of
its first day and grows there for ever.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from providers.codex import wire
from providers.codex.lineage import (
    Base,
    Record,
    Rollout,
    Setting,
    TokenEvent,
    Tokens,
    added,
    resolve,
    turn_is_real,
)
from providers.logs import Observed, unpacked
from providers.models import BilledResponse


def thread_in_name(path: str) -> str:
    """The thread id that ends a rollout's name: rollout-<local time>-<uuid>.jsonl[.zst]."""
    return path.removesuffix(".zst").removesuffix(".jsonl")[-36:]


class ReaderState(Struct, kw_only=True, array_like=True):
    """All that a line needs to know of those before it. Stored with an offset, a scan can go on from there."""

    thread: str
    named: bool = False
    root: str | None = None
    project: str | None = None
    originator: str | None = None
    parents: set[str] = set()
    base: Base | None = None
    counters_go_on: bool = False
    began_at: float | None = None
    turn: str | None = None
    setting: Setting = (None, None)
    setting_turn: str | None = None
    tier: str | None = None
    counters: Tokens | None = None
    last: Tokens | None = None
    opened: bool = False
    skipped: int = 0


class _Observation(Struct, array_like=True):
    """What is kept of a rollout. `make` changes when its shape does: an older one is read anew then."""

    make: Literal["codex 1"]
    state: ReaderState
    settings: dict[str, Setting]
    records: list[Record]
    events: list[TokenEvent]
    forgets: list[int]
    foreign: set[str]


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(_Observation)


class RolloutReader:
    """Takes the lines of one rollout, in their order, and keeps what they tell of use."""

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        kept = _Observation("codex 1", ReaderState(thread=thread_in_name(path)), {}, [], [], [], set())
        if observation is not None:
            kept = unpacked(observation, _decoder)
        self.state = kept.state
        self.settings = kept.settings
        self.records = kept.records
        self.events = kept.events
        self.forgets = kept.forgets
        self.foreign = kept.foreign
        self._recent: Tokens | None = None

    @property
    def skipped(self) -> int:
        return self.state.skipped

    def observation(self) -> bytes:
        return _encode(
            _Observation(
                "codex 1", self.state, self.settings, self.records, self.events, self.forgets, self.foreign
            )
        )

    def links(self) -> set[str]:
        """Its thread, all threads it refers to, and its turns, which a copy shares with its original."""
        state = self.state
        base = {state.base.thread} if state.base else set()
        turns = {record.turn for record in self.records} | {event.turn for event in self.events}
        real = {turn for turn in turns if turn is not None and turn_is_real(turn)}
        return {state.thread} | state.parents | base | self.foreign | real

    def take(self, text: bytes) -> None:
        try:
            line = wire.decode(text)
        except wire.NotUnderstood:
            self.state.skipped += 1
            return
        if line is None:
            return
        if self.state.began_at is None:
            self.state.began_at = line.at
        payload = line.payload
        # The most frequent first: there are a hundred thousand lines, and class patterns take twice the time.
        if isinstance(payload, wire.TokenCount):
            self._count(line.at, line.ordinal, payload.info)
        elif isinstance(payload, wire.UsageRecord):
            self._record(line.at, payload)
        elif isinstance(payload, wire.TurnContext):
            self._change_context(payload)
        elif isinstance(payload, wire.SettingsApplied):
            self.state.tier = _interned(payload.tier)
        elif isinstance(payload, wire.SessionMeta):
            self._meet(payload)
        else:
            self.state.turn = _interned(payload.turn_id)

    def rollout(self, home: Path) -> Rollout:
        state = self.state
        parents = frozenset(state.parents - {state.thread})
        return Rollout(
            home=home,
            thread=state.thread,
            root=state.root,
            project=state.project,
            originator=state.originator,
            parents=parents,
            base=state.base,
            counters_go_on=state.counters_go_on,
            began_at=state.began_at or 0.0,
            settings=self.settings,
            records=tuple(self.records),
            events=tuple(self.events),
            forgets=tuple(self.forgets),
        )

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
            if meta.history_base is not None:
                state.base = Base(
                    thread=meta.history_base.thread_id, ordinals=meta.history_base.end_ordinal_exclusive
                )
        relatives = (meta.id, meta.forked_from_id, meta.parent_thread_id, meta.spawned_by)
        state.parents |= {thread for thread in relatives if thread}

    def _change_context(self, context: wire.TurnContext) -> None:
        state = self.state
        state.turn = _interned(context.turn_id)
        if context.model:
            effort = context.effort if isinstance(context.effort, str) else None
            state.setting = _interned(context.model), _interned(effort)
            state.setting_turn = state.turn
            if state.turn:
                self.settings.setdefault(state.turn, state.setting)

    def _record(self, at: float, record: wire.UsageRecord) -> None:
        turn = _interned(record.turn_id)
        own = record.thread_id is None or record.thread_id == self.state.thread
        if record.thread_id and not own:
            self.foreign.add(record.thread_id)
        self.records.append(
            Record(
                key=_record_key(at, record),
                at=at,
                turn=turn,
                own=own,
                usage=self._shared(_tokens(record.usage)),
                setting=self.state.setting,
                setting_is_of_turn=turn is not None and turn == self.state.setting_turn,
                tier=self.state.tier,
            )
        )

    def _count(self, at: float, ordinal: int | None, info: wire.TokenCount.Info | None) -> None:
        state = self.state
        if info is None:
            state.counters = state.last = None
            state.opened = True
            if ordinal is not None:
                self.forgets.append(ordinal)
            return
        total, last = _tokens(info.total_token_usage), self._shared(_tokens(info.last_token_usage))
        usage = added(state.counters, total, last)
        opening, state.opened = not state.opened, True
        if usage is not None or (total, last) != (state.counters, state.last):
            event = TokenEvent(
                at=at,
                turn=state.turn,
                ordinal=ordinal,
                total=total,
                last=total if total == last else last,
                usage=last if usage == last else usage,
                opening=opening,
                setting=state.setting,
                setting_is_of_turn=state.turn is not None and state.turn == state.setting_turn,
                tier=state.tier,
            )
            self.events.append(event)
        state.counters, state.last = total, last

    def _shared(self, tokens: Tokens) -> Tokens:
        """The same object for a record and the token_count that follows it: there are many of them in memory."""
        if tokens != self._recent:
            self._recent = tokens
        return self._recent or tokens


def _interned(text: str | None) -> str | None:
    return sys.intern(text) if text else None


def _tokens(usage: wire.Usage) -> Tokens:
    return (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_input_tokens,
        usage.output_tokens,
        usage.reasoning_output_tokens,
    )


def _record_key(at: float, record: wire.UsageRecord) -> bytes:
    """Equal for all copies of a record. Ids may be missing or always the same; the thread's sum moves on."""
    so_far = record.thread_token_usage
    parts = (record.response_id, record.thread_id, record.turn_id, _tokens(so_far) if so_far else at)
    return blake2b(_encode(parts), digest_size=16).digest()


def _version(text: str) -> tuple[int, ...]:
    numbers = text.partition("-")[0].split(".")
    return tuple(int(number) for number in numbers) if all(map(str.isdecimal, numbers)) else (0,)


class Rollouts:
    """Implements providers.logs.LogFormat."""

    folders = ("sessions", "archived_sessions")
    unwanted = wire.UNWANTED

    def is_log(self, name: str) -> bool:
        return name.startswith("rollout-") and name.endswith((".jsonl", ".jsonl.zst"))

    def reader(self, path: str, observation: bytes | None = None) -> RolloutReader:
        return RolloutReader(path, observation)

    def resolve(self, observed: Sequence[Observed]) -> list[BilledResponse]:
        return resolve([RolloutReader("", each.observation).rollout(each.home) for each in observed])
