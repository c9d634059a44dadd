"""The lines of a Codex rollout from which its limits are read, as Codex 0.3x to 0.171 wrote them.

Only what is needed is decoded, so that damage beside it does not matter; and of a damaged line the last whole
record is taken. Two writers, or a killed one, leave `{cut{whole}`, `{whole}{whole}` or runs of NUL on one line;
JavaScript writes halves of surrogate pairs, which are valid JSON and no valid text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from providers.codex.logs.wire import UNWANTED

_DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)
_RECORD = b'{"timestamp":'
_MOST_RECORDS = 8
_AROUND = b"\x00 \t\r\n"
_BOM = b"\xef\xbb\xbf"


class _Line(Struct, frozen=True, kw_only=True, tag_field="type"):
    timestamp: Annotated[datetime, Meta(tz=True)]


class MetaOfLimits(Struct, frozen=True):
    """A session's head, as the limits read it."""

    id: str
    forked_from_id: Any = None
    parent_thread_id: Any = None
    source: Any = None

    @property
    def has_parent(self) -> bool:
        is_subagent = isinstance(self.source, dict) and "subagent" in self.source
        return bool(self.forked_from_id or self.parent_thread_id or is_subagent)


class _SessionLine(_Line, frozen=True, kw_only=True, tag="session_meta"):
    payload: MetaOfLimits


class TurnOfLimits(Struct, frozen=True):
    """The beginning of a turn, as its context states it."""

    turn_id: str | None = None


class _ContextLine(_Line, frozen=True, kw_only=True, tag="turn_context"):
    payload: TurnOfLimits


class TaskBegun(TurnOfLimits, frozen=True, tag="task_started"):
    """The beginning of a turn, as an event."""


class TurnBegun(TurnOfLimits, frozen=True, tag="turn_started"):
    """The same in a later version."""


class TokenCountLimits(Struct, frozen=True, tag="token_count"):
    """Limits as sent, and the tokens beside them, for comparison."""

    info: Any = None
    rate_limits: Any = None

    @property
    def total_token_usage(self) -> Any:
        return self.info.get("total_token_usage") if isinstance(self.info, dict) else None


class _EventLine(_Line, frozen=True, kw_only=True, tag="event_msg"):
    payload: TokenCountLimits | TaskBegun | TurnBegun


LimitsLine = _SessionLine | _ContextLine | _EventLine
_line: msgspec.json.Decoder[LimitsLine] = msgspec.json.Decoder(LimitsLine)


def decode_limits(text: bytes) -> LimitsLine | None:
    """The last record of a line with limits, or with the id of a turn or a thread; None for any other.

    Never raises.
    """
    if text.rfind(_RECORD, 1) < 0 and UNWANTED.match(text):  # most lines: one record, and not one of ours
        return None
    return next((found for found in map(_decode, _records(text)) if found is not None), None)


def _records(text: bytes) -> Iterator[bytes]:
    """What may be the last whole record of a line: all of it, then from each beginning of a record, last first.

    The quotes of a text inside a record are escaped, so that no beginning is found there; and an object inside a
    record that is whole is followed by its end, so that it is none of its own.
    """
    yield text
    stop = len(text)
    for _ in range(_MOST_RECORDS):
        start = text.rfind(_RECORD, 0, stop)
        if start < 0:
            break
        yield text[start:]
        yield text[start:stop]
        stop = start
    yield text[: text.rfind(b"}") + 1]


def _decode(text: bytes) -> LimitsLine | None:
    record = text.strip(_AROUND).removeprefix(_BOM)
    if UNWANTED.match(record):
        return None
    try:
        return _line.decode(record)
    except msgspec.ValidationError:  # a record of another kind
        return None
    except _DAMAGE:
        return _decode_odd_text(record)


def _decode_odd_text(record: bytes) -> LimitsLine | None:
    """By Python's own reader: it is slow, and accepts any text."""
    try:
        found: LimitsLine = msgspec.convert(
            json.loads(record.decode(errors="replace"), strict=False), LimitsLine
        )
    except _DAMAGE:
        return None
    return found
