"""The days on which somebody works: the time of the others does not count in the pace of a week.

Imports nothing but datetime, so that fast paths can share it. Times are epoch seconds. A day goes from one local
midnight to the next, however long it is; without a `zone` they are those of the system's own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from datetime import tzinfo

    Spans = list[tuple[float, float]]

ALL = "all"
DAYS: dict[str, tuple[int, ...]] = {
    ALL: (0, 1, 2, 3, 4, 5, 6),
    "mon-fri": (0, 1, 2, 3, 4),
    "mon-sat": (0, 1, 2, 3, 4, 5),
    "sun-thu": (6, 0, 1, 2, 3),
}
"""The values of the setting, with their weekdays; Monday is 0."""
DAY_SECONDS = 86_400.0
SHORTEST_SECONDS = 2 * DAY_SECONDS
"""Windows shorter than this are paced by the clock alone: whoever works on a Sunday does so within them."""
LONGEST_SECONDS = 70 * DAY_SECONDS


def work_spans(now: float, begins_in: float, ends_in: float, days: str, zone: tzinfo | None) -> Spans | None:
    """The work time between two moments, both in seconds from `now`, as spans in seconds from now, in order.

    None where all of it counts: by the setting, in a window shorter than two days or longer than ten weeks, and
    where none of it is work time, or the calendar ends.
    """
    if days == ALL or days not in DAYS or not SHORTEST_SECONDS <= ends_in - begins_in <= LONGEST_SECONDS:
        return None
    try:
        return _spans(now, begins_in, ends_in, DAYS[days], zone) or None
    except (OverflowError, ValueError, OSError):  # the first or the last year, or one that the platform lacks
        return None


def _spans(now: float, begins_in: float, ends_in: float, days: tuple[int, ...], zone: tzinfo | None) -> Spans:
    found: Spans = []
    day = datetime.fromtimestamp(now + begins_in, zone).date()
    start = begins_in
    while start < ends_in:
        works, day = day.weekday() in days, day + timedelta(days=1)
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() - now
        end = min(max(start, midnight), ends_in)
        if works and start < end:
            if found and found[-1][1] == start:
                start = found.pop()[0]
            found.append((start, end))
        start = end
    return found


def next_midnight(now: float, zone: tzinfo | None) -> float:
    """In how many seconds the local day ends. Raises OverflowError, ValueError or OSError at the end of time."""
    day = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return max(0.0, datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() - now)
