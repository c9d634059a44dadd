"""A long rollout in pieces, so that its responses need not all be in memory at once."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Raw
from msgspec.structs import replace

from providers.codex.logs.observation import ReaderObservation, decode_for_reader, encode
from providers.codex.logs.packed_lines import PackedLines, count_of
from providers.codex.logs.rollout import (
    EVENTS,
    NOTHING,
    RECORDS,
    Compaction,
    Record,
    Terms,
    TokenEvent,
    plus,
    turn_is_real,
)
from providers.domain.typed import msgpack_decoder

SIZE = 4096
"""Lines of a piece; all lines of a turn are in one."""
_DECODED = 64
"""Lines of each piece that are held decoded while there are no pieces yet."""


_lines = msgpack_decoder(list[Raw])
_record = msgpack_decoder(Record)
_event = msgpack_decoder(TokenEvent)


def pieces(observation: bytes, size: int = SIZE) -> Iterator[bytes] | None:
    """None where a line may depend on one that stands far from it: in a rollout that goes on from another one, or
    has turns without ids.

    Raises ValueError for an observation of another make.
    """
    kept = decode_for_reader(observation)
    if kept.state.base is not None or not all(turn_is_real(terms.turn) for terms in kept.terms):
        return None
    return _encoded(kept, size)


class _Piece:
    """Some turns, with their lines."""

    def __init__(self) -> None:
        self.terms: list[Terms] = []
        self.records = PackedLines(RECORDS, most=_DECODED)
        self.events = PackedLines(EVENTS, most=_DECODED)
        self.compactions: list[Compaction] = []


def _encoded(kept: ReaderObservation, size: int) -> Iterator[bytes]:
    messages = kept.messages
    found = _divided(kept, size)
    for place, piece in enumerate(found):
        found[place] = _Piece()  # to be forgotten
        turns = {terms.turn for terms in piece.terms}
        settings = {turn: setting for turn, setting in kept.settings.items() if turn in turns}
        own = piece.compactions, piece.terms, piece.records.encoded(), piece.events.encoded()
        yield encode(
            (kept.make, kept.state, messages, settings, kept.contexts, *own, kept.forgets, kept.foreign)
        )
        messages = []


def _divided(kept: ReaderObservation, size: int) -> list[_Piece]:
    turns = dict.fromkeys(terms.turn for terms in kept.terms)
    lines = count_of(kept.records) + count_of(kept.events)
    count = max(1, lines // size)
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
    for number, raw in enumerate(_lines.decode(kept.records)):
        record = _record.decode(raw)
        piece, terms_at = places[record.terms]
        same = compactions.get(number, ())
        piece.compactions += [replace(each, record=len(piece.records)) for each in same]
        piece.records.append(replace(record, terms=terms_at))
    total = NOTHING
    for raw in _lines.decode(kept.events):
        event = _event.decode(raw)
        total = plus(total, event.last) if event.total is None else event.total
        piece, terms_at = places[event.terms]
        piece.events.append(replace(event, total=total, terms=terms_at))
    return found
