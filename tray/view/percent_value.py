"""What one percent of a window is worth, in tokens and at API prices: an estimate from past windows. Pure.

No vendor says how its percentages are made. So each past window that was used enough gives a quotient of what the
logs hold of it and of how far it was used; their median is the estimate, and how far they differ its spread.

What is careful about it: servers round percentages, so that the lower ones tell little. A window of which only
a part was seen, or whose responses have no price, tells nothing, nor does one whose percentage rose while
nothing was logged here. What other machines used at the same time is in the percentage, not in the logs: the
value can only be higher.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from statistics import median

from msgspec import Struct

from providers.domain.cost import Tally
from providers.ledger.checksum import QUARTER_MS
from providers.ledger.epoch_ms import ms
from providers.ledger.history import RESET_SLACK, LimitChange
from providers.ledger.window_log import window_length
from providers.ledger.windows import WindowRecord
from tray.view.window_events import is_open
from tray.view.window_sums import Between

LEAST_USED = 10.0
"""Of less, rounding alone would change the value by a tenth and more."""
ROUNDED_BY = 1.0
"""Percent. Servers round up, down or to the nearest."""


HERE = 0.9
"""So much of what was used of a window must have been used while something was logged here."""


class PercentSample(Struct, frozen=True):
    """A window of which `tally` was used when `used_percent` was; not `here` if other devices used it, too."""

    used_percent: float
    tally: Tally
    here: bool = True


class ValueSpread(Struct, frozen=True):
    """Per percent; `low` and `high` are the extremes, with what rounding may have done."""

    low: float
    middle: float
    high: float


class PercentValue(Struct, frozen=True, kw_only=True):
    """`tokens` rests on so many `windows`, `usd` on the `priced_windows` of which all has a price; None without
    any. `elsewhere` is how many do not count since they were used on other devices, too.
    """

    windows: int
    elsewhere: int = 0
    tokens: ValueSpread
    priced_windows: int
    usd: ValueSpread | None


def percent_value(samples: Iterable[PercentSample]) -> PercentValue | None:
    """None where no window was used enough."""
    enough = [each for each in samples if each.used_percent >= LEAST_USED and each.tally.usage.total_tokens]
    usable = [each for each in enough if each.here]
    if not usable:
        return None
    priced = [each for each in usable if each.tally.usd and not each.tally.unpriced]
    return PercentValue(
        windows=len(usable),
        elsewhere=len(enough) - len(usable),
        tokens=_spread([(each.tally.usage.total_tokens, each.used_percent) for each in usable]),
        priced_windows=len(priced),
        usd=_spread([(each.tally.usd or 0.0, each.used_percent) for each in priced]) if priced else None,
    )


def samples(
    records: Sequence[WindowRecord],
    between: Between,
    now: datetime,
    is_here: Callable[[datetime, datetime], bool] = lambda _since, _until: True,
) -> list[PercentSample]:
    """Of the past windows of one id and account, oldest first, whose beginning was known and which were used
    enough: each until it was last seen, or until it was used up. `is_here` tells of such a span whether the
    account was used on this computer alone.
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
        PercentSample(min(record.used_percent, 100.0), tally, is_here(record.starts_at, until))
        for (record, until), tally in zip(usable, tallies, strict=True)
    ]


def share_here(
    changes: Sequence[LimitChange], quarters: Collection[int], since: datetime, until: datetime
) -> float | None:
    """Which part of what was used of a window in that span, from its begin on, was used while something was logged
    here; None if nothing was. `quarters` are those of an hour (epoch ms) with responses.

    Between two readings it counts as used here if there is any response, as far as a quarter before: servers count
    it a little later.
    """
    own = [change for change in changes if since <= change.at <= until]
    before, total, here, at = 0.0, 0.0, 0.0, since
    for change in own:
        rise = change.used_percent - before
        if rise > 0:
            total += rise
            first = (ms(at) // QUARTER_MS - 1) * QUARTER_MS
            here += (
                rise if any(each in quarters for each in range(first, ms(change.at) + 1, QUARTER_MS)) else 0.0
            )
            before = change.used_percent
        at = change.at
    return here / total if total else None


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
