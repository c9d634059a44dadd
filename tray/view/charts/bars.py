"""Stacked columns over time: a day, a week or a month each. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from markupsafe import Markup
from msgspec import Struct

from tray.view.charts.figure import Cell, cell, entry, figure, hatched, image, legend, sign, table
from tray.view.charts.scale import Step, date_labels, name_of, ticks
from tray.view.charts.series import Series, Unit, Value, paint, total
from tray.view.charts.svg import element, empty, joined, share

_HEIGHT = 168.0
_LEAST = 1.5  # what is not 0 is seen
_UNKNOWN = 9.0
_SATURDAY = 5


class ChartBar(Struct, frozen=True, kw_only=True):
    """A column that begins on that day: a value for each series, None where it is not known.

    With `partial` its sum is a lower bound. `before` is the sum of the period it is compared with, drawn as a
    mark.
    """

    begin: date
    values: tuple[Value, ...]
    partial: bool = False
    before: Value = None

    @property
    def sum(self) -> Value:
        return total(self.values)

    @property
    def height(self) -> Value:
        """What is drawn of it: what was given back is in the figures alone."""
        return total(value if value is None else max(value, 0.0) for value in self.values)

    @property
    def at_least(self) -> bool:
        return self.partial or (None in self.values and self.sum is not None)


class MarkLine(Struct, frozen=True):
    """A line across: a budget, an average."""

    value: float
    title: str


class Bars(Struct, frozen=True, kw_only=True):
    """`bars` are in order, one for each of `scale.steps`, zeros included; series are stacked from below."""

    title: str
    unit: Unit
    series: tuple[Series, ...]
    bars: tuple[ChartBar, ...]
    step: Step = "day"
    lines: tuple[MarkLine, ...] = ()
    before_title: str = "The period before"


def bars(chart: Bars) -> Markup:
    top = _top(chart)
    marks = ticks(top, whole=chart.unit.whole)
    drawing = image(
        chart.title,
        _summary(chart),
        _grid(chart, marks if top > 0 else marks[:1], marks[-1]),
        *(_column(chart, place, marks[-1]) for place in range(len(chart.bars))),
        *_labels(chart),
        *(_line(each, chart.unit, marks[-1]) for each in chart.lines),
        width="100%",
        height=_HEIGHT,
        class_="plot",
    )
    return figure(
        "bars",
        chart.title,
        element("div", drawing, class_="axes"),
        legend=_legend(chart),
        table=_table(chart),
    )


def _top(chart: Bars) -> float:
    sums = [value for bar in chart.bars for value in (bar.height, bar.before) if value is not None]
    return max([*sums, *(line.value for line in chart.lines)], default=0.0)


def _summary(chart: Bars) -> str:
    known = [bar for bar in chart.bars if bar.sum is not None]
    if not known:
        return "No data for this period."
    most = max(known, key=lambda bar: bar.sum or 0)
    value = chart.unit.shown(most.sum, partial=most.at_least)
    return f"{len(chart.bars)} columns, the highest is {name_of(most.begin, chart.step)} with {value}."


def _grid(chart: Bars, marks: tuple[float, ...], top: float) -> Markup:
    return joined(
        *(
            joined(
                empty("line", x1="0", x2="100%", y1=y, y2=y, class_="base" if mark == 0 else "grid"),
                element("text", chart.unit.mark(mark), x=-8, y=y + 4, text_anchor="end", class_="tick"),
            )
            for mark in marks
            for y in [round(_y(mark, top)) + 0.5]
        )
    )


def _y(value: float, top: float) -> float:
    return _HEIGHT * (1 - value / top)


def _column(chart: Bars, place: int, top: float) -> Markup:
    bar, slot = chart.bars[place], 1 / len(chart.bars)
    width = slot * min(0.76, 0.16 + 0.045 * len(chart.bars))
    left = slot * place + (slot - width) / 2
    sizes = {"x": share(left), "width": share(width)}
    return element(
        "g",
        element("title", _tip(chart, bar)),
        empty(
            "rect", x=share(slot * place), y=0, width=share(slot), height=_HEIGHT, class_=_ground(chart, bar)
        ),
        *_stack(chart, bar, top, sizes),
        *_before(bar, top, left, width),
        class_="column",
    )


def _ground(chart: Bars, bar: ChartBar) -> str:
    """What a column stands on: weekends are seen."""
    return "hit weekend" if chart.step == "day" and bar.begin.weekday() >= _SATURDAY else "hit"


def _stack(chart: Bars, bar: ChartBar, top: float, sizes: dict[str, str]) -> Iterator[Markup]:
    base = _HEIGHT
    for series, value in zip(chart.series, bar.values, strict=True):
        if value and value > 0:
            height = max(value / top * _HEIGHT, _LEAST)
            base -= height
            gap = 0.75 if height > 3 else 0
            yield empty("rect", y=base + gap, height=height - gap, rx=1, **sizes, **paint(series.tint))
    if bar.sum is None or bar.at_least:
        base = max(base, _UNKNOWN)
        yield empty("rect", y=base - _UNKNOWN, height=_UNKNOWN - 1, rx=1, **sizes, class_="unknown")
    elif bar.height == 0:
        yield empty("rect", y=_HEIGHT - 1, height=2, **sizes, class_="zero")


def _before(bar: ChartBar, top: float, left: float, width: float) -> Iterator[Markup]:
    if bar.before is not None:
        y, over = _y(bar.before, top), 0.12 * width
        x1, x2 = share(left - over), share(left + width + over)
        yield empty("line", x1=x1, x2=x2, y1=y, y2=y, class_="before")


def _tip(chart: Bars, bar: ChartBar) -> str:
    whole = chart.unit.shown(bar.sum, partial=bar.at_least)
    parts = [
        f"{series.title} {chart.unit.shown(value)}"
        for series, value in zip(chart.series, bar.values, strict=True)
        if value != 0
    ]
    lines = [f"{name_of(bar.begin, chart.step)}: {whole}", *(parts if len(chart.series) > 1 else ())]
    if bar.before is not None:
        lines.append(f"{chart.before_title} {chart.unit.shown(bar.before)}")
    return "\n".join(lines)


def _labels(chart: Bars) -> Iterator[Markup]:
    slot = 1 / max(len(chart.bars), 1)
    found = date_labels([bar.begin for bar in chart.bars], chart.step)
    for number, (place, label) in enumerate(found.items()):
        sparse = " sparse" if number % 2 and len(found) > 6 else ""
        yield element(
            "text",
            label,
            x=share(slot * (place + 0.5)),
            y=_HEIGHT + 18,
            text_anchor="middle",
            class_=f"tick{sparse}",
        )


def _line(line: MarkLine, unit: Unit, top: float) -> Markup:
    y = round(_y(line.value, top)) + 0.5
    return joined(
        empty("line", x1="0", x2="100%", y1=y, y2=y, class_="mark-line"),
        element(
            "text",
            f"{line.title} {unit.mark(line.value)}",
            x="100%",
            y=y - 4,
            text_anchor="end",
            class_="mark-text",
        ),
    )


def _legend(chart: Bars) -> Markup:
    more = []
    if any(bar.sum is None or bar.at_least for bar in chart.bars):
        more.append(entry(hatched(), "not fully known"))
    if any(bar.before is not None for bar in chart.bars):
        line = empty("line", x1=0, x2=10, y1=5, y2=5, class_="before")
        more.append(entry(sign(line), chart.before_title))
    return legend(chart.series if len(chart.series) > 1 or more else (), *more)


def _table(chart: Bars) -> Markup:
    several = len(chart.series) > 1
    compared = any(bar.before is not None for bar in chart.bars)
    head = [
        chart.step.capitalize(),
        *((each.title for each in chart.series) if several else ()),
        f"Total, {chart.unit.name}",
        *([chart.before_title] if compared else ()),
    ]
    rows = (
        (
            Cell(text=name_of(bar.begin, chart.step)),
            [
                *((cell(chart.unit, value) for value in bar.values) if several else ()),
                cell(chart.unit, bar.sum, partial=bar.at_least),
                *([cell(chart.unit, bar.before)] if compared else ()),
            ],
        )
        for bar in reversed(chart.bars)
    )
    return table(chart.title, head, rows)
