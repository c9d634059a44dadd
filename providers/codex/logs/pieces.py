"""A long rollout in pieces, so that its responses need not all be in memory at once."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from providers.codex.logs.observation import ObservationStart, encode
from providers.codex.logs.rollout import (
    NOTHING,
    Compaction,
    Record,
    Terms,
    TokenEvent,
    plus,
    turn_is_real,
)
from providers.logs import unpacked

SIZE = 4096
"""Lines of a piece; all lines of a turn are in one."""


class _Long(ObservationStart):
    """An observation whose lines are not decoded yet."""

    records: list[Raw]
    events: list[Raw]
    forgets: list[int]
    foreign: set[str]


_decoder = msgspec.msgpack.Decoder(_Long)
_record = msgspec.msgpack.Decoder(Record)
_event = msgspec.msgpack.Decoder(TokenEvent)


def pieces(observation: bytes, size: int = SIZE) -> Iterator[bytes] | None:
    """None where a line may depend on one that stands far from it: in a rollout that goes on from another one, or
    has turns without ids.

    Raises ValueError for an observation of another make.
    """
    kept = unpacked(observation, _decoder)
    if kept.state.base is not None or not all(turn_is_real(terms.turn) for terms in kept.terms):
        return None
    return _encoded(kept, size)


class _Piece(Struct):
    """Some turns, with their lines."""

    terms: list[Terms] = []
    records: list[Raw] = []
    events: list[Raw] = []
    compactions: list[Compaction] = []


def _encoded(kept: _Long, size: int) -> Iterator[bytes]:
    messages = kept.messages
    found = _divided(kept, size)
    for place, piece in enumerate(found):
        found[place] = _Piece()  # to be forgotten
        turns = {terms.turn for terms in piece.terms}
        settings = {turn: setting for turn, setting in kept.settings.items() if turn in turns}
        own = piece.compactions, piece.terms, piece.records, piece.events
        yield encode(
            (kept.make, kept.state, messages, settings, kept.contexts, *own, kept.forgets, kept.foreign)
        )
        messages = []


def _divided(kept: _Long, size: int) -> list[_Piece]:
    turns = dict.fromkeys(terms.turn for terms in kept.terms)
    count = max(1, (len(kept.records) + len(kept.events)) // size)
    found = [_Piece() for _ in range(count)]
    of_turn = {turn: found[number * count // len(turns)] for number, turn in enumerate(turns)}
    places: list[tuple[_Piece, int]] = []
    for terms in kept.terms:
        piece = of_turn[terms.turn]
        places.append((piece, len(piece.terms)))
        piece.terms.append(terms)
    compactions: dict[int, list[Compaction]] = {}
    for each in kept.compactions:
        compactions.setdefault(each.record, []).append(each)
    for number, raw in enumerate(kept.records):
        record = _record.decode(raw)
        piece, terms_at = places[record.terms]
        same = compactions.get(number, ())
        piece.compactions += [replace(each, record=len(piece.records)) for each in same]
        piece.records.append(Raw(encode(replace(record, terms=terms_at))))
    total = NOTHING
    for raw in kept.events:
        event = _event.decode(raw)
        total = plus(total, event.last) if event.total is None else event.total
        piece, terms_at = places[event.terms]
        piece.events.append(Raw(encode(replace(event, total=total, terms=terms_at))))
    return found
