"""Usage relative to time. Even usage would be at `expected_percent` now; the verdict compares with that."""

from __future__ import annotations

from datetime import datetime, timedelta

from providers.domain import rules
from providers.domain.limits import Pace, RateWindow


def pace(window: RateWindow, now: datetime) -> Pace | None:
    """None if it cannot be determined: length or reset unknown, the reset past, the window just started, or spent.

    `runs_out_at` is None when what is left lasts until the reset.
    """
    duration, resets_at = window.duration, window.resets_at
    if duration is None or resets_at is None:
        return None
    found = rules.pace(window.used_percent, duration.total_seconds(), (resets_at - now).total_seconds())
    if found is None:
        return None
    expected, verdict, runs_out = found
    return Pace(
        expected_percent=expected,
        delta_percent=window.used_percent - expected,
        runs_out_at=None if runs_out is None else now + timedelta(seconds=runs_out),
        verdict=verdict,
    )
