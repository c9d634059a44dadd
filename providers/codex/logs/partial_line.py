"""Lines of a rollout that are no whole lines of `wire`: clipped, damaged, or of a kind that does not count."""

from __future__ import annotations

from msgspec import Struct

from providers.codex.logs import wire
from providers.domain.typed import json_decoder
from providers.ledger.scan import HEAD_ALONE
from providers.logs import MalformedLine

OURS = ("session_meta", "turn_context", "token_usage_record", "compacted")
OUR_EVENTS = (
    "token_count",
    "task_started",
    "turn_started",
    "thread_settings_applied",
    "user_message",
    "item_completed",
    "entered_review_mode",
    "exited_review_mode",
)
# The first of the members that count. Within a text its quotes would be escaped.
_COMPACTED_BY = b'"compaction_response_id":'


class _Head(Struct):
    type: str = ""


class _Event(Struct):
    payload: _Head


_head = json_decoder(_Head)
_event = json_decoder(_Event)


def in_part(text: bytes | bytearray) -> wire.Line | None:
    """What can be read of a line that is none as a whole, None for an irrelevant one; raises MalformedLine."""
    head = wire.UNWANTED.match(text)
    if head is None or not head.lastindex:
        if _may_count(text):
            raise MalformedLine from None
        return None
    line = _unclipped(head.group(), text) if head.lastgroup != HEAD_ALONE else None
    if line is None:
        from providers.ledger.damaged_line import last_record  # few logs need it

        if last_record(text, is_whole=True) is not None:
            raise MalformedLine from None  # it was cut, and another record stands behind it
    if line is not None and not wire.EARLIEST <= line.timestamp <= wire.LATEST:
        raise MalformedLine
    return line


def _unclipped(head: bytes, text: bytes | bytearray) -> wire.Line | None:
    """A `compacted` line of which only its head and its end are left.

    Whatever follows one of its payload's own keys makes an object again; after a key deeper in it, it does not.
    """
    start = text.rfind(_COMPACTED_BY)
    if start < 0:
        return None
    try:
        return wire.decode_whole(head + b',"payload":{' + text[start:])
    except wire.DAMAGE:
        return None


def _may_count(text: bytes | bytearray) -> bool:
    """False for lines of other types, whatever their content; a line that is not JSON might have been relevant."""
    if text.isspace():
        return False
    try:
        kind = _head.decode(text).type
        return kind in OURS or (kind == "event_msg" and _event.decode(text).payload.type in OUR_EVENTS)
    except wire.DAMAGE:
        return True
