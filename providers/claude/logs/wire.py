"""The lines of a Claude Code transcript that count, as Claude Code 2.1 wrote them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

# Heads that are known to be irrelevant; whatever is unknown is parsed. Plain members come first, in any order,
# then the `type` of the line; only an answer has its `message` before it, and an attachment its `attachment`.
UNWANTED = re.compile(
    rb'\{(?:"(?!type"|attachment")\w{1,40}":(?:"[^"\\]{0,1024}+(?:\\.[^"\\]{0,1024}+){0,64}+"|true|false|null|\d{1,19}),){0,24}+'
    rb'"(?:type":"(?!assistant")[\w-]{1,64}"|attachment":\{"type":")'
)

# Years that a clock may show: beyond them a timestamp is damage.
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
_END = datetime(2200, 1, 1, tzinfo=UTC).timestamp()

# No response comes near a billion tokens: such a number is damage.
Count = Annotated[int, Meta(ge=0, le=10**9)]


class MalformedLine(ValueError):
    """A line that is no JSON object, has a field of another type than Claude Code's, or an impossible time."""


class CacheCreation(Struct, frozen=True, gc=False):
    ephemeral_1h_input_tokens: Count | None = None


class ServerToolUse(Struct, frozen=True, gc=False):
    web_search_requests: Annotated[int, Meta(ge=0, le=10**5)] | None = None


class Spent(Struct, frozen=True, gc=False):
    """Tokens as reported by Claude: the classes are disjoint, and 1-hour writes are a part of cache_creation."""

    input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: CacheCreation | None = None
    output_tokens: Count | None = None
    server_tool_use: ServerToolUse | None = None
    speed: Any = None


class Usage(Spent, frozen=True, gc=False):
    iterations: Raw = Raw(b"null")


class Advice(Spent, frozen=True, gc=False):
    """What the advisor, another model, used within a response: not in the usage of the response itself."""

    model: str | None = None


class Message(Struct, frozen=True, gc=False):
    id: str | None = None
    model: str | None = None
    stop_reason: Any = None
    usage: Usage | None = None


class TranscriptLine(Struct, frozen=True, gc=False, rename="camel"):
    type: str | None = None
    timestamp: Annotated[datetime, Meta(tz=True)] | None = None
    message: Message | None = None
    uuid: str | None = None
    request_id: str | None = None
    session_id: Any = None
    agent_id: Any = None
    is_sidechain: Any = None
    forked_from: Any = None
    cwd: Any = None


class ResponseLine(Struct, frozen=True, gc=False):
    """A line with usage; `at` in epoch seconds."""

    at: float
    line: TranscriptLine
    message: Message
    usage: Usage


class _Head(Struct):
    type: Any = None
    message: Raw = Raw(b"null")


class _Message(Struct):
    model: Any = None
    usage: Any = None


_line = msgspec.json.Decoder(TranscriptLine)
_head = msgspec.json.Decoder(_Head)
_message = msgspec.json.Decoder(_Message)
_DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)
_SYNTHETIC = "<synthetic>"  # text of the CLI itself in place of a response


def decode(text: bytes | bytearray) -> ResponseLine | None:
    """The response in a line, None for any other line; raises MalformedLine, and nothing else."""
    try:
        line = _line.decode(text)
    except _DAMAGE:
        if _is_answer(text):
            raise MalformedLine from None
        return None
    message = line.message
    if line.type != "assistant" or message is None or message.model == _SYNTHETIC:
        return None
    usage = message.usage
    if usage is None:
        return None
    if line.timestamp is None:
        raise MalformedLine
    at = line.timestamp.timestamp()
    if not _EPOCH <= at <= _END:
        raise MalformedLine
    return ResponseLine(at, line, message, usage)


def advice(usage: Usage) -> tuple[tuple[int, Advice], ...]:
    """What advisors used, with the indexes of their iterations; raises MalformedLine."""
    if b"advisor_message" not in bytes(usage.iterations):
        return ()
    try:
        found = msgspec.json.decode(usage.iterations)
        return tuple(
            (index, msgspec.convert(each, Advice))
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
        return False
    return isinstance(message.usage, dict) and message.model != _SYNTHETIC
