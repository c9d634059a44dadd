"""Takes the lines of one rollout and keeps what they say of usage."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, cast

from msgspec.structs import astuple

from providers.codex.logs import heard, wire
from providers.codex.logs.observation import decode_for_reader, encode, nothing_yet
from providers.codex.logs.packed_lines import PackedLines
from providers.codex.logs.rollout import (
    EVENTS,
    RECORDS,
    Base,
    Compaction,
    ModelContext,
    Record,
    Terms,
    TokenEvent,
    Tokens,
    added,
    born_at,
    is_uuid,
    minus,
    plus,
    totals,
)
from providers.domain import scalars
from providers.domain.stable_hash import stable_hash
from providers.ledger.epoch_ms import ms
from providers.ledger.scan import UsageEnd
from providers.logs import MalformedLine


def ids_in_name(path: str) -> tuple[str, str | None]:
    """A rollout's thread, and its segment: rollout-<local time>-<thread>[_<segment>].jsonl[.zst]."""
    stem = path.removesuffix(".zst").removesuffix(".jsonl")
    thread, segment = stem[-73:-37], stem[-36:]
    if stem[-37:-36] == "_" and is_uuid(thread) and is_uuid(segment):
        return thread, segment
    return segment, None


_Note = Callable[["RolloutReader", datetime, int | None, Any], None]


