"""Half a year or a year of days: a column for each week, from Sunday on, in the colours of its series. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from markupsafe import Markup
from msgspec import Struct

from tray.view.charts.figure import Cell, cell, entry, figure, hatched, image, sign, table
from tray.view.charts.scale import level_of, name_of, quantiles
from tray.view.charts.series import Series, Unit, Value, paint, total
from tray.view.charts.svg import element, empty, joined, number
from tray.view.words import MONTHS, WEEKDAYS

_SIDE, _GAP, _RADIUS = 11.0, 2.0, 3.0
_LEFT, _TOP = 26.0, 16.0
_LEVELS = 6
_OPACITY = (0.24, 0.38, 0.52, 0.68, 0.84, 1.0)
_NARROW = 3.0  # a part of a day that is narrower cannot be seen


class HeatDay(Struct, frozen=True, kw_only=True):
    """A value for each series, None where it is not known."""

    day: date
    values: tuple[Value, ...]
    partial: bool = False

    @property
    def sum(self) -> Value:
        return total(self.values)


class Heatmap(Struct, frozen=True, kw_only=True):
    """So many weeks, of which `today` is in the last one; a day that is not in `days` is 0."""

    title: str
    unit: Unit
    series: tuple[Series, ...]
    days: tuple[HeatDay, ...]
    today: date
    weeks: int = 26


def heatmap(chart: Heatmap) -> Markup:
    first = _sunday(chart.today) - timedelta(weeks=chart.weeks - 1)
    known = {each.day: each for each in chart.days}
    shown = [
        known.get(day) or HeatDay(day=day, values=(0.0,) * len(chart.series))
        for number in range((chart.today - first).days + 1)
        for day in [first + timedelta(days=number)]
    ]
    bounds = quantiles([each.sum for each in shown if each.sum], _LEVELS)
    wide = _LEFT + chart.weeks * (_SIDE + _GAP)
    high = _TOP + 7 * (_SIDE + _GAP)
    drawing = image(
        chart.title,
        _summary(chart, shown),
        *_months(first, chart.weeks),
        *_weekdays(),
        *(_day(chart, each, (each.day - first).days, bounds[1:]) for each in shown),
        viewBox=f"0 0 {number(wide)} {number(high)}",
        width=wide,
        height=high,
        class_=f"weeks weeks-{chart.weeks}",
    )
    label = f"{chart.title}, by day. The arrow keys go from day to day."
    box = element("div", drawing, class_="scroll heatmap", tabindex="0", role="group", aria_label=label)
    return figure("heatmap", chart.title, joined(box, _legend(chart, shown)), table=_table(chart, shown))


def _sunday(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _months(first: date, weeks: int) -> Iterator[Markup]:
    """The name of each month above its first whole week."""
    last_place = -3
    for week in range(weeks):
        day = first + timedelta(weeks=week)
        if (day.day <= 7 or week == 0) and week - last_place > 2 and (week == 0 or week < weeks - 1):
            if week == 0 and (day + timedelta(weeks=2)).day <= 7 + 7 and day.day > 14:
                continue  # the next month begins right beside it
            last_place = week
            x = _LEFT + week * (_SIDE + _GAP)
            yield element("text", MONTHS[day.month - 1], x=x, y=10, class_="tick")


def _weekdays() -> Iterator[Markup]:
    for row in (1, 3, 5):
        y = _TOP + row * (_SIDE + _GAP) + _SIDE - 2
        yield element("text", WEEKDAYS[row - 1], x=0, y=y, class_="tick")


def _day(chart: Heatmap, each: HeatDay, place: int, bounds: tuple[float, ...]) -> Markup:
    week, row = divmod(place, 7)
    x, y = _LEFT + week * (_SIDE + _GAP), _TOP + row * (_SIDE + _GAP)
    title = element("title", tip(chart.unit, each))
    if each.sum is None:
        drawn: list[Markup] = [
            empty(
                "rect", x=x + 0.5, y=y + 0.5, width=_SIDE - 1, height=_SIDE - 1, rx=_RADIUS, class_="unknown"
            )
        ]
    elif each.sum == 0:
        weekend = " weekend" if row in {0, 6} else ""
        drawn = [empty("rect", x=x, y=y, width=_SIDE, height=_SIDE, rx=_RADIUS, class_=f"none{weekend}")]
    else:
        drawn = list(_parts(chart, each, x, y, _OPACITY[level_of(each.sum, bounds)]))
    return element("g", title, *drawn, class_="day")


def _parts(chart: Heatmap, each: HeatDay, x: float, y: float, opacity: float) -> Iterator[Markup]:
    """Beside each other, each as wide as its part of the day; one that could not be seen is left out."""
    parts = [(series, value) for series, value in zip(chart.series, each.values, strict=True) if value]
    whole = sum(value for _, value in parts)
    seen = [part for part in parts if part[1] / whole * _SIDE >= _NARROW / 2] or parts[:1]
    widths = _widths([value for _, value in seen])
    left = x
    for place, ((series, _), width) in enumerate(zip(seen, widths, strict=True)):
        shape = _rounded(left, y, width, starts=place == 0, ends=place == len(seen) - 1)
        yield empty("path", d=shape, fill_opacity=opacity, **paint(series.tint))
        left += width


def _widths(values: list[float]) -> list[float]:
    whole = sum(values)
    widths = [max(value / whole * _SIDE, _NARROW) for value in values]
    return [width * _SIDE / sum(widths) for width in widths]


def _rounded(x: float, y: float, width: float, *, starts: bool, ends: bool) -> str:
    """A part of a cell: its outer corners are round."""
    left = min(_RADIUS if starts else 0.0, width / 2)
    right = min(_RADIUS if ends else 0.0, width / 2)
    a, b = number(left), number(right)
    flat = number(width - left - right)
    return (
        f"M{number(x + left)} {number(y)}h{flat}q{b} 0 {b} {b}v{number(_SIDE - 2 * right)}"
        f"q0 {b} -{b} {b}h-{flat}q-{a} 0 -{a} -{a}v{number(2 * left - _SIDE)}q0 -{a} {a} -{a}z"
    )


def tip(unit: Unit, each: HeatDay) -> str:
    """One number: `Tue 3 Nov 2026: 1.2 M tokens`."""
    shown = unit.shown(each.sum, partial=each.partial or (None in each.values and each.sum is not None))
    name = "" if shown.lstrip("≥ ").startswith("$") or each.sum is None else f" {unit.name}"
    return f"{name_of(each.day, 'day')}: {shown}{name}"


def _summary(chart: Heatmap, shown: list[HeatDay]) -> str:
    used = [each for each in shown if each.sum]
    if not used:
        return f"No usage in these {chart.weeks} weeks."
    most = max(used, key=lambda each: each.sum or 0.0)
    return f"Used on {len(used)} of {len(shown)} days, the most on {tip(chart.unit, most)}."


def _legend(chart: Heatmap, shown: list[HeatDay]) -> Markup:
    ramps = [
        entry(joined(*(_level(series, opacity) for opacity in _OPACITY)), series.title)
        for series in chart.series
    ]
    more = [entry(hatched(), "not known")] if any(each.sum is None for each in shown) else []
    none = entry(sign(empty("rect", width=10, height=10, rx=2, class_="none")), "none")
    return element(
        "ul", none, *ramps, *more, class_=f"legend ramps ramps-{chart.weeks}", aria_label="Less to more"
    )


def _level(series: Series, opacity: float) -> Markup:
    return sign(empty("rect", width=10, height=10, rx=2, fill_opacity=opacity, **paint(series.tint)))


def _table(chart: Heatmap, shown: list[HeatDay]) -> Markup:
    several = len(chart.series) > 1
    head = ["Day", *((each.title for each in chart.series) if several else ()), f"Total, {chart.unit.name}"]
    rows = (
        (
            Cell(text=name_of(each.day, "day")),
            [
                *((cell(chart.unit, value) for value in each.values) if several else ()),
                cell(chart.unit, each.sum, partial=each.partial),
            ],
        )
        for each in reversed(shown)
        if each.sum != 0
    )
    return table(f"{chart.title}: days with use", head, rows)
