"""Use against time. Even use would be at `expected_percent` now; the verdict says on which side this one is."""

from __future__ import annotations

from datetime import datetime, timedelta

from providers.domain.limits import Pace, RateWindow, Verdict

ON_PACE_WITHIN = 2.0
TOO_EARLY_PERCENT = 3.0


def pace(window: RateWindow, now: datetime) -> Pace | None:
    """None where it cannot be told: length or reset unknown, the reset past, or the window just begun.

    `runs_out_at` is None when what is left lasts until the reset.
    """
    duration, resets_at = window.duration, window.resets_at
    if duration is None or resets_at is None or not timedelta(0) < resets_at - now <= duration:
        return None
    elapsed = duration - (resets_at - now)
    expected = elapsed / duration * 100
    if expected < TOO_EARLY_PERCENT:
        return None
    ahead = window.used_percent - expected
    verdict: Verdict = "on_pace" if abs(ahead) <= ON_PACE_WITHIN else "deficit" if ahead > 0 else "reserve"
    return Pace(expected_percent=expected, runs_out_at=_runs_out(window, elapsed, now), verdict=verdict)


def _runs_out(window: RateWindow, elapsed: timedelta, now: datetime) -> datetime | None:
    if window.used_percent <= 0 or window.resets_at is None:
        return None
    left = max(0.0, 100 - window.used_percent)
    # In plain seconds: a share next to nothing lasts longer than any calendar.
    seconds = elapsed.total_seconds() * (left / window.used_percent)
    return now + timedelta(seconds=seconds) if seconds < (window.resets_at - now).total_seconds() else None
