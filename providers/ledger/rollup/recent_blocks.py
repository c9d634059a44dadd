"""Blocks of five hours, newest first, each of one provider."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from heapq import merge
from operator import itemgetter

from msgspec import Struct

from providers.domain.cost import BlockCost
from providers.ledger.blocks import LENGTH_MS, LOOK_BACK, block_cost, starts
from providers.ledger.query import Slice
from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.selection import Selection
from providers.ledger.rollup.store import ADDED
from providers.ledger.rollup.tallies import used_spans, where_dim

_LOOK_BACK_MS = round(LOOK_BACK.total_seconds() * 1000)


class ProviderBlock(Struct, frozen=True):
    provider: str
    block: BlockCost


def recent_blocks(
    db: sqlite3.Connection, days: DaySums, selection: Selection, now: datetime, limit: int
) -> list[ProviderBlock]:
    """When they begin follows from all responses of the provider, whatever else is selected."""
    providers = [row[0] for row in db.execute("SELECT DISTINCT provider FROM dims WHERE beyond = 0")]
    if selection.provider is not None:
        providers = [each for each in providers if each == selection.provider]
    used = list(used_spans(db, days, selection, selection.span)) if selection.filters else [selection.span]
    by_start = [
        [(start, provider) for start in _starts(db, provider, selection.span, used)] for provider in providers
    ]
    found: list[ProviderBlock] = []
    for start, provider in merge(*by_start, key=itemgetter(0, 1), reverse=True):
        if len(found) >= limit:
            break
        block = _block(db, provider, start, selection, now)
        if block is not None:
            found.append(ProviderBlock(provider, block))
    return found


def _starts(
    db: sqlite3.Connection, provider: str, span: tuple[int, int], used: Sequence[tuple[int, int]]
) -> list[int]:
    """When its blocks began, newest first, of those that reach into the spans `used` (newest first)."""
    rows = db.execute(
        "SELECT quarter FROM used WHERE provider = ? AND quarter >= ? AND quarter < ? ORDER BY quarter",
        (provider, span[0] - _LOOK_BACK_MS, span[1]),
    )
    found = []
    left = list(reversed(used))
    for start in reversed(starts(row[0] for row in rows)):
        while left and left[-1][0] >= start + LENGTH_MS:
            left.pop()
        if left and left[-1][1] > start:
            found.append(start)
    return found


def _block(
    db: sqlite3.Connection, provider: str, start: int, selection: Selection, now: datetime
) -> BlockCost | None:
    """None where nothing of it is selected."""
    where, values = where_dim(selection.filters)
    rows = db.execute(
        f"SELECT quarter, model, min(first_ms), max(last_ms), {ADDED} FROM slices s"
        " CROSS JOIN named d ON d.dim = s.dim"
        f" WHERE quarter >= ? AND quarter < ? AND provider = ? AND beyond = 0 AND {where} GROUP BY 1, 2",
        (start, start + LENGTH_MS, provider, *values),
    )
    whole = [
        Slice(quarter, "", "", "", "", model, "", "", False, count, priced, tokens, pico_usd, first, last)
        for quarter, model, first, last, count, priced, pico_usd, *tokens in rows
    ]
    first_ms, end_ms = selection.span
    own = [each for each in whole if first_ms <= each.quarter < end_ms]
    return block_cost(start, whole, own, now) if own else None
