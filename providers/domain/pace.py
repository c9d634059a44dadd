"""Usage relative to time: how far use is ahead of even use, when the rest runs out, and what today may have.

The projection follows the rate of the last hours, where the limit history has it (`AccountUsage.rates`), else the
mean of the window. In windows of two days and more only work days count.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from providers.domain import rules
from providers.domain.limits import AccountUsage, Pace, RateWindow
from providers.domain.usage_rate import UsageRate
from providers.domain.work_days import ALL, SHORTEST_SECONDS, next_midnight, work_spans


def pace_of(
    usage: AccountUsage, window: RateWindow, now: datetime, zone: tzinfo | None = UTC, work_days: str = ALL
) -> Pace | None:
    """The pace of one of the account's windows, as `pace`."""
    rate = next((rate for rate in usage.rates if rate.window == window.id), None)
    return pace(window, now, rate, zone, work_days)


def pace(
    window: RateWindow,
    now: datetime,
    rate: UsageRate | None = None,
    zone: tzinfo | None = UTC,
    work_days: str = ALL,
) -> Pace | None:
    """None if it cannot be determined: length or reset unknown, the reset past, the window just begun, or spent.

    `work_days` is a value of the setting (see `work_days.DAYS`), `zone` says where their midnights are. A rate
    that is too old is not used. `runs_out_at` is None when what is left lasts until the reset.
    """
    duration, resets_in = _spans_of(window, now)
    if duration is None or resets_in is None:
        return None
    current = rate if rate is not None and _is_current(rate, now) else None
    found = rules.pace(
        window.used_percent,
        duration,
        resets_in,
        None if current is None else (current.percent_per_hour, current.slowest, current.fastest),
        work_spans(now.timestamp(), resets_in - duration, resets_in, work_days, zone),
    )
    if found is None:
        return None
    expected, verdict, runs_out, between = found
    return Pace(
        expected_percent=expected,
        delta_percent=window.used_percent - expected,
        runs_out_at=_after(now, runs_out),
        verdict=verdict,
        basis="window" if current is None else "history",
        runs_out_between=None
        if between is None
        else (now + timedelta(seconds=between[0]), _after(now, between[1])),
    )


def allowance(
    window: RateWindow, now: datetime, zone: tzinfo | None = UTC, work_days: str = ALL
) -> float | None:
    """How much of the window may be used until local midnight, if the rest is to last evenly: in percent of the
    window, so never more than the rest.

    0 on a day off, while a work day is still to come before the reset. None for windows shorter than two days, and
    where length or reset are unknown or make no sense.
    """
    duration, resets_in = _spans_of(window, now)
    if duration is None or resets_in is None or not 0 < resets_in <= duration or duration < SHORTEST_SECONDS:
        return None
    try:
        today = min(resets_in, next_midnight(now.timestamp(), zone))
    except (OverflowError, ValueError, OSError):
        return None
    spans = work_spans(now.timestamp(), resets_in - duration, resets_in, work_days, zone) or []
    ahead = rules.worked(spans, 0, resets_in)
    share = rules.worked(spans, 0, today) / ahead if ahead > 0 else today / resets_in
    left = rules.left_percent(window.used_percent)
    return left * share if left == left else None  # noqa: PLR0124 - not a number


def _spans_of(window: RateWindow, now: datetime) -> tuple[float | None, float | None]:
    """In seconds: how long the window is, and in how many it is reset."""
    duration, resets_at = window.duration, window.resets_at
    return (
        None if duration is None else duration.total_seconds(),
        None if resets_at is None else (resets_at - now).total_seconds(),
    )


def _is_current(rate: UsageRate, now: datetime) -> bool:
    return rules.is_rate_current(rate.over.total_seconds(), (now - rate.at).total_seconds())


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)
