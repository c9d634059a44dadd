"""Blocks of five hours, as Claude's session window counts them. Pure: the clock is an argument.

A block begins with the hour, in UTC, of the first response that no earlier block holds, and lasts five hours
whatever happens in it; the next one begins with the next response. So gaps are in no block, and two never
overlap. ccusage counts them the same way. It is what logs can tell of the 5-hour window: the server's own may
begin elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from providers.domain.cost import BlockCost, Burn, Projection
from providers.ledger.epoch_ms import moment
from providers.ledger.query import Slice
from providers.ledger.sums import Sum, model_of, tallies

LENGTH = timedelta(hours=5)
LOOK_BACK = timedelta(days=7)
"""Where a block begins follows from the one before it, back to a pause of five hours: a week has one."""
_HOUR_MS = 3_600_000
_LAST_START = datetime.max.replace(tzinfo=UTC) - LENGTH
"""A log may name the last day of the calendar."""
LENGTH_MS = 5 * _HOUR_MS
_SHORTEST = timedelta(minutes=15)
"""A busy minute says nothing of the hours to come."""


def blocks(slices: Iterable[Slice], wanted: Collection[int], now: datetime) -> tuple[BlockCost, ...]:
    """Oldest first. Only the slices of the `wanted` quarters are summed; a block without any is absent."""
    found: list[tuple[int, list[Slice]]] = []
    end = 0
    for each in sorted(slices, key=lambda each: each.quarter):
        if not found or each.quarter >= end:
            found.append((_start_ms(each.quarter), []))
            end = found[-1][0] + LENGTH_MS
        found[-1][1].append(each)
    return tuple(
        block_cost(start_ms, whole, own, now)
        for start_ms, whole in found
        if (own := [each for each in whole if each.quarter in wanted])
    )


def starts(quarters: Iterable[int]) -> list[int]:
    """When the blocks begin that hold these quarters of an hour, in order (all epoch ms)."""
    found: list[int] = []
    end = 0
    for quarter in quarters:
        if not found or quarter >= end:
            found.append(_start_ms(quarter))
            end = found[-1] + LENGTH_MS
    return found


def _start_ms(quarter: int) -> int:
    return quarter // _HOUR_MS * _HOUR_MS


def block_cost(start_ms: int, whole: list[Slice], own: list[Slice], now: datetime) -> BlockCost:
    """Of a block with these slices, of which only its `own` are summed."""
    started_at = moment(start_ms)
    ends_at = min(started_at, _LAST_START) + LENGTH
    running = started_at <= now < ends_at
    burn = _burn(whole, now) if running else None
    return BlockCost(
        started_at=started_at,
        ends_at=ends_at,
        first_at=moment(min(each.first_ms for each in own)),
        last_at=moment(max(each.last_ms for each in own)),
        tally=Sum(own).tally(),
        by_model=tallies(own, model_of),
        running=running,
        burn=burn,
        projection=None if burn is None else _projection(whole, burn, ends_at - now),
    )


def _burn(whole: list[Slice], now: datetime) -> Burn | None:
    """Since the first response until now, pauses included; None while that is too short."""
    used = now - moment(min(each.first_ms for each in whole))
    if used < _SHORTEST:
        return None
    hours, so_far = used / timedelta(hours=1), Sum(whole).tally()
    return Burn(
        usd_per_hour=None if so_far.usd is None else so_far.usd / hours,
        tokens_per_hour=so_far.usage.total_tokens / hours,
        over_minutes=round(hours * 60),
    )


def _projection(whole: list[Slice], burn: Burn, left: timedelta) -> Projection:
    hours, so_far = left / timedelta(hours=1), Sum(whole).tally()
    return Projection(
        usd=None
        if so_far.usd is None or burn.usd_per_hour is None
        else so_far.usd + burn.usd_per_hour * hours,
        tokens=so_far.usage.total_tokens + burn.tokens_per_hour * hours,
    )
