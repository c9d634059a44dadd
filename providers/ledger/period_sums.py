"""What weeks and months came to that are over: each is read again only where something in it may have changed.

What was read last is in a file of the cache folder, which is never an authority and may be deleted at any time.
Read-only but for that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from providers.domain.cost import Tally
from providers.domain.stable_hash import stable_hash
from providers.domain.typed import json_decoder
from providers.host.atomic import write_whole
from providers.host.files import read_small
from providers.ledger.index import Homes, home_labels
from providers.ledger.span_states import Span, span_states
from providers.ledger.statements import placeholders
from providers.ledger.sums import PICO

_LARGEST = 1 << 20
_MOST = 400
_Kept = dict[Span, tuple[int, int, int, int]]
"""By span: its state, responses, those with a price, and 1e-12 USD."""


def period_sums(
    db: sqlite3.Connection, homes: Homes, spans: Sequence[Span], file: Path | None = None
) -> list[Tally | None]:
    """Dollars of these spans, which follow each other, of all of these homes and with what is not on lines;
    without tokens. None of a span before the first response, and of the one that it lies in a lower bound:
    `unpriced` is then not 0.
    """
    numbers = _numbers(db, homes)
    first = _first(db, numbers)
    if first is None:
        return [None] * len(spans)
    before = _load(file)
    states = span_states(db, [spans])
    whose = stable_hash(repr(numbers).encode())
    found: _Kept = {}
    for number, span in enumerate(spans):
        state = None if states is None else states[0][number] ^ whose
        kept = before.get(span)
        if kept is None or state is None or kept[0] != state:
            kept = (state or 0, *_read(db, numbers, span))
        found[span] = kept
    if states is not None:
        _save(file, before, found)
    return [_tally(found[span], span, first) for span in spans]


def _tally(kept: tuple[int, int, int, int], span: Span, first: int) -> Tally | None:
    _, responses, priced, pico = kept
    if span[1] <= first:
        return None
    begun = span[0] < first  # logs of before are gone, or there were none
    usd = pico / PICO if priced or not responses else None
    return Tally(responses=responses, usd=usd, unpriced=responses - priced + begun)


def _read(db: sqlite3.Connection, homes: Sequence[int], span: Span) -> tuple[int, int, int]:
    """A response that is in several homes counts once."""
    row = db.execute(
        "SELECT count(*), count(pico_usd), coalesce(sum(pico_usd), 0) FROM (SELECT pico_usd FROM parts p"  # noqa: S608
        " CROSS JOIN responses r ON r.part = p.id AND at_ms >= ?1 AND at_ms < ?2"
        " CROSS JOIN contexts c ON c.id = context WHERE p.last_ms >= ?1 AND p.first_ms < ?2"
        f" AND home IN ({', '.join(map(str, homes))}) GROUP BY part, at_ms, key)",
        span,
    ).fetchone()
    return row[0], row[1], row[2]


def _numbers(db: sqlite3.Connection, homes: Homes) -> list[int]:
    wanted: Mapping[tuple[str, str], str] = home_labels(homes)
    rows = db.execute("SELECT id, provider, path FROM homes NOT INDEXED")
    return sorted(number for number, provider, path in rows if (provider, path) in wanted)


def _first(db: sqlite3.Connection, homes: Sequence[int]) -> int | None:
    query = f"SELECT min(first_ms) FROM part_checksums WHERE home IN ({placeholders(homes)})"  # noqa: S608
    found: int | None = db.execute(query, tuple(homes)).fetchone()[0]
    return found


def _load(file: Path | None) -> _Kept:
    if file is None:
        return {}
    try:
        return {(row[0], row[1]): row[2:] for row in _decoder().decode(read_small(file, _LARGEST))}
    except (OSError, MemoryError, RecursionError, ValueError, msgspec.MsgspecError):
        return {}


def _save(file: Path | None, before: _Kept, found: _Kept) -> None:
    if file is None or all(before.get(span) == each for span, each in found.items()):
        return
    rows = sorted((*span, *each) for span, each in {**before, **found}.items())[-_MOST:]
    with suppress(OSError):
        write_whole(file, msgspec.json.encode(rows))


@cache
def _decoder() -> msgspec.json.Decoder[list[tuple[int, int, int, int, int, int]]]:
    return json_decoder(list[tuple[int, int, int, int, int, int]])
