"""The lines of a Codex rollout from which its limits are read, as Codex 0.3x to 0.171 wrote them.

Only what is needed is decoded, so that damage elsewhere on the line does not matter; and of a damaged line
the last whole record is taken.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from providers.codex.logs.wire import UNWANTED
from providers.domain import typed
from providers.domain.typed import json_decoder
from providers.ledger import damaged_line

_DAMAGE = (msgspec.MsgspecError, ValueError, RecursionError)
_RECORD = b'{"timestamp":'


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
_line: msgspec.json.Decoder[LimitsLine] = json_decoder(LimitsLine)


def decode_limits(text: bytes) -> LimitsLine | None:
    """The last record of a line with limits, or with the id of a turn or a thread; None for any other.

    Never raises.
    """
    is_single = text.rfind(_RECORD, 1) < 0
    if is_single and UNWANTED.match(text):  # most lines: one record, and not one of ours
        return None
    try:
        return _line.decode(text)
    except msgspec.ValidationError:
        if is_single:  # a record of another kind
            return None
    except _DAMAGE:
        pass
    found = map(_converted, reversed(damaged_line.read(text).records))
    return next((line for line in found if line is not None), None)


def _converted(record: dict[str, Any]) -> LimitsLine | None:
    try:
        line: LimitsLine = typed.convert(record, LimitsLine)
    except _DAMAGE:
        return None
    return line
