"""What can still be read of a line of a rollout that the strict decoder refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import astuple

from providers.codex.logs import wire
from providers.codex.logs.partial_line import OUR_EVENTS, OURS
from providers.codex.logs.rollout import Tokens
from providers.domain import lenient
from providers.ledger import damaged_line
from providers.logs import MalformedLine


class _PartialUsage(Struct, frozen=True):
    """Tokens of which some are missing, or no number in any form; in the order of `Tokens`."""

    input_tokens: wire.Count | None = None
    cached_input_tokens: wire.Count | None = None
    cache_write_input_tokens: wire.Count | None = None
    output_tokens: wire.Count | None = None
    reasoning_output_tokens: wire.Count | None = None

    def is_empty(self) -> bool:
        return all(each is None for each in astuple(self))

    def usage(self) -> wire.Usage:
        """What is known of it: of the input, at least the parts that are."""
        whole, *others = astuple(self)
        if whole is None:
            whole = (self.cached_input_tokens or 0) + (self.cache_write_input_tokens or 0)
        return _usage((whole, *others))


class PartialCount(Struct, frozen=True):
    """The `info` of a token_count."""

    total_token_usage: _PartialUsage
    last_token_usage: _PartialUsage

    def whole(self, counters: Tokens | None) -> wire.TokenCount:
        """With each missing number made up from the other usage: the counters move by what was used last.

        Of a total without input or output nothing is believed.
        """
        before = counters or (None,) * 5
        total, last = astuple(self.total_token_usage), astuple(self.last_token_usage)
        if None in (total[0], total[3]):
            total = (None,) * 5
        moved = [_moved(*each) for each in zip(total, last, before, strict=True)]
        total = tuple(
            (earlier or 0) + used if whole is None else whole
            for whole, used, earlier in zip(total, moved, before, strict=True)
        )
        return wire.TokenCount(wire.TokenCount.Info(_usage(total), _usage(moved)))


class _PartialRecord(Struct, frozen=True):
    usage: _PartialUsage
    thread_id: str | None = None
    turn_id: str | None = None
    response_id: str | None = None
    thread_token_usage: _PartialUsage | None = None


class SalvagedLine(Struct, frozen=True):
    """As a line of `wire`."""

    timestamp: datetime
    ordinal: int | None
    payload: wire.Payload | PartialCount


class _Line(Struct, frozen=True):
    timestamp: Annotated[datetime, Meta(tz=True)]
    payload: dict[str, Any]
    ordinal: wire.Ordinal | None = None


_KINDS: dict[Any, type[wire.Payload]] = {
    "session_meta": wire.SessionMeta,
    "turn_context": wire.TurnContext,
    "compacted": wire.Compacted,
    "task_started": wire.TaskStarted,
    "turn_started": wire.TurnStarted,
    "thread_settings_applied": wire.SettingsApplied,
    "user_message": wire.UserMessage,
    "item_completed": wire.ItemCompleted,
    "entered_review_mode": wire.EnteredReview,
    "exited_review_mode": wire.ExitedReview,
}


def salvage(text: bytes | bytearray) -> tuple[list[SalvagedLine], int]:
    """The records on a line that `wire.decode` refused, and how many are lost.

    A field that is of no use is dropped, and not its record.
    """
    return damaged_line.salvage(text, _line)


def _line(record: dict[str, Any]) -> SalvagedLine | None:
    """None for an irrelevant record; raises ValueError where too much is missing of one that counts."""
    kind = record.get("type")
    if kind == "event_msg":
        payload = record.get("payload")
        if not isinstance(payload, dict):
            raise MalformedLine
        kind = payload.get("type")
        if kind not in OUR_EVENTS:
            return None
    elif kind not in OURS:
        return None
    line = lenient.convert(record, _Line)
    if not wire.EARLIEST <= line.timestamp <= wire.LATEST:
        raise MalformedLine
    return SalvagedLine(line.timestamp, line.ordinal, _payload(kind, line.payload))


def _payload(kind: str, payload: dict[str, Any]) -> wire.Payload | PartialCount:
    if kind == "token_count":
        return _count(payload.get("info"))
    if kind == "token_usage_record":
        return _record(lenient.convert(payload, _PartialRecord))
    return lenient.convert(payload, _KINDS[kind])


def _count(info: Any) -> wire.Payload | PartialCount:
    if info is None:
        return wire.TokenCount()
    counted = lenient.convert(info, PartialCount)
    if counted.total_token_usage.is_empty() and counted.last_token_usage.is_empty():
        raise MalformedLine
    return counted


def _record(record: _PartialRecord) -> wire.UsageRecord:
    if record.usage.is_empty():
        raise MalformedLine
    so_far = record.thread_token_usage
    return wire.UsageRecord(
        usage=record.usage.usage(),
        thread_id=record.thread_id,
        turn_id=record.turn_id,
        response_id=record.response_id,
        thread_token_usage=so_far.usage() if so_far is not None else None,
    )


def _usage(in_order: Sequence[int | None]) -> wire.Usage:
    names = wire.Usage.__struct_fields__
    return wire.Usage(**{name: each or 0 for name, each in zip(names, in_order, strict=True)})


def _moved(total: int | None, last: int | None, before: int | None) -> int:
    """What a counter moved by; nothing where that cannot be known."""
    if last is not None:
        return last
    return max(0, total - before) if total is not None and before is not None else 0
