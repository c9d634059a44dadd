"""A long transcript in pieces, so that its responses need not all be in memory at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from providers.claude.logs.growth import NO_USE
from providers.claude.logs.transcript import (
    MAKE,
    PackedObservation,
    ResponseRow,
    Served,
    encode,
    packed,
    row_start,
)

SIZE = 4096
"""Responses of a piece."""


def pieces(observation: bytes, size: int = SIZE) -> Iterator[bytes] | None:
    """None where a row may depend on one that stands far from it: in a session that has several accounts, tells
    what it used in all, or has the lines of its subagents among its own.

    Raises ValueError for an observation of another make.
    """
    kept = packed(observation)
    accounts = {place.account for place in kept.places if place.account}
    roles = {place.session == place.root for place in kept.places}
    if kept.states or len(accounts) > 1 or len({place.root for place in kept.places}) > 1 or len(roles) > 1:
        return None
    return _pieces(kept, _owner(kept), size)


def _owner(kept: PackedObservation) -> list[ResponseRow]:
    """A row of no usage, of the time from when on the session has an account; none without one."""
    labelled = {number for number, place in enumerate(kept.places) if place.account}
    if not labelled:
        return []
    rows = (row_start(row) for row in kept.rows)
    first = min(((row.at, row.place) for row in rows if row.place in labelled), default=None)
    return [] if first is None else [ResponseRow(-1, "", *first, len(kept.served), NO_USE)]


def _pieces(kept: PackedObservation, owner: Sequence[ResponseRow], size: int) -> Iterator[bytes]:
    served = [*kept.served, Served("", "", "")]
    messages = kept.messages
    for start in range(0, max(1, len(kept.rows)), size):
        rows = [*kept.rows[start : start + size], *owner]
        yield encode((MAKE, 0, kept.places, messages, served, rows, [], 0.0, "", None))
        messages = []
