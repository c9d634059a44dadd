"""How fast a window was used in the last hours, by the limit history. Pure.

The span that is looked at suits the window: the last hour of five (a fifth of any window shorter than two days),
the last whole day of a week, so that nights count as the hours without use that they are, the last three days of a
month. Others, half, twice or three times as long, bound the rate. There is enough history where the shortest of
these is known: half an hour, a day, three days. All of it is work time (`work_days`), so that on a Monday the last
day is a Friday's.

What was used between two readings was used evenly between them, and only from the reset on if there was one. Where
a machine was off over a reset, nobody knows what was used before it: such time does not count, and bounds the rate
as time without use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from msgspec import Struct

from providers.domain import rules
from providers.domain.limits import CLOCK_SLACK, RateWindow, Sourced
from providers.domain.usage_rate import UsageRate
from providers.domain.work_days import LONGEST_SECONDS, SHORTEST_SECONDS, work_spans
from providers.ledger.history import NOISE_PERCENT, RESET_SLACK, LimitChange, without_glitches
from providers.ledger.window_log import SEEN_EVERY

_DAY = 86_400.0
_FORTNIGHT = 14 * _DAY
_ROUNDED_BY = 0.5
"""Percent by which what was used may be wrong: most sources round."""
_QUIET = 3600.0
_QUIET_WEEK = SEEN_EVERY.total_seconds() + _QUIET
"""Seconds that a window may have gone unseen before its reset, and still not have been used: that it is as it was
is written no more often than that, in one shorter than two days and in a longer one.
"""
_LEAST_KNOWN = 0.5
"""The share of a span that must be known, and as much as the whole of the shortest span."""

Spans = Sequence[tuple[float, float]]
Piece = tuple[float, float, float | None]
"""From, until (both in seconds from the last reading) and how much was used in between, None if unknown."""


def lookback(duration: timedelta) -> timedelta:
    """How much of the history the rate of such a window needs; with days off it may be three times as much."""
    unit, factors = _spans_of(duration.total_seconds())
    return timedelta(seconds=unit * factors[-1])


def usage_rate(
    changes: Sequence[LimitChange], lane: Sourced[RateWindow], now: datetime, zone: tzinfo | None, days: str
) -> UsageRate | None:
    """None where there is not enough history. `changes` are those of this window, oldest first."""
    duration = lane.value.duration
    if duration is None or duration <= timedelta(0) or not changes or lane.fetched_at > now + CLOCK_SLACK:
        return None
    at = max(lane.fetched_at, changes[-1].at).replace(microsecond=0)
    pieces = list(_pieces(without_glitches(changes), duration, at))
    unit, factors = _spans_of(duration.total_seconds())
    begins = (changes[0].at - at).total_seconds()
    work = [(begins, 0.0)]
    if duration.total_seconds() >= SHORTEST_SECONDS:
        first = min(-SHORTEST_SECONDS, max(begins, -LONGEST_SECONDS))
        work = work_spans(at.timestamp(), first, 0.0, days, zone) or work
    found: list[_Span] = []
    for factor in factors:
        start = _back(work, unit * factor, begins)
        if start is None:
            break
        hours = _known_hours(pieces, work, start)
        if round(hours * 3600) >= unit * max(factors[0], factor * _LEAST_KNOWN):
            used = _used(pieces, start)
            found.append(_Span(factor, start, hours, used / hours, used / (unit * factor / 3600)))
    if not found:
        return None
    span = next((each for each in found if each.factor >= 1), found[-1])
    rounded_by = _ROUNDED_BY / span.hours
    return UsageRate(
        window=lane.value.id,
        percent_per_hour=span.per_hour,
        slowest=max(0.0, min(span.per_hour - rounded_by, *(each.at_least for each in found))),
        fastest=max(span.per_hour + rounded_by, *(each.per_hour for each in found)),
        over=timedelta(minutes=round(-span.start / 60)),
        at=at,
    )


def used_since(
    changes: Sequence[LimitChange], lane: Sourced[RateWindow], start: datetime
) -> tuple[float, bool] | None:
    """How much of such a window was used since then, in percent, and whether all of that was seen.

    None where it was not read since. `changes` are those of this window, oldest first.
    """
    duration = lane.value.duration
    if duration is None or duration <= timedelta(0) or not changes:
        return None
    at = max(lane.fetched_at, changes[-1].at)
    if at < start:
        return None
    begins = (start - at).total_seconds()
    pieces = list(_pieces(without_glitches(changes), duration, at))
    first = changes[0]
    before, is_seen = 0.0, first.at <= start
    if not is_seen and first.resets_at is not None and first.resets_at - duration >= start:
        before, is_seen = max(0.0, first.used_percent), True  # the window began since
    is_whole = is_seen and all(used is not None or last <= begins for _, last, used in pieces)
    return before + _used(pieces, begins), is_whole


class _Span(Struct, frozen=True):
    """`factor` times the usual span, from `start` (seconds from the last reading), of which so many `hours` of
    work time are known, with so many percent used in each; `at_least` if nothing was used in the others.
    """

    factor: float
    start: float
    hours: float
    per_hour: float
    at_least: float


def _spans_of(seconds: float) -> tuple[float, tuple[float, ...]]:
    """The span of a window so long, in seconds of work time, and its multiples that are looked at too."""
    if seconds < SHORTEST_SECONDS:
        return seconds / 5, (0.5, 1.0, 2.0)
    return (_DAY if seconds < _FORTNIGHT else 3 * _DAY), (1.0, 2.0, 3.0)


def _back(work: Spans, seconds: float, begins: float) -> float | None:
    """When so much work time ago was, in seconds from the last reading; None where the history begins later."""
    for first, last in reversed(work):
        if seconds <= last - first:
            start = last - seconds
            return start if start >= begins else None
        seconds -= last - first
    return None


def _known_hours(pieces: Sequence[Piece], work: Spans, start: float) -> float:
    unknown = sum(
        rules.worked(work, max(start, first), last)
        for first, last, used in pieces
        if used is None and last > start
    )
    return (rules.worked(work, start, 0.0) - unknown) / 3600


def _used(pieces: Sequence[Piece], start: float) -> float:
    """Percent since then."""
    total = 0.0
    for first, last, used in pieces:
        if used and last > start:
            total += used * (last - max(first, start)) / (last - first) if last > first else used
    return total


def _pieces(changes: Sequence[LimitChange], duration: timedelta, at: datetime) -> Iterator[Piece]:
    most = changes[0].used_percent
    longest_quiet = _QUIET if duration.total_seconds() < SHORTEST_SECONDS else _QUIET_WEEK

    def seconds(moment: datetime) -> float:
        return (min(moment, at) - at).total_seconds()

    for before, after in pairwise(changes):
        start, is_next = _start(before, after, duration)
        used = after.used_percent - most
        if is_next:
            used, most = after.used_percent, after.used_percent
            unseen = (start - before.at).total_seconds()
            quiet = unseen <= longest_quiet or before.used_percent >= rules.SPENT_PERCENT
            yield seconds(before.at), seconds(start), 0.0 if quiet else None
        elif used < -NOISE_PERCENT:  # refilled in part, nobody knows how far
            most = after.used_percent
        most = max(most, after.used_percent)
        yield seconds(start), seconds(after.at), max(0.0, used)
    yield seconds(changes[-1].at), 0.0, 0.0


def _start(before: LimitChange, after: LimitChange, duration: timedelta) -> tuple[datetime, bool]:
    """From when on `after` was used, and whether it is another window than the one before."""
    dropped = before.used_percent - after.used_percent > NOISE_PERCENT
    ends = before.resets_at
    moved = ends is not None and after.resets_at is not None and abs(after.resets_at - ends) > RESET_SLACK
    natural = (
        ends is not None and after.at >= ends - RESET_SLACK and (moved or dropped or after.resets_at is None)
    )
    is_next = natural or (dropped and (moved or ends is None))
    start = before.at
    if moved and after.resets_at is not None and (is_next or before.used_percent <= NOISE_PERCENT):
        start = max(start, min(after.at, after.resets_at - duration))
    if natural and ends is not None:
        start = max(start, min(ends, after.at))
    return start, is_next
