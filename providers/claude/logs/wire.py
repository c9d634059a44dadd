"""The lines of a Claude Code transcript that count, as Claude Code 2.1 wrote them (2.1.197 to 2.1.332)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from providers.claude.logs import sent
from providers.logs import MalformedLine

# A plain value. A text without a quote in it is tried first: it takes half the time, and nearly all are such.
_PLAIN = (
    rb'(?:"[^"]{0,1024}+(?<!\\)"|"[^"\\]{0,1024}+(?:\\.[^"\\]{0,1024}+){0,64}+"|true|false|null|\d{1,19})'
)


# Heads that are known to be irrelevant; whatever is unknown is parsed.
#
# Plain members come first, in any order, then the `type` of the line; only an answer and a prompt have their
# `message` before it, and an attachment its `attachment`. What a tool returned is a line of the user's side, too.
UNWANTED = re.compile(
    rb'\{(?:"(?!type"|attachment")\w{1,40}+":' + _PLAIN + rb",){0,24}+"
    rb'"(?:type":"(?:user","message":\{"role":"user","content":\[\{"t(?:ool_use_id"|ype":"tool_result")'
    rb'|(?!assistant"|cost-state"|session-owner"|system","subtype":"compact_boundary"|user")[\w-]{1,64}")'
    rb'|attachment":\{"type":"(?!queued_command"))'
)
# An answer has its tokens at the end of its message, before half a kilobyte of other members and its folder.
USAGE_END = (b'_tokens":', 1024)

# Years that a clock may show: beyond them a timestamp is damage.
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_END = datetime(2200, 1, 1, tzinfo=UTC)

# No response comes near a billion tokens: such a number is damage.
Count = Annotated[int, Meta(ge=0, le=10**9)]


ADVICE = b"advisor_message"  # in the iterations of a response that asked an advisor; few did


class CacheCreation(Struct, frozen=True, gc=False):
    ephemeral_1h_input_tokens: Count | None = None
    ephemeral_5m_input_tokens: Count | None = None


class OutputDetails(Struct, frozen=True, gc=False):
    thinking_tokens: Count | None = None


class ServerToolUse(Struct, frozen=True, gc=False):
    web_search_requests: Annotated[int, Meta(ge=0, le=10**5)] | None = None


# Members in the order in which Claude Code writes them: so they are found fastest.


class Spent(Struct, frozen=True, gc=False):
    """Tokens as reported by Claude: the classes are disjoint; 1-hour writes are a part of cache_creation, and
    thinking one of output.
    """

    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    output_tokens: Count | None = None
    output_tokens_details: OutputDetails | None = None
    server_tool_use: ServerToolUse | None = None
    cache_creation: CacheCreation | None = None
    inference_geo: Any = None
    speed: Any = None


class Usage(Spent, frozen=True, gc=False):
    iterations: Raw = Raw(b"null")


class Advice(Spent, frozen=True, gc=False):
    """What the advisor, another model, used within a response: not in the usage of the response itself."""

    model: str | None = None


class Message(Struct, frozen=True, gc=False):
    model: str | None = None
    id: str | None = None
    stop_reason: Any = None
    usage: Usage | None = None


class TranscriptLine(Struct, frozen=True, gc=False, rename="camel"):
    is_sidechain: Any = None
    agent_id: Any = None
    message: Message | None = None
    request_id: str | None = None
    type: str | None = None
    uuid: str | None = None
    timestamp: Annotated[datetime, Meta(tz=True)] | None = None
    effort: Any = None
    request_session_id: Any = None
    cwd: Any = None
    session_id: Any = None
    forked_from: Any = None


class ResponseLine(Struct, frozen=True, gc=False):
    """A line with usage. Half of these repeat the one before: so its time is only converted where it counts."""

    at: datetime
    line: TranscriptLine
    message: Message
    usage: Usage


class UserLine(Struct, frozen=True, gc=False):
    """A line of the user's side: a prompt, or what a tool returned. `sent_at` is when the person sent it, None for
    what nobody sent: the program writes such lines, too.
    """

    is_prompt: bool
    line: TranscriptLine
    sent_at: datetime | None


class Boundary(Struct, frozen=True, gc=False):
    """Where a conversation was compacted."""

    at: datetime


class ModelTotal(Struct, frozen=True, gc=False, rename="camel"):
    input_tokens: Count = 0
    cache_read_input_tokens: Count = 0
    cache_creation_input_tokens: Count = 0
    cache_creation_ephemeral_1h_input_tokens: Count = msgspec.field(
        default=0, name="cacheCreationEphemeral1hInputTokens"
    )
    output_tokens: Count = 0
    thinking_tokens: Count = 0
    web_search_requests: Annotated[int, Meta(ge=0, le=10**5)] = 0


class CostState(Struct, frozen=True, gc=False, rename="camel"):
    """What a session had used in all when a process of it ended, by model; 2.1.329 on.

    It goes on where the process before ended, in the same session or in the one that it was forked from:
    those have the same `start_time` (epoch ms). `total_duration` (ms) is how long these processes ran.
    """

    start_time: Annotated[float, Meta(ge=_EPOCH.timestamp() * 1000, le=_END.timestamp() * 1000)]
    model_usage: dict[str, ModelTotal]
    session_id: Any = None
    total_duration: Annotated[float, Meta(ge=0)] = 0


class SessionOwner(Struct, frozen=True, gc=False, rename="camel"):
    """The account of a session, from here on; 2.1.329 on."""

    account_uuid: str
    organization_uuid: str | None = None

    @property
    def account(self) -> str:
        """As in providers.claude.auth: a person may have limits in several organizations."""
        return "/".join(filter(None, (self.account_uuid, self.organization_uuid)))


Line = ResponseLine | UserLine | Boundary | CostState | SessionOwner


class _Head(Struct):
    type: Any = None
    message: Raw = Raw(b"null")


class _Message(Struct):
    model: Any = None
    usage: Any = None


_line = msgspec.json.Decoder(TranscriptLine)
_head = msgspec.json.Decoder(_Head)
_message = msgspec.json.Decoder(_Message)
_cost_state = msgspec.json.Decoder(CostState)
_owner = msgspec.json.Decoder(SessionOwner)
_DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)
_SYNTHETIC = "<synthetic>"  # text of the CLI itself in place of a response


def decode(text: bytes | bytearray) -> Line | None:
    """What a line says, None for an irrelevant one; raises MalformedLine, and nothing else."""
    try:
        line = _line.decode(text)
    except _DAMAGE:
        if _is_answer(text):
            raise MalformedLine from None
        return None
    if line.type == "assistant":
        message, at = line.message, line.timestamp
        if message is None or message.usage is None or message.model == _SYNTHETIC:
            return None
        if at is None or not _EPOCH <= at <= _END:
            raise MalformedLine
        return ResponseLine(at, line, message, message.usage)
    try:
        return _decode_other(text, line)
    except _DAMAGE:
        raise MalformedLine from None


def _decode_other(text: bytes | bytearray, line: TranscriptLine) -> Line | None:
    if line.type == "user":
        return _user_line(sent.decode_user(text), line)
    if line.type == "cost-state":
        return _cost_state.decode(text)
    if line.type == "session-owner":
        return _owner.decode(text)
    if line.type == "attachment":
        return _queued(sent.decode_attached(text), line)
    return Boundary(_time(line)) if line.type == "system" and line.timestamp is not None else None


def salvage(text: bytes | bytearray) -> tuple[list[Line], int]:
    """What can be read of a line that `decode` refused, and how many records of it are lost."""
    from providers.ledger import damaged_line  # few logs need it

    return damaged_line.salvage(text, _salvaged)


def _salvaged(record: dict[str, Any]) -> Line | None:
    from providers.domain import lenient

    kind = record.get("type")
    if kind == "assistant":
        message = record.get("message")
        if not isinstance(message, dict) or message.get("model") == _SYNTHETIC:
            return None
        line = lenient.convert(record, TranscriptLine)
        if line.message is None or line.message.usage is None:
            return None
        return ResponseLine(_time(line), line, line.message, line.message.usage)
    if kind == "cost-state":
        return lenient.convert(record, CostState)
    if kind == "session-owner":
        return lenient.convert(record, SessionOwner)
    if kind == "user":
        return _user_line(lenient.convert(record, sent.User), lenient.convert(record, TranscriptLine))
    if kind == "attachment":
        attached = lenient.convert(record, sent.Attached)
        return _queued(attached, lenient.convert(record, TranscriptLine))
    return None


_NO_PROMPT = UserLine(False, TranscriptLine(), None)


def _user_line(user: sent.User, line: TranscriptLine) -> UserLine:
    if not user.is_prompt:
        return _NO_PROMPT
    return UserLine(True, line, line.timestamp if user.is_sent and _is_dated(line) else None)


def _queued(attached: sent.Attached, line: TranscriptLine) -> UserLine | None:
    return UserLine(False, line, line.timestamp) if attached.is_sent and _is_dated(line) else None


def _time(line: TranscriptLine) -> datetime:
    """Raises MalformedLine where there is none, or an impossible one."""
    if line.timestamp is None or not _is_dated(line):
        raise MalformedLine
    return line.timestamp


def _is_dated(line: TranscriptLine) -> bool:
    return line.timestamp is not None and _EPOCH <= line.timestamp <= _END


def advice(usage: Usage) -> tuple[tuple[int, Advice], ...]:
    """What advisors used, with the indexes of their iterations; raises MalformedLine."""
    from providers.domain import lenient  # few logs need it

    try:
        found = msgspec.json.decode(usage.iterations)
        return tuple(
            (index, lenient.convert(each, Advice))
            for index, each in enumerate(found if isinstance(found, list) else ())
            if isinstance(each, dict) and each.get("type") == "advisor_message"
        )
    except _DAMAGE:
        raise MalformedLine from None


def _is_answer(text: bytes | bytearray) -> bool:
    """False for other lines, whatever their content; a line that is not a JSON object might have been one."""
    if text.isspace():
        return False
    try:
        head = _head.decode(text)
    except _DAMAGE:
        return True
    if head.type != "assistant":
        return False
    try:
        message = _message.decode(head.message)
    except _DAMAGE:
        return True  # such as a number beyond all bounds
    return isinstance(message.usage, dict) and message.model != _SYNTHETIC
