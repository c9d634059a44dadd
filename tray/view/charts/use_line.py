"""How far a window was used over time: a line of steps, broken at its resets. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from markupsafe import Markup
from msgspec import Struct

from tray.view.charts.figure import Cell, figure, image, table
from tray.view.charts.series import PERCENT, TINTS, Tint
from tray.view.charts.svg import element, empty, joined, number, share
from tray.view.words import MONTHS, WEEKDAYS

_HEIGHT = 150.0
_WIDE = 1000.0
_NARROW = 4.0  # a single reading is seen, too
_MOST_RESETS = 24  # more lines would be a fence
_MOST_POINTS = 400
_HOURS = (1, 2, 3, 4, 6, 12)
_DAYS = (1, 2, 7, 14, 28, 56, 112, 224, 448)
_LABELS = 8


class UsePoint(Struct, frozen=True):
    """`used` is 0-100, as the server sent it; it holds until the next point."""

    at: datetime
    used: float


class Stretch(Struct, frozen=True, kw_only=True):
    """One window from its first reading on; `until` is when it was reset, None while it runs or is not known.

    `ended` says how. `note` is a sentence more for its table row.
    """

    points: tuple[UsePoint, ...]
    until: datetime | None = None
    ended: Literal["reset", "early", "open"] = "reset"
    note: str = ""


class Threshold(Struct, frozen=True):
    """At so many percent used."""

    used: float
    title: str


class UseLine(Struct, frozen=True, kw_only=True):
    """`stretches` in order of time; the axis goes from `begin` to `end`, in `zone`."""

    title: str
    stretches: tuple[Stretch, ...]
    begin: datetime
    end: datetime
    zone: tzinfo = UTC
    thresholds: tuple[Threshold, ...] = ()
    tint: Tint = TINTS[0]


def use_line(chart: UseLine) -> Markup:
    drawn = [each for each in chart.stretches if each.points]
    lines = element(
        "svg",
        *(_curve(chart, each) for each in drawn),
        viewBox=f"0 0 {number(_WIDE)} {number(_HEIGHT)}",
        preserveAspectRatio="none",
        width="100%",
        height=_HEIGHT,
    )
    drawing = image(
        chart.title,
        _summary(chart),
        *_grid(chart),
        lines,
        *(_threshold(each) for each in chart.thresholds),
        *_resets(chart, drawn),
        width="100%",
        height=_HEIGHT,
        class_="plot",
    )
    return figure("use", chart.title, element("div", drawing, class_="axes"), table=_table(chart, drawn))


def _x(chart: UseLine, at: datetime) -> float:
    """0-1 from the left."""
    whole = (chart.end - chart.begin) / timedelta(seconds=1)
    return min(max((at - chart.begin) / timedelta(seconds=1) / whole, 0.0), 1.0) if whole > 0 else 0.0


def _y(used: float) -> float:
    return _HEIGHT * (1 - min(max(used, 0.0), 100.0) / 100)


def _curve(chart: UseLine, stretch: Stretch) -> Markup:
    points = _thinned(stretch.points)
    last = _x(chart, stretch.until or points[-1].at) * _WIDE
    first = min(_x(chart, points[0].at) * _WIDE, max(last - _NARROW, 0.0))
    path = [f"M{number(first)} {number(_y(points[0].used))}"]
    path += [f"H{number(_x(chart, each.at) * _WIDE)}V{number(_y(each.used))}" for each in points[1:]]
    line = f"{''.join(path)}H{number(last)}"
    below = f"{line}V{number(_HEIGHT)}H{number(first)}Z"
    if chart.tint.startswith("#"):
        area, stroke = {"fill": chart.tint, "class_": "area"}, {"stroke": chart.tint, "class_": "curve"}
    else:
        area, stroke = {"class_": f"area {chart.tint}"}, {"class_": f"curve stroke-{chart.tint}"}
    return joined(empty("path", d=below, **area), empty("path", d=line, **stroke))


def _thinned(points: tuple[UsePoint, ...]) -> tuple[UsePoint, ...]:
    """Without those that change nothing; of very many the highest of each few, and always the last."""
    kept = [each for place, each in enumerate(points) if place == 0 or each.used != points[place - 1].used]
    if len(kept) > _MOST_POINTS:
        few = -(-len(kept) // _MOST_POINTS)
        kept = [
            max(kept[place : place + few], key=lambda each: each.used) for place in range(0, len(kept), few)
        ]
    return (*kept, points[-1])


def _grid(chart: UseLine) -> Iterator[Markup]:
    for used in (0, 50, 100):
        y = round(_y(used)) + 0.5
        yield empty("line", x1="0", x2="100%", y1=y, y2=y, class_="base" if used == 0 else "grid")
        yield element("text", f"{used} %", x=-8, y=y + 4, text_anchor="end", class_="tick")
    for place, (at, label) in enumerate(time_labels(chart.begin, chart.end, chart.zone)):
        x, sparse = share(_x(chart, at)), " sparse" if place % 2 else ""
        yield empty("line", x1=x, x2=x, y1=_HEIGHT, y2=_HEIGHT + 4, class_="base")
        yield element("text", label, x=x, y=_HEIGHT + 18, text_anchor="middle", class_=f"tick{sparse}")


def time_labels(begin: datetime, end: datetime, zone: tzinfo) -> list[tuple[datetime, str]]:
    """At most 8 round times of the local day: hours within three days, else days."""
    days = (end - begin) / timedelta(days=1)
    if not 0 < days < 365 * 60:
        return []
    start = begin.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if days <= 2:
        apart = next((each for each in _HOURS if 24 * days / each <= _LABELS), 12)
        times = [_local(start, hours=apart * number) for number in range(int(24 * (days + 1) / apart) + 2)]
        return [(at, f"{at.hour:02}:{at.minute:02}") for at in times if begin < at < end]
    apart = next((each for each in _DAYS if days / each <= _LABELS), 896)
    times = [_local(start, hours=24 * apart * number) for number in range(int(days / apart) + 2)]
    return [(at, _day_label(at, near=days <= 8)) for at in times if begin < at < end]


def _local(start: datetime, *, hours: int) -> datetime:
    """By the clock on the wall: a day is a day also where it has 23 hours."""
    return (start.replace(tzinfo=None) + timedelta(hours=hours)).replace(tzinfo=start.tzinfo)


def _day_label(at: datetime, *, near: bool) -> str:
    return f"{WEEKDAYS[at.weekday()]} {at.day}" if near else f"{at.day} {MONTHS[at.month - 1]}"


def _threshold(each: Threshold) -> Markup:
    y = round(_y(each.used)) + 0.5
    return joined(
        empty("line", x1="0", x2="100%", y1=y, y2=y, class_="mark-line"),
        element("text", each.title, x="100%", y=y - 4, text_anchor="end", class_="mark-text"),
    )


def _resets(chart: UseLine, drawn: list[Stretch]) -> Iterator[Markup]:
    ended = [
        (until, each.ended)
        for each in drawn
        for until in [each.until]
        if until is not None and chart.begin <= until <= chart.end
    ]
    for until, how in ended:
        x = share(_x(chart, until))
        if how == "early":
            said = f"Reset early, {_moment(until, chart.zone)}"
            sign = element(
                "svg", empty("path", d="M0 0h10l-5 8z"), x=x, y=-9, class_="early", overflow="visible"
            )
            line = empty("line", x1=x, x2=x, y1=0, y2=_HEIGHT, class_="early-line")
            yield element("g", element("title", said), line, sign)
        elif len(ended) <= _MOST_RESETS:
            yield empty("line", x1=x, x2=x, y1=0, y2=_HEIGHT, class_="reset-line")


def _moment(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year} {local.hour:02}:{local.minute:02}"


def _summary(chart: UseLine) -> str:
    points = [point for each in chart.stretches for point in each.points]
    if not points:
        return "No readings in this period."
    early = sum(each.ended == "early" for each in chart.stretches)
    resets = sum(each.until is not None for each in chart.stretches)
    highest = max(point.used for point in points)
    return (
        f"Used {PERCENT.short(points[-1].used)} at the end, at most {PERCENT.short(highest)}; "
        f"{resets} resets, {early} of them early."
    )


_ENDS = {"reset": "at its reset", "early": "early", "open": "still running"}


def _table(chart: UseLine, drawn: list[Stretch]) -> Markup:
    rows = (
        (
            Cell(text=_moment(each.points[0].at, chart.zone)),
            [
                Cell(text="–" if each.until is None else _moment(each.until, chart.zone)),
                Cell(text=PERCENT.short(each.points[-1].used), full=PERCENT.full(each.points[-1].used)),
                Cell(text=each.note or _ENDS[each.ended]),
            ],
        )
        for each in reversed(drawn)
    )
    return table(chart.title, ("First reading", "Until", "Used at end", "How it ended"), rows)
