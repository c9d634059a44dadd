"""Time-dependent rules on limits: stale, past, blocking, ahead of even usage.

They take plain numbers and import nothing, so that fast paths can share them.

Percentages are 0-100; spans are in seconds, negative if past.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    Verdict = Literal["reserve", "on_pace", "deficit"]

FRESH_SECONDS = 600.0
CLOCK_SLACK_SECONDS = 300.0
REFRESH_SECONDS = 300.0
"""The default refresh interval of a limit."""
EARLY_RESET_SECONDS = 24 * 3600.0
"""How long an early reset is shown."""
SPENT_PERCENT = 100.0
ON_PACE_WITHIN = 2.0
TOO_EARLY_PERCENT = 3.0


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


def blocks(used_percent: float, scope: str, age: float, resets_in: float | None) -> bool:
    """Whether a window stops all use; those of one model or one feature do not."""
    if used_percent < SPENT_PERCENT or scope not in ("account", "personal"):
        return False
    return not is_stale(age, None) if resets_in is None else resets_in > 0


def is_refusal_current(age: float, resets_in: Iterable[float]) -> bool:
    """Whether a server's refusal is still current: until it is stale, or a window has been reset since."""
    return not is_stale(age, None) and not any(-age < span <= 0 for span in resets_in)


def pace(
    used_percent: float, duration: float, resets_in: float
) -> tuple[float, Verdict, float | None] | None:
    """The share that even usage would have reached by now, the verdict, and in how many seconds it runs out
    before the reset, None if it lasts. None altogether if the reset is past, the window has just started, or
    is used up.
    """
    if used_percent >= SPENT_PERCENT or not 0 < resets_in <= duration:
        return None
    elapsed = duration - resets_in
    expected = elapsed / duration * 100
    if expected < TOO_EARLY_PERCENT:
        return None
    ahead = used_percent - expected
    verdict: Verdict = "on_pace" if abs(ahead) <= ON_PACE_WITHIN else "deficit" if ahead > 0 else "reserve"
    if used_percent <= 0:
        return expected, verdict, None
    runs_out = elapsed * ((SPENT_PERCENT - used_percent) / used_percent)
    return expected, verdict, runs_out if runs_out < resets_in else None
