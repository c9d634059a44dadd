"""The members of a transcript's lines that tell what a session is doing (2.1.30 to 2.1.332).

What may be large or of any shape stays undecoded until it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct

from providers.domain import scalars
from providers.domain.typed import json_decoder

_T = TypeVar("_T")

_NOTHING = Raw(b"null")
_DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)


class LiveLine(Struct, gc=False, rename="camel"):
    parent_uuid: Any = UNSET
    type: Any = None
    subtype: Any = None
    timestamp: Any = None
    is_sidechain: Any = None
    is_meta: Any = None
    is_compact_summary: Any = None
    is_api_error_message: Any = None
    agent_id: Any = None
    message: Raw = _NOTHING
    attachment: Raw = _NOTHING
    tool_use_result: Raw = _NOTHING
    session_id: Any = None
    cwd: Any = None
    version: Any = None
    git_branch: Any = None
    effort: Any = None
    entrypoint: Any = None
    origin: Any = None
    turn_origin: Any = None
    custom_title: Any = None
    ai_title: Any = None
    summary: Any = None
    content: Raw = _NOTHING

    @property
    def at(self) -> datetime | None:
        return scalars.moment(self.timestamp)


class LiveUsage(Struct, gc=False):
    input_tokens: Any = None
    cache_read_input_tokens: Any = None
    cache_creation_input_tokens: Any = None

    @property
    def prompt(self) -> int:
        """How many tokens the model was sent."""
        counts = (self.input_tokens, self.cache_read_input_tokens, self.cache_creation_input_tokens)
        return sum(max(0, scalars.whole(each) or 0) for each in counts)


class LiveMessage(Struct, gc=False):
    model: Any = None
    stop_reason: Any = None
    usage: Raw = _NOTHING
    content: Raw = _NOTHING

    def blocks(self) -> Iterator[MessageBlock]:
        """Of a text none."""
        for raw in _list(self.content):
            if (block := _decoded(raw, _block)) is not None:
                yield block

    @property
    def prompt(self) -> int:
        usage = _decoded(self.usage, _usage)
        return usage.prompt if usage else 0


class MessageBlock(Struct, gc=False):
    type: Any = None
    id: Any = None
    name: Any = None
    text: Raw = _NOTHING
    input: Raw = _NOTHING
    tool_use_id: Any = None


class _Attachment(Struct, gc=False):
    type: Any = None


class ToolResult(Struct, gc=False, rename="camel"):
    """What the program knows of a tool's end: of one that goes on in the background its id there."""

    is_async: Any = None
    agent_id: Any = None
    background_task_id: Any = None

    @property
    def background(self) -> str | None:
        task = self.agent_id if self.is_async is True else self.background_task_id
        return task if isinstance(task, str) and task else None


_line = json_decoder(LiveLine)
_message = json_decoder(LiveMessage)
_usage = json_decoder(LiveUsage)
_block = json_decoder(MessageBlock)
_blocks = json_decoder(list[Raw])
_attachment = json_decoder(_Attachment)
_result = json_decoder(ToolResult)
_object = json_decoder(dict[str, Any])


def decode(line: bytes) -> LiveLine | None:
    """None for what is no JSON object."""
    return _decoded(line, _line)


def message_of(line: LiveLine) -> LiveMessage | None:
    return _decoded(line.message, _message)


def attachment_type(line: LiveLine) -> object:
    attached = _decoded(line.attachment, _attachment)
    return attached.type if attached else None


def result_of(line: LiveLine) -> ToolResult | None:
    return _decoded(line.tool_use_result, _result)


def text_of(content: Raw) -> str | None:
    """A content, or a text, that is a string."""
    text = value_of(content) if bytes(content).startswith(b'"') else None
    return text if isinstance(text, str) else None


def value_of(content: Raw) -> Any:
    try:
        return msgspec.json.decode(content)
    except _DAMAGE:
        return None


def members_of(raw: Raw) -> dict[str, Any]:
    return _decoded(raw, _object) or {}


def _list(content: Raw) -> list[Raw]:
    if not bytes(content).startswith(b"["):
        return []
    return _decoded(content, _blocks) or []


def _decoded(raw: bytes | Raw, decoder: msgspec.json.Decoder[_T]) -> _T | None:
    try:
        return decoder.decode(raw)
    except _DAMAGE:
        return None
