"""What one percent of a window is worth, in tokens and at API prices: an estimate from past windows. Pure.

No vendor says how its percentages are made. So each past window that was used enough gives a quotient of what the
logs hold of it and of how far it was used; their median is the estimate, and how far they differ its spread.

What is careful about it: servers round percentages, so that the lower ones tell little; a window of which only a
part was seen, or whose responses have no price, tells nothing; and what was used on other machines is in the
percentage, not in the logs, so that the value can only be higher.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median

from msgspec import Struct

from providers.domain.cost import Tally
from providers.ledger.history import RESET_SLACK
from providers.ledger.window_log import window_length
from providers.ledger.windows import WindowRecord
from tray.view.window_events import is_open
from tray.view.window_sums import Between

LEAST_USED = 10.0
"""Of less, rounding alone would change the value by a tenth and more."""
ROUNDED_BY = 1.0
"""Percent. Servers round up, down or to the nearest."""


class PercentSample(Struct, frozen=True):
    """A window of which `tally` was used when `used_percent` was."""

    used_percent: float
    tally: Tally


class ValueSpread(Struct, frozen=True):
    """Per percent; `low` and `high` are the extremes, with what rounding may have done."""

    low: float
    middle: float
    high: float


class PercentValue(Struct, frozen=True, kw_only=True):
    """`usd` rests on `priced_windows`, those of which all has a price; None without any. `tokens` rests on all."""

    windows: int
    tokens: ValueSpread
    priced_windows: int
    usd: ValueSpread | None


def percent_value(samples: Iterable[PercentSample]) -> PercentValue | None:
    """None where no window was used enough."""
    usable = [each for each in samples if each.used_percent >= LEAST_USED and each.tally.usage.total_tokens]
    if not usable:
        return None
    priced = [each for each in usable if each.tally.usd and not each.tally.unpriced]
    return PercentValue(
        windows=len(usable),
        tokens=_spread([(each.tally.usage.total_tokens, each.used_percent) for each in usable]),
        priced_windows=len(priced),
        usd=_spread([(each.tally.usd or 0.0, each.used_percent) for each in priced]) if priced else None,
    )


def samples(records: Sequence[WindowRecord], between: Between, now: datetime) -> list[PercentSample]:
    """Of the past windows of one id and account, oldest first, whose beginning was known and which were used
    enough: each until it was last seen, or until it was used up.
    """
    befores = (None, *records[:-1])
    usable = [
        (record, _counted_until(record))
        for before, record in zip(befores, records, strict=False)
        if record.used_percent >= LEAST_USED and not is_open(record, now) and _is_begin_known(record, before)
    ]
    usable = [(record, until) for record, until in usable if until > record.starts_at]
    tallies = between([(record.starts_at, until) for record, until in usable])
    return [
        PercentSample(min(record.used_percent, 100.0), tally)
        for (record, _), tally in zip(usable, tallies, strict=True)
    ]


def _counted_until(record: WindowRecord) -> datetime:
    """What is used beyond a full window is paid by credits, and no percent of it."""
    return record.spent_at if record.spent_at is not None else record.seen_at


def _is_begin_known(record: WindowRecord, before: WindowRecord | None) -> bool:
    """Whether it began with its `starts_at`, rather than that it was only seen first then."""
    if before is not None and before.ended_at == record.starts_at:
        return True
    length = window_length(record.window)
    resets_at = record.moved_from if record.moved else record.resets_at
    if length is None or resets_at is None:
        return False
    return abs(resets_at - length - record.starts_at) <= RESET_SLACK


def _spread(values: Sequence[tuple[float, float]]) -> ValueSpread:
    """Of amounts and the percentages they are of."""
    return ValueSpread(
        min(amount / (used + ROUNDED_BY) for amount, used in values),
        median(amount / used for amount, used in values),
        max(amount / (used - ROUNDED_BY) for amount, used in values),
    )
