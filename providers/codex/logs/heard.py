"""Which lines of a rollout are messages of the person, as Codex 0.42 to 0.171 wrote them.

Typed, queued, steered and given to `exec`, all have such a line; commands of the TUI and shell lines (`!`) have
none, nor what Codex itself adds. What a subagent is asked is by the model that started it, and left out.
"""

from __future__ import annotations

from datetime import datetime

from providers.codex.logs import wire
from providers.codex.logs.observation import ASKED, ENTERED, NONE, ReaderState
from providers.codex.logs.rollout import Message, born_at, is_uuid
from providers.domain.stable_hash import stable_hash
from providers.ledger.epoch_ms import ms

Heard = wire.UserMessage | wire.ItemCompleted | wire.EnteredReview | wire.ExitedReview


def enter_turn(state: ReaderState, turn: str | None) -> None:
    if (turn or None) != state.turn:
        state.turn, state.heard = turn or None, 0
        if state.reviewing == ASKED:
            state.reviewing = NONE


def message(state: ReaderState, at: datetime, payload: Heard) -> Message | None:
    """None where the line is none of the person's."""
    if isinstance(payload, wire.ItemCompleted):
        if payload.item.type == "UserMessage":
            return _message(state, at, wire.text_or_none(payload.item.id))
    elif isinstance(payload, wire.UserMessage):
        return _message(state, at, None)
    else:
        state.reviewing = ENTERED if isinstance(payload, wire.EnteredReview) else NONE
    return None


def _message(state: ReaderState, at: datetime, id_: str | None) -> Message | None:
    if state.is_subagent or state.reviewing == ASKED:
        return None
    if state.reviewing == ENTERED:
        state.reviewing = ASKED
    number, turn = state.heard, state.turn
    state.heard += 1
    if id_ is None or not is_uuid(id_):
        if turn is None or not is_uuid(turn):
            return Message(None, ms(at), None)
        id_, name = turn, f"{turn} {number}"
    else:
        name = id_
    # Only a fork has copies, whose lines are later than what they say.
    return Message(
        stable_hash(name.encode()), ms(at), born_at(id_) if state.parents - {state.thread} else None
    )
