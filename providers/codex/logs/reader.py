"""Takes the lines of one rollout and keeps what they say of usage."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from providers.codex.logs import heard, wire
from providers.codex.logs.observation import decode, encode, nothing_yet
from providers.codex.logs.rollout import (
    EVENTS,
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
from providers.ledger.scan import UsageEnd
from providers.logs import MalformedLine, stable_hash, unpacked


def ids_in_name(path: str) -> tuple[str, str | None]:
    """A rollout's thread, and its segment: rollout-<local time>-<thread>[_<segment>].jsonl[.zst]."""
    stem = path.removesuffix(".zst").removesuffix(".jsonl")
    thread, segment = stem[-73:-37], stem[-36:]
    if stem[-37:-36] == "_" and is_uuid(thread) and is_uuid(segment):
        return thread, segment
    return segment, None


class RolloutReader:
    """Takes the lines of one rollout, in order, and keeps their usage."""

    unwanted = wire.UNWANTED

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        kept = nothing_yet(*ids_in_name(path)) if observation is None else decode(observation)
        self._kept = kept
        self.state = kept.state
        self.terms = kept.terms
        self.records = kept.records
        self.messages = kept.messages
        self._events = unpacked(kept.events, EVENTS)
        self._places: dict[Terms, int] = {terms: place for place, terms in enumerate(kept.terms)}
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
        return wire.RECORD_END if self.records else wire.COUNT_END

    def follow(self, want: Callable[[re.Pattern[bytes], UsageEnd], None]) -> None:
        self._want = want

    def last_ms(self) -> int:
        """A copied response may have the time of its turn, which is older than this thread."""
        return max(self.state.last_ms, born_at(self.state.thread) or 0)

    def observation(self) -> bytes:
        self._kept.events = msgspec.Raw(encode(self._events))
        return encode(self._kept)

    def links(self) -> frozenset[int]:
        return self._kept.links()

    def take(self, text: bytes | bytearray) -> None:
        try:
            decoded = wire.decode(text)
        except MalformedLine:
            self._salvage(text)
            return
        if decoded is not None:
            at, line = decoded
            self._take(at, line.ordinal, line.payload)

    def _salvage(self, text: bytes | bytearray) -> None:
        from providers.codex.logs.damaged import PartialCount, salvage  # few logs need it

        lines, lost = salvage(text)
        self.state.skipped += lost
        for line in lines:
            payload = line.payload
            if isinstance(payload, PartialCount):
                payload = payload.whole(self.state.counters)
            self._take(line.at, line.ordinal, payload)

    def _take(self, at: int, ordinal: int | None, payload: wire.Payload) -> None:
        state = self.state
        if state.began_at is None:
            state.began_at = at
        if at > state.last_ms:  # noqa: PLR1730 - for each line: max() takes a hundredth of the scan
            state.last_ms = at
        # Most frequent first: there are a hundred thousand lines, and class patterns take twice the time.
        if isinstance(payload, wire.TokenCount):
            self._count(at, ordinal, payload.info)
        elif isinstance(payload, wire.UsageRecord):
            self._record(at, payload)
        else:
            self._now = None
            self._note(at, ordinal, payload)

    def _note(self, at: int, ordinal: int | None, payload: wire.Payload) -> None:
        """A message, or a line that says what the next ones belong to."""
        state = self.state
        if isinstance(payload, heard.HEARD):
            if (message := heard.message(state, at, payload)) is not None:
                self.messages.append(message)
        elif isinstance(payload, wire.TurnContext):
            self._change_context(ordinal, payload)
        elif isinstance(payload, wire.SettingsApplied):
            state.tier = payload.tier
        elif isinstance(payload, wire.SessionMeta):
            self._begin_thread(payload)
        elif isinstance(payload, wire.Compacted):
            self._compact(payload)
        elif isinstance(payload, (wire.TaskStarted, wire.TurnStarted)):
            heard.enter_turn(state, payload.turn_id)
            window = scalars.whole(payload.model_context_window)
            state.window = window if window is not None and 0 < window <= wire.MOST_TOKENS else None

    def _begin_thread(self, meta: wire.SessionMeta) -> None:
        """The first session_meta names the thread; further ones, in a copied history, name its ancestors."""
        state = self.state
        if not state.named:
            state.named = True
            state.thread = meta.id
            state.is_subagent = meta.is_subagent
            state.root, state.project, state.originator = map(
                wire.text_or_none, (meta.session_id, meta.cwd, meta.originator)
            )
            state.account = meta.account
            state.counters_go_on = _version(meta.cli_version) >= (0, 153)
            self._want(self.unwanted, self.usage_end)
            if meta.history_base is not None:
                state.base = Base(
                    thread=meta.history_base.thread_id, ordinals=meta.history_base.end_ordinal_exclusive
                )
        relatives = (meta.id, meta.forked_from_id, meta.parent_thread_id, meta.spawned_by)
        state.parents |= {thread for thread in relatives if thread}

    def _change_context(self, ordinal: int | None, context: wire.TurnContext) -> None:
        state = self.state
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

    def _compact(self, compacted: wire.Compacted) -> None:
        """The record of a compaction at the start of a turn stands before it, and before the turn's context."""
        early = self.state.early
        if early is not None and early[0] == compacted.compaction_response_id:
            model, comp_hash = compacted.model_before
            known = len(self._kept.contexts)
            self._kept.compactions.append(Compaction(early[1], model, comp_hash, known, self.state.window))

    def _record(self, at: int, record: wire.UsageRecord) -> None:
        turn, thread = record.turn_id or None, record.thread_id
        own = thread is None or thread == self.state.thread
        if not own and thread:
            self._kept.foreign.add(thread)
        elif own and turn is not None and turn not in self._kept.settings:
            self.state.early = record.response_id, len(self.records)
        self._recent = usage = _tokens(record.usage)
        so_far = record.thread_token_usage
        # Equal for all copies of a record. Ids may be missing or always the same; the thread's sum moves on.
        parts = record.response_id, thread, record.turn_id, _tokens(so_far) if so_far else at
        self.records.append(Record(stable_hash(encode(parts)), at, own, usage, self._terms_of(turn)))
        if len(self.records) == 1:
            self._want(self.unwanted, self.usage_end)

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
                usage = self._added(before, total, last)
                change = False if usage is None else True if usage == last else usage
                self._events.append(TokenEvent(at, ordinal, total, last, change, opening, terms))
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


def _tokens(usage: wire.Usage) -> Tokens:
    return (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_input_tokens,
        usage.output_tokens,
        usage.reasoning_output_tokens,
    )


def _version(text: str) -> tuple[int, ...]:
    numbers = text.partition("-")[0].split(".")
    known = all(number.isdecimal() and len(number) < 10 for number in numbers)
    return tuple(int(number) for number in numbers) if known else (0,)
