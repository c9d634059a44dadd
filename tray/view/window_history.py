"""How far a window was used over time, as a chart draws it: steps, broken at resets and where nobody looked. Pure.

A percentage only grows until its reset. So between two equal readings it was what they say, however far they are
apart; between two that differ it is unknown when it grew, and a line between them would be invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from providers.ledger.history import NOISE_PERCENT, RESET_SLACK, LimitChange, without_glitches
from providers.ledger.window_log import looked_at_every
from providers.ledger.windows import WindowRecord
from tray.view.charts.bars import ChartBar
from tray.view.charts.scale import Step, begin_of, steps
from tray.view.charts.use_line import Stretch, UsePoint
from tray.view.window_events import is_whole

_SAME_STORED = timedelta(hours=1)
"""That nothing has changed is stored only so often."""
_BUCKETS = 500
"""A line has not more columns of pixels than that, nearly."""

_LONGEST_DAYS = 62  # of a window, unless a server says nonsense

End = Literal["reset", "early", "silence", "now"]


class _Run(Struct, frozen=True):
    """Readings that follow each other; `until` is how long the last one held, as far as is known, and `next_at`
    when another one was seen.
    """

    changes: tuple[LimitChange, ...]
    until: datetime
    end: End
    next_at: datetime | None


def use_stretches(
    changes: Sequence[LimitChange],
    records: Sequence[WindowRecord],
    since: datetime,
    until: datetime,
    looked_at: datetime | None = None,
) -> tuple[Stretch, ...]:
    """The changes of one window from `since` to `until`, which is not after now; `records` are its log in that
    time, and `looked_at` is the last look at it. Each stretch is as long as its values are known.
    """
    kept = [change for change in without_glitches(changes) if change.at <= until]
    looks = sorted({*(record.seen_at for record in records), *([looked_at] if looked_at else ())})
    bucket = (until - since) / _BUCKETS
    return tuple(
        _thinned(each, bucket)
        for run in _runs(kept, looks, until)
        for each in (_stretch(run, since, until, bucket), _unseen_early(run, since))
        if each is not None
    )


def _runs(changes: list[LimitChange], looks: Sequence[datetime], until: datetime) -> Iterator[_Run]:
    run: list[LimitChange] = []
    for number, change in enumerate(changes):
        run.append(change)
        after = changes[number + 1] if number + 1 < len(changes) else None
        end = _end(change, after, until)
        if end is not None:
            held_until = _held_until(change, after, looks, until, end)
            yield _Run(tuple(run), held_until, end, after.at if after is not None else None)
            run = []


def _end(change: LimitChange, after: LimitChange | None, until: datetime) -> End | None:
    """How the run ends with this change; None where the next one goes on."""
    resets_at = change.resets_at
    if after is None:
        return "reset" if resets_at is not None and resets_at <= until else "now"
    silent = after.at - change.at > looked_at_every(change.window) + _SAME_STORED
    if change.used_percent <= 0:
        return "silence" if silent else None  # an unused window ends later with each reading
    is_same = resets_at is None or after.resets_at is None or abs(resets_at - after.resets_at) <= RESET_SLACK
    if resets_at is not None and after.at >= resets_at - RESET_SLACK and not is_same:
        return "reset"
    if change.used_percent - after.used_percent > NOISE_PERCENT:
        return "reset" if resets_at is not None and after.at >= resets_at - RESET_SLACK else "early"
    if silent and not (is_same and after.used_percent == change.used_percent):
        return "silence"
    return None


def _held_until(
    change: LimitChange, after: LimitChange | None, looks: Sequence[datetime], until: datetime, end: End
) -> datetime:
    """Until when the value is known: until the last look before the next change, or until the end if that was
    soon after it.
    """
    ends = [until]
    ends += [change.resets_at] if end == "reset" and change.resets_at is not None else []
    ends += [after.at] if after is not None else []
    last = max(change.at, min(ends))
    seen = max((look for look in looks if change.at <= look <= last), default=change.at)
    if end in ("reset", "early") and last - seen <= looked_at_every(change.window) + _SAME_STORED:
        return last
    return seen


def _stretch(run: _Run, since: datetime, until: datetime, bucket: timedelta) -> Stretch | None:
    if run.until < since:
        return None
    before = [change for change in run.changes if change.at < since]
    points = [UsePoint(change.at, change.used_percent) for change in run.changes if change.at >= since]
    if before:
        points.insert(0, UsePoint(since, before[-1].used_percent))
    last = run.changes[-1]
    ends = last.resets_at if run.end == "reset" else run.until
    whole = run.until == (run.next_at if run.end == "early" else ends)
    if run.end in ("reset", "early") and whole and ends is not None and ends < until:
        return Stretch(points=tuple(points), until=ends, ended="early" if run.end == "early" else "reset")
    dot = min(points[0].at + bucket, run.next_at or until)  # a single reading is a dot, and no nothing
    seen = max(run.until, dot)
    if seen > points[-1].at:
        points.append(UsePoint(seen, last.used_percent))
    note = "" if run.end == "now" else "no readings after that"
    return Stretch(points=tuple(points), ended="open", note=note)


def _unseen_early(run: _Run, since: datetime) -> Stretch | None:
    """An early reset that was seen long after the last look before it: a mark where it was found, and no line."""
    at = run.next_at
    if run.end != "early" or at is None or at == run.until or at < since:
        return None
    used = run.changes[-1].used_percent
    return Stretch(points=(UsePoint(at, used),), until=at, ended="early", note="reset early before that")


def _thinned(stretch: Stretch, bucket: timedelta) -> Stretch:
    """The first, the highest and the last point of each column of pixels: it looks the same."""
    if bucket <= timedelta(0) or len(stretch.points) < 4:
        return stretch
    columns: dict[int, list[UsePoint]] = {}
    for point in stretch.points:
        columns.setdefault((point.at - stretch.points[0].at) // bucket, []).append(point)
    kept = [
        point
        for own in columns.values()
        for point in dict.fromkeys((own[0], max(own, key=lambda each: each.used), own[-1]))
    ]
    return replace(stretch, points=tuple(sorted(kept, key=lambda each: each.at)))


def highest_bars(
    records: Iterable[WindowRecord],
    looked: Iterable[date],
    since: date,
    until: date,
    step: Step,
    now: datetime,
    zone: tzinfo,
) -> tuple[ChartBar, ...]:
    """The most that was used of a window, by the day, week or month in which it was last seen: for many windows.

    `records` are those of one window. Where none of it was used on a day that somebody `looked` on, that is 0;
    else it is unknown.
    """
    highest: dict[date, WindowRecord] = {}
    for record in records:
        day = min(record.seen_at, now).astimezone(zone).date()
        if day not in highest or highest[day].used_percent < record.used_percent:
            highest[day] = record
    by_step: dict[date, WindowRecord] = {}
    for day, record in highest.items():
        begin = begin_of(day, step)
        if begin not in by_step or by_step[begin].used_percent < record.used_percent:
            by_step[begin] = record
    known = {begin_of(day, step) for day in looked}
    return tuple(
        _bar(begin, by_step.get(begin), now, known=begin in known) for begin in steps(since, until, step)
    )


def days_looked_at(records: Iterable[WindowRecord], zone: tzinfo) -> frozenset[date]:
    """The days on which somebody saw one of these windows."""
    found: set[date] = set()
    for record in records:
        first = record.starts_at.astimezone(zone).date()
        days = (record.seen_at - record.starts_at) // timedelta(days=1) + 1
        last = record.seen_at.astimezone(zone).date() if record.seen_at > record.starts_at else first
        found |= {first, last}
        found |= {first + timedelta(days=number) for number in range(1, min(days, _LONGEST_DAYS))}
    return frozenset(found)


def _bar(begin: date, record: WindowRecord | None, now: datetime, *, known: bool) -> ChartBar:
    if record is None:
        return ChartBar(begin=begin, values=(0.0 if known else None,))
    return ChartBar(begin=begin, values=(record.used_percent,), partial=not is_whole(record, now))
