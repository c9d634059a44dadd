"""`tankful guard --wait`: until the account can go on."""

from __future__ import annotations

import time

TYPE_CHECKING = False  # typing itself would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

    from tray.faces.guard.verdict import Verdict

STEP_SECONDS = 5.0
"""How soon a clock that was set, or a reset ahead of time, is noticed."""
ROUND_STEP_SECONDS = 60.0
"""The same where each look is a round."""
AFTER_RESET_SECONDS = 2.0
"""Servers may reset a moment late."""


def uptime() -> float:
    """Seconds that no setting of the clock changes, and that go on while the machine sleeps where it can tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def wait(
    verdict: Verdict,
    seconds: float,
    look: Callable[[], Verdict],
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
    elapsed: Callable[[], float] = uptime,
) -> Verdict:
    """The verdict as soon as it is no stop any more, the last one after so many seconds.

    After a reset it may not be known for a while what is left: that is waited for, too.
    """
    ends = elapsed() + seconds
    while verdict.level in ("stop", "unknown") and (rest := ends - elapsed()) > 0:
        step = STEP_SECONDS if verdict.is_certain else ROUND_STEP_SECONDS
        if verdict.until is not None and verdict.until > now():
            step = min(step, verdict.until - now() + AFTER_RESET_SECONDS)
        sleep(min(rest, step))
        verdict = look()
    return verdict
