"""How many percent of a window a session took: whether another one like it fits into what is left. Pure.

Its dollars are turned into percent by what one percent of each window came to that it was used in; by the median
of all where a window does not say. A session counts where all of it has a price and lies in known windows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from msgspec import Struct

from providers.domain.window_value import PercentSpread, spread

LEAST_SESSIONS = 3
"""Of fewer, nobody can tell how far they differ."""

SessionUse = Sequence[tuple[int, float | None]]
"""When (epoch ms) a session used how many dollars; None where there is no price."""


class ValuedWindow(Struct, frozen=True):
    """From when until before when (epoch ms) it lasted, and what one percent of it came to."""

    since_ms: int
    until_ms: int
    usd_per_percent: float


def session_percents(sessions: Iterable[SessionUse], windows: Sequence[ValuedWindow]) -> PercentSpread | None:
    """The median and the quartiles of what these sessions took; None of too few. `windows` are by time, and none
    begins before the one before it has ended.
    """
    begins = [each.since_ms for each in windows]
    found = (_percent(uses, windows, begins) for uses in sessions)
    return spread([each for each in found if each is not None], LEAST_SESSIONS)


def fits(left_percent: float, taken: PercentSpread) -> int | None:
    """How many such sessions fit into what is left; None where each takes next to nothing."""
    return int(left_percent / taken.median) if taken.median >= 0.05 else None


def _percent(uses: SessionUse, windows: Sequence[ValuedWindow], begins: Sequence[int]) -> float | None:
    total = 0.0
    for at_ms, usd in uses:
        place = bisect_right(begins, at_ms) - 1
        if usd is None or place < 0 or at_ms >= windows[place].until_ms:
            return None
        total += usd / windows[place].usd_per_percent
    return total if uses else None