class RolloutReader:
    """Takes the lines of one rollout, in order, and keeps their usage."""

    unwanted = wire.UNWANTED

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        self._records, self._events = PackedLines(RECORDS), PackedLines(EVENTS)
        if observation is None:
            kept = nothing_yet(*ids_in_name(path))
        else:
            kept = decode_for_reader(observation)
            self._records, self._events = PackedLines(RECORDS, kept.records), PackedLines(EVENTS, kept.events)
        self._kept = kept
        self.state = kept.state
        self.terms = kept.terms
        self.messages = kept.messages
        self._places: dict[Terms, int] = {terms: place for place, terms in enumerate(kept.terms)}
        self._newest: datetime | None = None  # since the last observation
        self._now: tuple[str | None, int] | None = None  # a turn, and its terms' place
        self._recent: Tokens | None = None
        self._totals: set[Tokens] | None = None  # of all events; known once they were needed
        self._want: Callable[[re.Pattern[bytes], UsageEnd], None] = lambda *_: None

    @property
    def skipped(self) -> int:
        return self.state.skipped

    @property
    def usage_end(self) -> UsageEnd:
        """Where each response has a record, token_counts are only needed for their limits: then a twentieth of
        each end is searched, which saves a tenth of the whole scan.
        """
        return wire.RECORD_END if self._records else wire.COUNT_END

    def follow(self, want: Callable[[re.Pattern[bytes], UsageEnd], None]) -> None:
        self._want = want

    def last_ms(self) -> int:
        """A copied response may have the time of its turn, which is older than this thread."""
        self._note_newest()
        return max(self.state.last_ms, born_at(self.state.thread) or 0)

    def _note_newest(self) -> None:
        """Here, and not for each line: most times need not be converted."""
        if self._newest is not None:
            self.state.last_ms = max(self.state.last_ms, ms(self._newest))
            self._newest = None

    def observation(self) -> bytes:
        self._note_newest()
        self._kept.records = self._records.encoded()
        self._kept.events = self._events.encoded()
        return encode(self._kept)

    def links(self) -> frozenset[int]:
        return self._kept.links()

    def take(self, text: bytes | bytearray) -> None:
        try:
            line = wire.decode(text)
        except MalformedLine:
            self._salvage(text)
        except wire.DAMAGE:
            self._take_part(text)
        else:
            self._take(line.timestamp, line.ordinal, line.payload)

    def _take_part(self, text: bytes | bytearray) -> None:
        from providers.codex.logs.partial_line import in_part  # few logs need it

        try:
            line = in_part(text)
        except MalformedLine:
            self._salvage(text)
        else:
            if line is not None:
                self._take(line.timestamp, line.ordinal, line.payload)

    def _salvage(self, text: bytes | bytearray) -> None:
        from providers.codex.logs.damaged import PartialCount, salvage  # few logs need it

        lines, lost = salvage(text)
        self.state.skipped += lost
        for line in lines:
            payload = line.payload
            if isinstance(payload, PartialCount):
                payload = payload.whole(self.state.counters)
            self._take(line.timestamp, line.ordinal, payload)

    def _take(self, at: datetime, ordinal: int | None, payload: wire.Payload) -> None:
        if self._newest is None:
            self._newest = at
            if self.state.began_at is None:
                self.state.began_at = ms(at)
        elif at > self._newest:
            self._newest = at
        self._notes[type(payload)](self, at, ordinal, payload)

    def _begin_thread(self, _at: datetime, _ordinal: int | None, meta: wire.SessionMeta) -> None:
        """The first session_meta names the thread; further ones, in a copied history, name its ancestors."""
        state = self.state
        if not state.named:
            state.named = True
            state.thread = meta.id
            state.is_subagent = meta.is_subagent
            state.root = wire.text_or_none(meta.session_id)
            state.project = wire.text_or_none(meta.cwd)
            state.originator = wire.text_or_none(meta.originator)
            state.account = meta.account
            state.counters_go_on = meta.counters_go_on
            if meta.history_base is not None:
                state.base = Base(
                    thread=meta.history_base.thread_id, ordinals=meta.history_base.end_ordinal_exclusive
                )
        relatives = (meta.id, meta.forked_from_id, meta.parent_thread_id, meta.spawned_by)
        state.parents.update(filter(None, relatives))

    def _enter_turn(
        self, _at: datetime, _ordinal: int | None, turn: wire.TaskStarted | wire.TurnStarted
    ) -> None:
        heard.enter_turn(self.state, turn.turn_id)
        window = scalars.whole(turn.model_context_window)
        self.state.window = window if window is not None and 0 < window <= wire.MOST_TOKENS else None

    def _change_tier(self, _at: datetime, _ordinal: int | None, settings: wire.SettingsApplied) -> None:
        self.state.tier = settings.tier
        self._now = None

    def _hear(self, at: datetime, _ordinal: int | None, payload: heard.Heard) -> None:
        if (message := heard.message(self.state, at, payload)) is not None:
            self.messages.append(message)

    def _change_context(self, _at: datetime, ordinal: int | None, context: wire.TurnContext) -> None:
        state = self.state
        self._now = None
        heard.enter_turn(state, context.turn_id)
        state.early = None
        if context.model:
            state.setting = context.model, wire.text_or_none(context.effort)
            state.setting_turn = state.turn
            if state.first_setting == (None, None):
                state.first_setting = state.setting
            if state.turn:
                self._kept.settings.setdefault(state.turn, state.setting)
            self._enter(ordinal, context.model, wire.text_or_none(context.comp_hash))

    def _enter(self, ordinal: int | None, model: str, comp_hash: str | None) -> None:
        contexts, window = self._kept.contexts, self.state.window
        last = contexts[-1] if contexts else None
        if last is None or (last.model, last.comp_hash, last.window) != (model, comp_hash, window):
            contexts.append(ModelContext(ordinal, model, comp_hash, window))

    def _compact(self, _at: datetime, _ordinal: int | None, compacted: wire.Compacted) -> None:
        """The record of a compaction at the start of a turn stands before it, and before the turn's context."""
        early = self.state.early
        if early is not None and early[0] == compacted.compaction_response_id:
            model, comp_hash = compacted.model_before
            known = len(self._kept.contexts)
            self._kept.compactions.append(Compaction(early[1], model, comp_hash, known, self.state.window))

    def _record(self, at: datetime, _ordinal: int | None, record: wire.UsageRecord) -> None:
        turn, thread = record.turn_id or None, record.thread_id
        own = thread is None or thread == self.state.thread
        if not own and thread:
            self._kept.foreign.add(thread)
        elif own and turn is not None and turn not in self._kept.settings:
            self.state.early = record.response_id, len(self._records)
        self._recent = usage = _tokens(record.usage)
        so_far = record.thread_token_usage
        # Equal for all copies of a record. Ids may be missing or always the same; the thread's sum moves on.
        at_ms = ms(at)
        parts = record.response_id, thread, record.turn_id, _tokens(so_far) if so_far else at_ms
        self._records.append(Record(stable_hash(encode(parts)), at_ms, own, usage, self._terms_of(turn)))
        if len(self._records) == 1:
            self._want(self.unwanted, self.usage_end)

    def _count(self, at: datetime, ordinal: int | None, count: wire.TokenCount) -> None:
        state, info = self.state, count.info
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
            at_ms, terms, opening = ms(at), self._terms_of(state.turn), not state.opened
            if before is not None and total == plus(before, last):
                self._events.append(TokenEvent(at_ms, ordinal, None, last, total != before, opening, terms))
            else:
                usage = self._added(before, total, last)
                change = False if usage is None else True if usage == last else usage
                self._events.append(TokenEvent(at_ms, ordinal, total, last, change, opening, terms))
            if self._totals is not None:
                self._totals.add(total)
        state.opened = True
        state.counters, state.last = total, last

    def _added(self, before: Tokens | None, total: Tokens, last: Tokens) -> Tokens | None:
        """As `added`; but where two counters take turns in one rollout, each goes on from its own total."""
        usage = added(before, total, last)
        if usage is None or before is None or total == last:
            return usage
        if self._totals is None:
            self._totals = {each for _, each in totals(self._events)}
        if minus(total, last) not in self._totals:
            return usage
        return None if total in self._totals else last

    def _terms_of(self, turn: str | None) -> int:
        """The index of the terms that apply now to a line of this turn."""
        now, state = self._now, self.state
        if now is not None and now[0] == turn:
            return now[1]
        terms = Terms(turn, state.setting, turn is not None and turn == state.setting_turn, state.tier)
        place = self._places.get(terms)
        if place is None:
            place = self._places[terms] = len(self.terms)
            self.terms.append(terms)
        self._now = turn, place
        return place

    _notes: ClassVar[dict[type[wire.Payload], _Note]] = {
        wire.TokenCount: _count,
        wire.UsageRecord: _record,
        wire.SessionMeta: _begin_thread,
        wire.TurnContext: _change_context,
        wire.TaskStarted: _enter_turn,
        wire.TurnStarted: _enter_turn,
        wire.SettingsApplied: _change_tier,
        wire.Compacted: _compact,
        wire.UserMessage: _hear,
        wire.ItemCompleted: _hear,
        wire.EnteredReview: _hear,
        wire.ExitedReview: _hear,
    }


_tokens: Callable[[wire.Usage], Tokens] = cast("Any", astuple)
