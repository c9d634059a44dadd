"""Blocks of five hours, newest first, each of one provider."""

# ruff: noqa: S608 - nothing but column names and placeholders is put into a statement

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from providers.domain.cost import BlockCost
from providers.ledger.blocks import LOOK_BACK, blocks
from providers.ledger.epoch_ms import ms
from providers.ledger.query import Slice
from providers.ledger.rollup.selection import Selection
from providers.ledger.rollup.store import ADDED
from providers.ledger.rollup.tallies import where_dim

_LOOK_BACK_MS = round(LOOK_BACK.total_seconds() * 1000)
_STEP_MS = 40 * 24 * 3_600_000


class ProviderBlock(Struct, frozen=True):
    provider: str
    block: BlockCost


def recent_blocks(
    db: sqlite3.Connection, selection: Selection, now: datetime, limit: int
) -> list[ProviderBlock]:
    """When they begin follows from all responses of the provider, whatever else is selected."""
    start, end = selection.span
    first, last = db.execute("SELECT min(quarter), max(quarter) FROM slices").fetchone()
    if first is None:
        return []
    start, end = max(start, first), min(end, last + 1)
    step = _STEP_MS
    while True:
        since = max(start, end - step)
        found = _since(db, selection, since, end, now)
        # What began before may have more than was looked at.
        whole = sum(ms(each.block.started_at) >= since for each in found)
        if since == start or whole >= limit:
            return found[:limit]
        step *= 4


def _since(
    db: sqlite3.Connection, selection: Selection, since_ms: int, end_ms: int, now: datetime
) -> list[ProviderBlock]:
    where, values = where_dim(selection.filters)
    rows = db.execute(
        f"SELECT provider, quarter, model, {where} AS is_own, min(first_ms), max(last_ms), {ADDED}"
        " FROM slices s CROSS JOIN named d ON d.dim = s.dim"
        " WHERE quarter >= ? AND quarter < ? AND beyond = 0 GROUP BY 1, 2, 3, 4",
        (*values, since_ms - _LOOK_BACK_MS, end_ms),
    )
    by_provider: dict[str, list[tuple[Slice, bool]]] = {}
    for provider, quarter, model, is_own, first_ms, last_ms, responses, priced, pico_usd, *tokens in rows:
        texts = ("", "", "", "", model, "", "")
        of_model = Slice(
            quarter, *texts, False, responses, priced, tuple(tokens), pico_usd, first_ms, last_ms
        )
        by_provider.setdefault(provider, []).append((of_model, bool(is_own)))
    found = [
        ProviderBlock(provider, block)
        for provider, slices in by_provider.items()
        for block in _blocks(slices, since_ms, now)
    ]
    return sorted(found, key=lambda each: (each.block.started_at, each.provider), reverse=True)


def _blocks(slices: Sequence[tuple[Slice, bool]], since_ms: int, now: datetime) -> tuple[BlockCost, ...]:
    own = {id(each) for each, is_own in slices if is_own}
    wanted = {each.quarter for each, _ in slices if each.quarter >= since_ms}
    return blocks([each for each, _ in slices], wanted, now, lambda each: id(each) in own)
