"""Whether what lies in a span of time may be another than before, by the checksums of its parts. Read-only."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Sequence

from providers.ledger.log_checksums import has_checksums

_LARGEST = 2**63 - 1

Span = tuple[int, int]
"""From when until before when, in epoch ms."""


def span_states(db: sqlite3.Connection, groups: Sequence[Sequence[Span]]) -> list[list[int]] | None:
    """A number for each span, which is another whenever a part that lies in it is. The spans of a group are by
    time, and none begins before the one before it has ended. None where the ledger, an older one, has no checksums
    yet.
    """
    if not has_checksums(db):
        return None
    states = [[0] * len(spans) for spans in groups]
    since = min((spans[0][0] for spans in groups if spans), default=None)
    if since is None:
        return states
    ordered = [
        ([since for since, _ in spans], spans, own)
        for spans, own in zip(groups, states, strict=True)
        if spans
    ]
    for row in db.execute(
        "SELECT part, home, first_ms, last_ms, shown, hidden FROM part_checksums WHERE last_ms >= ?", (since,)
    ):
        weight = hash(row)  # of numbers alone: the same in every process
        for begins, spans, own in ordered:
            for place in range(bisect_right(begins, row[3]) - 1, -1, -1):
                if spans[place][1] <= row[2]:
                    break
                own[place] = (own[place] + weight) & _LARGEST
    return states
