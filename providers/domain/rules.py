"""What the clock makes of a limit: stale, past, blocking, ahead of even use. On plain numbers, so that who must be
fast can judge by the same rules as everybody else: nothing is imported here.

Percentages are 0-100; spans are in seconds, negative for what is past.
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
"""How often a limit is refreshed where nothing else is known."""
EARLY_RESET_SECONDS = 24 * 3600.0
"""How long an early reset is news."""
SPENT_PERCENT = 100.0
ON_PACE_WITHIN = 2.0
TOO_EARLY_PERCENT = 3.0


def is_stale(age: float, resets_in: float | None, every: float = REFRESH_SECONDS) -> bool:
    """Too old to be acted on: older than ten minutes and than two refreshes, or of a window that has ended.

    So is what was read by a clock that was ahead: nobody knows how old it is.
    """
    return age < -CLOCK_SLACK_SECONDS or age > max(FRESH_SECONDS, 2 * every) or is_past(resets_in)


def is_past(resets_in: float | None) -> bool:
    """Whether a window has refilled since it was read: its value says nothing of now."""
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
    """Whether a server's refusal still holds: until it is old, or a window has refilled since."""
    return not is_stale(age, None) and not any(-age < span <= 0 for span in resets_in)


def pace(
    used_percent: float, duration: float, resets_in: float
) -> tuple[float, Verdict, float | None] | None:
    """The share that even use would have used by now, on which side this one is, and in how many seconds it runs
    out before the reset, None where it lasts. None where the reset is past or the window has just begun.
    """
    if not 0 < resets_in <= duration:
        return None
    elapsed = duration - resets_in
    expected = elapsed / duration * 100
    if expected < TOO_EARLY_PERCENT:
        return None
    ahead = used_percent - expected
    verdict: Verdict = "on_pace" if abs(ahead) <= ON_PACE_WITHIN else "deficit" if ahead > 0 else "reserve"
    if used_percent <= 0:
        return expected, verdict, None
    runs_out = elapsed * (max(0.0, 100 - used_percent) / used_percent)
    return expected, verdict, runs_out if runs_out < resets_in else None
