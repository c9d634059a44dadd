"""Time-dependent rules on limits: stale, past, blocking, ahead of even usage.

They take plain numbers and import nothing, so that fast paths can share them.

Percentages are 0-100; spans are in seconds, negative if past.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    Verdict = Literal["reserve", "on_pace", "deficit", "runs_out"]
    Spans = Sequence[tuple[float, float]]
    # Percent of a window per hour: what is likely, the slowest and the fastest.
    Rate = tuple[float, float, float]
    # The share that even usage would have reached by now, the verdict, in how many seconds it runs out before the
    # reset, None if it lasts, and the same with the fastest and with the slowest rate, None without a spread.
    PaceFigures = tuple[float, Verdict, float | None, tuple[float, float | None] | None]

FRESH_SECONDS = 600.0
CLOCK_SLACK_SECONDS = 300.0
REFRESH_SECONDS = 300.0
"""The default refresh interval of a limit."""
EARLY_RESET_SECONDS = 24 * 3600.0
"""How long an early reset is shown."""
SPENT_PERCENT = 100.0
LOW_PERCENT, SCARCE_PERCENT = 25.0, 10.0
"""What is left of a window that is low, and scarce, from there on."""
ALL_USE_SCOPES = ("account", "personal")
"""Windows of these limit all use of an account; those of one model or one feature do not."""
ON_PACE_WITHIN = 2.0
TOO_EARLY_PERCENT = 3.0
MEAN_TELLS_PERCENT = 10.0
"""The mean of a window says nothing of its end before so much of it is over: half an hour of five, 17 hours of a
week. Until then one busy minute would count as a habit.
"""
WELL_BEFORE = 0.1
"""What runs out more than this share of its window before the reset runs out well before it: half an hour of
five, 17 hours of a week."""


def is_stale(age: float, resets_in: float | None, every: float = REFRESH_SECONDS) -> bool:
    """Too old to act on: older than ten minutes and than two refreshes, or of a window that has ended.

    A value from a clock that was ahead is stale too: its age is unknown.
    """
    return age < -CLOCK_SLACK_SECONDS or age > max(FRESH_SECONDS, 2 * every) or is_past(resets_in)


def is_past(resets_in: float | None) -> bool:
    """Whether a window has been reset since it was read: its value is obsolete."""
    return resets_in is not None and resets_in <= 0


def left_percent(used_percent: float) -> float:
    """What is left of a window, 0-100."""
    return min(100.0, max(0.0, 100.0 - used_percent))


def tightness(used_percents: Iterable[float], *, blocked: bool) -> float:
    """What is left where it is least, of an account's current windows: below 0 while it is blocked, above 100
    where nothing is known.
    """
    return -1.0 if blocked else min(map(left_percent, used_percents), default=101.0)


def blocks(
    used_percent: float, scope: str, age: float, resets_in: float | None, every: float = REFRESH_SECONDS
) -> bool:
    """Whether a window stops all use."""
    if used_percent < SPENT_PERCENT or scope not in ALL_USE_SCOPES:
        return False
    return not is_stale(age, None, every) if resets_in is None else resets_in > 0


def is_refusal_current(
    age: float, windows: Iterable[tuple[float, float, float]], every: float = REFRESH_SECONDS
) -> bool:
    """Whether a server's refusal is still current: until it is stale, or a window has been reset since.

    `windows` are what was used of each, how old that is, and in how many seconds it resets. One that came with the
    refusal, spent and past its reset, is the reason: the server has not seen that yet.
    """
    if is_stale(age, None, every):
        return False
    return not any(
        resets_in <= 0 and (-age < resets_in or (used >= SPENT_PERCENT and own_age <= age))
        for used, own_age, resets_in in windows
    )


def pace(
    used_percent: float,
    duration: float,
    resets_in: float,
    rate: Rate | None = None,
    work: Spans | None = None,
) -> PaceFigures | None:
    """How the use of a window compares with even use, and when it runs out.

    `rate` is that of the last hours, in percent per hour of work time; without it the mean of the window is taken.
    `work` is the work time within the window, in seconds from now; None where all of it counts.

    None if the reset is past, the window has just started, or is used up, and for figures that make no sense.
    """
    if not used_percent < SPENT_PERCENT or not 0 < resets_in <= duration:
        return None
    elapsed = duration - resets_in
    spans = work or [(-elapsed, resets_in)]
    done, left = worked(spans, -elapsed, 0), worked(spans, 0, resets_in)
    expected = done / (done + left) * 100 if done + left > 0 else 0.0
    over_percent = min(expected, elapsed / duration * 100)
    if not over_percent >= TOO_EARLY_PERCENT:
        return None
    expected = min(100.0, expected)
    mean = max(0.0, used_percent) / done * 3600
    per_hour, slowest, fastest = rate or (mean, mean, mean)
    runs_out, latest, earliest = (
        _runs_out(used_percent, each, spans, resets_in) for each in (per_hour, slowest, fastest)
    )
    if rate is None:
        end = runs_out if over_percent >= MEAN_TELLS_PERCENT else None
        return expected, _verdict(used_percent - expected, end, duration, resets_in), runs_out, None
    over = used_percent + per_hour * left / 3600 - SPENT_PERCENT
    between = None if earliest is None else (earliest, latest)
    return expected, _verdict(over, runs_out, duration, resets_in), runs_out, between


def worked(spans: Spans, start: float, end: float) -> float:
    """How many seconds of the spans lie between two moments."""
    return sum(max(0.0, min(last, end) - max(first, start)) for first, last in spans)


def is_rate_current(over: float, age: float) -> bool:
    """Whether a rate still says something of now: for as long as the hours that it was taken from were."""
    return -CLOCK_SLACK_SECONDS <= age <= over


def _runs_out(used_percent: float, per_hour: float, spans: Spans, resets_in: float) -> float | None:
    """In how many seconds; None if it lasts until the reset."""
    if not per_hour > 0:
        return None
    needed = (SPENT_PERCENT - used_percent) / per_hour * 3600
    for first, last in spans:
        here = max(0.0, last - max(0.0, first))
        if needed < here:
            runs_out = max(0.0, first) + needed
            return runs_out if runs_out < resets_in else None
        needed -= here
    return None


def _verdict(ahead: float, runs_out: float | None, duration: float, resets_in: float) -> Verdict:
    """On the window's end. `ahead` is by how many percent use is more than what the window lasts with."""
    if runs_out is not None and resets_in - runs_out > WELL_BEFORE * duration:
        return "runs_out"
    if abs(ahead) <= ON_PACE_WITHIN:
        return "on_pace"
    return "deficit" if ahead > 0 else "reserve"
