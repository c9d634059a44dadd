"""The lines of a Codex rollout that count, as Codex 0.45 to 0.169 wrote them.

The ledger decodes them all, for tokens. The limits have a reader of their own, `limits_wire`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

# Heads that are known to be irrelevant; whatever is unknown is parsed. `compacted` embeds a copy of the latest
# token_usage_record and can exceed 100 MB: that one is never looked into.
UNWANTED = re.compile(
    rb'\{"timestamp":"[0-9T:.Z+-]{0,64}+",(?:"ordinal":[0-9]{1,19}+,)?+"type":"(?:response_item"|event_msg","payload":'
    rb'\{"type":"(?!token_count"|task_started"|turn_started"|thread_settings_applied")[a-z0-9_]{1,64}+"'
    rb'|world_state"|compacted"|inter_agent_communication_metadata")'
)

# Years that a clock may show: beyond them a timestamp is damage.
_EPOCH = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1000
_END = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1000

# No response and no thread comes near: such a number is damage.
Count = Annotated[int, Meta(ge=0, le=10**13)]
Ordinal = Annotated[int, Meta(ge=0, le=2**62)]


class MalformedLine(ValueError):
    """A line that is no JSON object, has a field of another type than Codex writes, or an impossible time."""


class Usage(Struct, frozen=True, gc=False):
    """Tokens as reported by Codex: cached and cache_write are parts of input, reasoning is one of output."""

    input_tokens: Count
    output_tokens: Count
    cached_input_tokens: Count = 0
    cache_write_input_tokens: Count = 0
    reasoning_output_tokens: Count = 0


class _Line(Struct, frozen=True, kw_only=True, tag_field="type"):
    timestamp: Annotated[datetime, Meta(tz=True)]
    ordinal: Ordinal | None = None


class SessionMeta(Struct, frozen=True):
    class HistoryBase(Struct, frozen=True):
        thread_id: str
        end_ordinal_exclusive: Ordinal

    id: str
    session_id: Any = None
    cwd: Any = None
    originator: Any = None
    cli_version: str = ""
    forked_from_id: str | None = None
    parent_thread_id: str | None = None
    source: Any = None
    history_base: HistoryBase | None = None

    @property
    def is_subagent(self) -> bool:
        return isinstance(self.source, dict) and "subagent" in self.source

    @property
    def spawned_by(self) -> str | None:
        """source.subagent.thread_spawn.parent_thread_id; `source` is a plain string for most sessions."""
        value = self.source
        for name in ("subagent", "thread_spawn", "parent_thread_id"):
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else None


class SessionLine(_Line, frozen=True, kw_only=True, tag="session_meta"):
    payload: SessionMeta


class TurnContext(Struct, frozen=True):
    turn_id: str | None = None
    model: str | None = None
    effort: Any = None


class ContextLine(_Line, frozen=True, kw_only=True, tag="turn_context"):
    payload: TurnContext


class UsageRecord(Struct, frozen=True):
    usage: Usage
    thread_id: str | None = None
    turn_id: str | None = None
    response_id: str | None = None
    thread_token_usage: Usage | None = None


class RecordLine(_Line, frozen=True, kw_only=True, tag="token_usage_record"):
    payload: UsageRecord


class TokenCount(Struct, frozen=True, tag="token_count"):
    """As the ledger reads it. There are a hundred thousand: what it does not need is not decoded."""

    class Info(Struct, frozen=True):
        total_token_usage: Usage
        last_token_usage: Usage

    info: Info | None = None


class TaskStarted(Struct, frozen=True, tag="task_started"):
    turn_id: str | None = None


class TurnStarted(Struct, frozen=True, tag="turn_started"):
    turn_id: str | None = None


class SettingsApplied(Struct, frozen=True, tag="thread_settings_applied"):
    """The service tier is logged nowhere else, and before the turns it applies to."""

    thread_settings: Any = None

    @property
    def tier(self) -> str | None:
        settings = self.thread_settings
        tier = settings.get("service_tier") if isinstance(settings, dict) else None
        return tier if isinstance(tier, str) else None


class EventLine(_Line, frozen=True, kw_only=True, tag="event_msg"):
    payload: TokenCount | TaskStarted | TurnStarted | SettingsApplied


Line = SessionLine | ContextLine | RecordLine | EventLine


class _Head(Struct):
    type: str = ""


class _Event(Struct):
    payload: _Head


_line: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
_head = msgspec.json.Decoder(_Head)
_event = msgspec.json.Decoder(_Event)
_OURS = {"session_meta", "turn_context", "token_usage_record"}
_OUR_EVENTS = {"token_count", "task_started", "turn_started", "thread_settings_applied"}
_DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)


def decode(text: bytes | bytearray) -> tuple[int, Line] | None:
    """The time of a line, in epoch ms, and the line; None for an irrelevant one. Raises only MalformedLine."""
    try:
        line = _line.decode(text)
    except _DAMAGE:
        if _is_ours(text):
            raise MalformedLine from None
        return None
    at = round(line.timestamp.timestamp() * 1000)
    if not _EPOCH <= at <= _END:
        raise MalformedLine
    return at, line


def _is_ours(text: bytes | bytearray) -> bool:
    """False for lines of other types, whatever their content; a line that is not JSON might have been relevant."""
    if text.isspace():
        return False
    try:
        name = _head.decode(text).type
        return name in _OURS or (name == "event_msg" and _event.decode(text).payload.type in _OUR_EVENTS)
    except _DAMAGE:
        return True
