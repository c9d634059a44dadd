"""Which lines of a Claude Code transcript count, and how they are decoded (2.1.197 to 2.1.332)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from providers.claude.logs import sent
from providers.claude.logs.lines import (
    END,
    EPOCH,
    Advice,
    AskedByHook,
    Boundary,
    CostState,
    Line,
    PromptLine,
    ResponseLine,
    SessionOwner,
    Titled,
    TranscriptLine,
    Usage,
    UserLine,
)
from providers.domain.typed import json_decoder
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
    rb'|(?!assistant"|cost-state"|session-owner"|ai-title"|user"'
    rb'|system","subtype":"(?:compact_boundary|stop_hook_summary)")[\w-]{1,64}")'
    rb'|attachment":\{"type":"(?!queued_command"))'
)
# An answer has its tokens at the end of its message, before half a kilobyte of other members and its folder.
USAGE_END = (b'put_tokens":', 1024)


class _Head(Struct):
    type: Any = None
    message: Raw = Raw(b"null")


class _Message(Struct):
    model: Any = None
    usage: Any = None


class _Hook(Struct, rename="camel"):
    prompt_text: Any = None


class _System(Struct, rename="camel"):
    """A line of the program's own. Of the hooks at the end of a turn, those of type prompt have a text."""

    subtype: Any = None
    hook_infos: list[_Hook] = []


_line = json_decoder(TranscriptLine)
_prompt = json_decoder(PromptLine)
_head = json_decoder(_Head)
_message = json_decoder(_Message)
_system = json_decoder(_System)
_cost_state = json_decoder(CostState)
_owner = json_decoder(SessionOwner)
_DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)
_TOTAL = b'{"type":"cost-state",'
_PROMPT = b'"type":"user","message":{"role":"user","content":"'
_HEAD = 512  # bytes: before its type a prompt has few and short members
_SYNTHETIC = "<synthetic>"  # text of the CLI itself in place of a response


def decode(text: bytes | bytearray) -> Line | None:
    """What a line says, None for an irrelevant one; raises MalformedLine, and nothing else."""
    if text.startswith(_TOTAL) and (total := _decode_total(text)) is not None:
        return total
    if text.find(_PROMPT, 0, _HEAD) >= 0 and (prompt := _decode_prompt(text)) is not None:
        return prompt
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
        if at is None or not EPOCH <= at <= END:
            raise MalformedLine
        return ResponseLine(at, line, message, message.usage)
    try:
        return _decode_other(text, line)
    except _DAMAGE:
        raise MalformedLine from None


def _decode_total(text: bytes | bytearray) -> CostState | None:
    """A total as Claude Code writes it, in one pass; None for a damaged one."""
    try:
        return _cost_state.decode(text)
    except _DAMAGE:
        return None


def _decode_prompt(text: bytes | bytearray) -> UserLine | None:
    """A prompt in the shape that nearly all have, without its text; None for any other line."""
    try:
        line = _prompt.decode(text)
    except _DAMAGE:
        return None
    message = line.message
    if line.type != "user" or message is None or message.usage is not None:
        return None
    if not sent.is_plainly_written(message.content):
        return None
    if line.is_meta or line.is_compact_summary:
        return _NO_PROMPT
    by_person = sent.is_persons_turn(line.origin, line.turn_origin) and _is_dated(line)
    return UserLine(True, line, line.timestamp if by_person else None)


def _decode_other(text: bytes | bytearray, line: TranscriptLine) -> Line | None:
    if line.type == "user":
        return _user_line(sent.decode_user(text), line)
    if line.type == "cost-state":
        return _cost_state.decode(text)
    if line.type == "session-owner":
        return _owner.decode(text)
    if line.type == "attachment":
        return _queued(sent.decode_attached(text), line)
    if line.type == "ai-title":
        return Titled(line.session_id)
    return _decode_system(text, line) if line.type == "system" and line.timestamp is not None else None


def _decode_system(text: bytes | bytearray, line: TranscriptLine) -> Boundary | AskedByHook | None:
    found = _system.decode(text)
    if found.subtype == "stop_hook_summary":
        return AskedByHook(line) if any(each.prompt_text for each in found.hook_infos) else None
    return Boundary(_time(line), line)


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
    return line.timestamp is not None and EPOCH <= line.timestamp <= END


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
