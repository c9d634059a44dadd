"""Days in the order of what was used in them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, get_args

from msgspec import Struct

from providers.domain.cost import Tally

Sort = Literal["total", "input", "cache_read", "cache_write", "output", "cost", "sessions", "date"]
SORTS: tuple[Sort, ...] = get_args(Sort)


class RankedDay(Struct, frozen=True, kw_only=True):
    """A day with use, and in how many sessions."""

    day: date
    tally: Tally
    sessions: int


def ranking(days: Iterable[RankedDay], sort: Sort) -> tuple[RankedDay, ...]:
    """The most first; ties by the total, then by sessions, then the newest first. By cost, what has no price is
    last.
    """
    return tuple(
        sorted(
            days,
            key=lambda each: (
                value_of(each, sort),
                each.tally.usage.total_tokens,
                each.sessions,
                each.day.toordinal(),
            ),
            reverse=True,
        )
    )


def value_of(each: RankedDay, sort: Sort) -> float:
    """What a day is sorted by; -1 for a cost that is not known."""
    match sort:
        case "cost":
            return -1.0 if each.tally.usd is None else each.tally.usd
        case "sessions":
            return each.sessions
        case "date":
            return each.day.toordinal()
        case "total":
            return each.tally.usage.total_tokens
    count: int = getattr(each.tally.usage, f"{sort}_tokens")
    return count
