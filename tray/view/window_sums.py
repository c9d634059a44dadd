"""Tokens and cost of each window of an account: tokens and cost, and the change to the one before. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import Tally
from providers.ledger.window_log import looked_at_every
from providers.ledger.windows import WindowRecord
from tray.view.window_events import end_of, is_open

Between = Callable[[Sequence[tuple[datetime, datetime]]], Sequence[Tally]]
"""What the account used in each of these spans: from one moment until before another one, which is not earlier."""


class WindowSum(Struct, frozen=True, kw_only=True):
    """`change` is how many tokens more were used than in the window before, in percent of those; None where one of
    both is not whole, or nothing was used in the one before. An `incomplete` one began before anybody looked, so
    that what was used in it may be missing.
    """

    record: WindowRecord
    tally: Tally
    current: bool
    incomplete: bool
    change: float | None = None


def window_sums(
    records: Sequence[WindowRecord], between: Between, now: datetime, first_look: datetime | None
) -> tuple[WindowSum, ...]:
    """Newest first. `records` are windows of one account and one id, oldest first; `first_look` is when the first
    of all its windows was seen first, None if unknown.
    """
    found = [
        WindowSum(
            record=record,
            tally=tally,
            current=is_open(record, now),
            incomplete=is_incomplete(record, first_look),
        )
        for record, tally in zip(records, between(spans_of(records, now)), strict=True)
    ]
    changed = [replace(after, change=_change(before, after)) for before, after in pairwise(found)]
    return (*reversed(changed), *found[:1])


def is_incomplete(record: WindowRecord, first_look: datetime | None) -> bool:
    """Whether it is the first one that was ever seen, and had begun long before."""
    if first_look is None or first_look < record.starts_at:
        return False
    return first_look - record.starts_at > looked_at_every(record.window)


def spans_of(records: Sequence[WindowRecord], now: datetime) -> list[tuple[datetime, datetime]]:
    """From when until when each of them lasted, or until now; never after the next one began: no response counts
    in two windows.
    """
    nexts = (*(record.starts_at for record in records[1:]), now)
    return [
        (record.starts_at, max(record.starts_at, min(end_of(record) or now, after)))
        for record, after in zip(records, nexts, strict=False)
    ]


def _change(before: WindowSum, after: WindowSum) -> float | None:
    used = before.tally.usage.total_tokens
    if not used or before.incomplete or after.incomplete or after.current:
        return None
    return 100.0 * (after.tally.usage.total_tokens - used) / used
