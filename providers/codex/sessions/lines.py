"""The lines of a rollout that say what its session does now, as Codex 0.98 to 0.171 write them.

A line of tokens, of a message or of a tool's output may be long; of most lines the first bytes tell that they
say nothing here, and of an output only its first words are looked at.
"""

# Annotations are no strings here: to evaluate each of them, msgspec would take a millisecond.

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from providers.codex.logs.wire import DAMAGE, EARLIEST, LATEST
from providers.domain.typed import json_decoder

_HEAD = re.compile(
    rb'\{"timestamp":"([^"]{0,64})",(?:"ordinal":[0-9]{1,19},)?'
    rb'"type":"(\w{1,64})","payload":\{(?:"type":"(\w{1,64})")?'
)
_TIME = re.compile(rb'\{"timestamp":"([^"]{0,64})"')
_EVENTS = frozenset(
    (
        *(b"task_started", b"turn_started", b"task_complete", b"turn_complete", b"turn_aborted"),
        *(b"token_count", b"user_message", b"agent_message", b"item_completed", b"exec_command_end"),
    )
)
_ITEMS = frozenset(
    (
        *(b"function_call", b"custom_tool_call", b"local_shell_call"),
        *(b"function_call_output", b"custom_tool_call_output"),
    )
)
_TELLING_ITEMS = re.compile(rb'"item":\{"type":"(?:CommandExecution|UserMessage|AgentMessage)"')
_OUTPUT_BYTES = 512
_MISSING = Raw(b"null")


class CompletedItem(Struct, frozen=True):
    """What was completed: of a message, without its words."""

    type: Any = None
    id: Any = None
    process_id: Any = None
    questions: Any = None


class Payload(Struct, frozen=True):
    """All members that matter of any payload; what a line does not have is None."""

    type: Any = None
    # session_meta
    id: Any = None
    session_id: Any = None
    parent_thread_id: Any = None
    cwd: Any = None
    originator: Any = None
    cli_version: Any = None
    timestamp: Any = None
    source: Any = None
    git: Any = None
    agent_nickname: Any = None
    agent_path: Any = None
    # turn_context, task_started, task_complete
    turn_id: Any = None
    model: Any = None
    effort: Any = None
    approval_policy: Any = None
    approvals_reviewer: Any = None
    model_context_window: Any = None
    error: Any = None
    # token_count
    info: Any = None
    # item_completed
    item: CompletedItem = CompletedItem()
    # calls and their outputs
    call_id: Any = None
    name: Any = None
    namespace: Any = None
    arguments: Any = None
    input: Any = None
    action: Any = None
    output: Raw = _MISSING


class TellingLine(Struct, frozen=True):
    timestamp: Annotated[datetime, Meta(tz=True)]
    type: str
    payload: Payload


_decode = json_decoder(TellingLine).decode


def kind_of(line: bytes) -> tuple[bytes, bytes]:
    """Its type, and that of its payload; empty where it has none. ("", "") for what is no line of a rollout."""
    head = _HEAD.match(line)
    return (head[2], head[3] or b"") if head else (b"", b"")


def counts(kind: bytes, inner: bytes) -> tuple[int, int]:
    """How many turns begin, and how many compactions happen, in a line of this kind."""
    starts = kind == b"event_msg" and inner in (b"task_started", b"turn_started")
    return int(starts), int(kind == b"compacted")


def decoded(line: bytes, kind: bytes, inner: bytes) -> TellingLine | None:
    """None for a line that says nothing about the present, and for a damaged one."""
    if kind == b"event_msg":
        telling = inner in _EVENTS and (inner != b"item_completed" or _TELLING_ITEMS.search(line, 0, 512))
    elif kind == b"response_item":
        telling = inner in _ITEMS
    else:
        telling = kind in (b"session_meta", b"turn_context")
    if not telling:
        return None
    try:
        known = _decode(line)
    except DAMAGE:
        return None
    return known if EARLIEST <= known.timestamp <= LATEST else None


def time_of(line: bytes) -> datetime | None:
    """When it was written, of any line or of its first bytes."""
    head = _TIME.match(line)
    if head is None:
        return None
    try:
        at = datetime.fromisoformat(head[1].decode())
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo and EARLIEST <= at <= LATEST else None


def output_head(payload: Payload) -> str:
    """What a tool says of how it went, before what it printed."""
    head = bytes(memoryview(payload.output)[:_OUTPUT_BYTES]).decode("utf-8", "replace")
    return head.partition("Output:")[0]
