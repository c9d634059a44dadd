"""The steps of time that responses and messages are summed by: quarters of an hour, or the days of a time zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from msgspec import Struct

from providers.ledger.checksum import QUARTER_MS
from providers.ledger.epoch_ms import ms

_DAY = timedelta(days=1)
_MOST_DAYS = 800
"""Each is looked at: for years on end, that would take longer than it saves."""


class Steps(Struct, frozen=True):
    """Each as long as the others, one after another from `first_ms` on (epoch ms)."""

    width_ms: int = QUARTER_MS
    first_ms: int = 0

    def start_of(self, column: str) -> str:
        """SQL for when the step begins that a time in this column is in."""
        return f"(({column} - {self.first_ms}) / {self.width_ms} * {self.width_ms} + {self.first_ms})"

    def start(self, at_ms: int) -> int:
        return (at_ms - self.first_ms) // self.width_ms * self.width_ms + self.first_ms


QUARTERS = Steps()


def days(start: datetime, end: datetime, zone: tzinfo) -> Steps:
    """The local days of this time; QUARTERS where the clocks change in it, and of very long ones."""
    count = (end - start) // _DAY + 3
    if count > _MOST_DAYS:
        return QUARTERS
    first = datetime.combine(start.astimezone(zone).date(), time.min, tzinfo=zone)
    if len({(first + number * _DAY).utcoffset() for number in range(count)}) > 1:
        return QUARTERS
    return Steps(_DAY // timedelta(milliseconds=1), ms(first))
