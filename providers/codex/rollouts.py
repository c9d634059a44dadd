"""Counts tokens from Codex's rollouts, its logs under `sessions/` and `archived_sessions/` of each home.

bytes → lines (ledger/scan) → typed lines (wire) → what one rollout holds (RolloutReader, here) → what was billed
over all of them (lineage). The folder of a rollout says nothing of its dates: a session stays in the file of
its first day and grows there for ever.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from msgspec import Struct

from providers.codex import wire
from providers.codex.lineage import Base, Record, Rollout, TokenEvent, Tokens, added, resolve
from providers.ledger.scan import BUFFER_SIZE, LogFile, Scan, find_logs, read_log
from providers.models import LogCount
from providers.source import Home

_FOLDERS = ("sessions", "archived_sessions")
_DAY_NS = 24 * 3600 * 10**9


def is_rollout(name: str) -> bool:
    return name.startswith("rollout-") and name.endswith((".jsonl", ".jsonl.zst"))


def thread_in_name(path: str) -> str:
    """The thread id that ends a rollout's name: rollout-<local time>-<uuid>.jsonl[.zst]."""
    return path.removesuffix(".zst").removesuffix(".jsonl")[-36:]


class ReaderState(Struct, kw_only=True):
    """All that a line needs to know of those before it. Stored with an offset, a scan can go on from there."""

    thread: str
    named: bool = False
    parents: set[str] = set()
    base: Base | None = None
    counters_go_on: bool = False
    began_at: float | None = None
    turn: str | None = None
    model: str | None = None
    model_turn: str | None = None
    counters: Tokens | None = None
    last: Tokens | None = None
    opened: bool = False
    skipped: int = 0


class RolloutReader:
    """Takes the lines of one rollout, in their order, and keeps what they tell of use."""

    def __init__(self, path: str, state: ReaderState | None = None) -> None:
        self.state = state or ReaderState(thread=thread_in_name(path))
        self.models: dict[str, str] = {}
        self.records: list[Record] = []
        self.events: list[TokenEvent] = []
        self.forgets: list[int] = []
        self.foreign: set[str] = set()
        self._recent: Tokens | None = None

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
        match line:
            case wire.SessionLine(payload=meta):
                self._meet(meta)
            case wire.ContextLine(payload=context):
                self._change_context(context)
            case wire.RecordLine(payload=record):
                self._record(line.at, record)
            case wire.EventLine(payload=wire.TokenCount(info=info)):
                self._count(line, info)
            case wire.EventLine(payload=wire.TaskStarted(turn_id=turn) | wire.TurnStarted(turn_id=turn)):
                self.state.turn = _interned(turn)

    def rollout(self, home: Path) -> Rollout:
        state = self.state
        parents = frozenset(state.parents - {state.thread})
        base = {state.base.thread} if state.base else set()
        return Rollout(
            home=home,
            thread=state.thread,
            parents=parents,
            base=state.base,
            counters_go_on=state.counters_go_on,
            began_at=state.began_at or 0.0,
            models=self.models,
            records=tuple(self.records),
            events=tuple(self.events),
            forgets=tuple(self.forgets),
            kin=parents | base | self.foreign,
        )

    def _meet(self, meta: wire.SessionMeta) -> None:
        """The first session_meta names the thread; further ones, in a copied history, name its ancestors."""
        state = self.state
        if not state.named:
            state.named = True
            state.thread = meta.id
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
            state.model, state.model_turn = _interned(context.model), state.turn
            if state.turn and state.model:
                self.models.setdefault(state.turn, state.model)

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
                model=self.state.model,
                model_is_of_turn=turn is not None and turn == self.state.model_turn,
            )
        )

    def _count(self, line: wire.EventLine, info: wire.TokenCount.Info | None) -> None:
        state = self.state
        if info is None:
            state.counters = state.last = None
            state.opened = True
            if line.ordinal is not None:
                self.forgets.append(line.ordinal)
            return
        total, last = _tokens(info.total_token_usage), self._shared(_tokens(info.last_token_usage))
        usage = added(state.counters, total, last)
        opening, state.opened = not state.opened, True
        if usage is not None or (total, last) != (state.counters, state.last):
            event = TokenEvent(
                at=line.at,
                turn=state.turn,
                ordinal=line.ordinal,
                total=total,
                last=total if total == last else last,
                usage=last if usage == last else usage,
                opening=opening,
                model=state.model,
                model_is_of_turn=state.turn is not None and state.turn == state.model_turn,
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
    return blake2b(repr(parts).encode(), digest_size=16).digest()


def _version(text: str) -> tuple[int, ...]:
    numbers = text.partition("-")[0].split(".")
    return tuple(int(number) for number in numbers) if all(map(str.isdecimal, numbers)) else (0,)


class _Kept(Struct, frozen=True):
    stamp: tuple[int, int, int]
    rollout: Rollout
    skipped: int
    whole: bool


class RolloutCounter:
    """Counts, and counts again at the price of a walk: only rollouts that changed are read anew."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._buffer = bytearray(BUFFER_SIZE)
        self._lock = Lock()

    def count(self, homes: Sequence[Home], since: datetime) -> LogCount:
        """What the homes' rollouts hold from `since` on."""
        with self._lock:
            logs, unreadable = find_logs((home.path for home in homes), _FOLDERS, is_rollout)
            kept = self._read(logs, int(since.timestamp()) * 10**9 - 2 * _DAY_NS)
        responses = resolve([entry.rollout for entry in kept.values()])
        torn = [path for path, entry in kept.items() if not entry.whole]
        return LogCount(
            responses=tuple(response for response in responses if response.at >= since),
            files_by_home=Counter(log.home for log in logs),
            skipped_lines=sum(entry.skipped for entry in kept.values()),
            unreadable_files=tuple(sorted([*unreadable, *torn])),
        )

    def _read(self, logs: Iterable[LogFile], cutoff_ns: int) -> dict[str, _Kept]:
        """The rollouts written since the cutoff, and their kin however old.

        A rollout is left unopened when it was last written two days before what is asked for: a line carries
        the time it was written at, and two days are more than clocks, zones and restored backups' rounding
        disagree. Nothing in it is wanted then, but it may be what tells a younger rollout's copies and
        counters apart, so whatever thread a young one refers to is read, whenever it was written.
        """
        young: list[LogFile] = []
        old: dict[str, list[LogFile]] = {}
        for log in logs:
            if log.mtime_ns >= cutoff_ns:
                young.append(log)
            else:
                old.setdefault(thread_in_name(log.path), []).append(log)
        read: dict[str, _Kept] = {}
        while young:
            log = young.pop()
            read[log.path] = entry = self._read_one(log)
            for thread in entry.rollout.kin:
                young.extend(old.pop(thread, ()))
        self._kept = read
        return read

    def _read_one(self, log: LogFile) -> _Kept:
        kept = self._kept.get(log.path)
        if kept is not None and kept.whole and kept.stamp == log.stamp and kept.rollout.home == log.home:
            return kept
        reader = RolloutReader(log.path)
        scan: Scan = read_log(log.path, wire.UNWANTED, reader.take, buffer=self._buffer)
        skipped = scan.skipped + reader.state.skipped
        return _Kept(stamp=log.stamp, rollout=reader.rollout(log.home), skipped=skipped, whole=scan.whole)


def count(homes: Sequence[Home], since: datetime) -> LogCount:
    """One count without a memory of earlier ones."""
    return RolloutCounter().count(homes, since)
