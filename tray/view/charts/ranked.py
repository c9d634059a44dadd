"""A table whose rows have a bar each: what of something was the most. Pure."""

from __future__ import annotations

from markupsafe import Markup
from msgspec import Struct

from tray.view.charts.figure import Cell, cell, written
from tray.view.charts.series import TINTS, Tint, Unit, Value, paint
from tray.view.charts.svg import element, empty, joined, share


class RankedRow(Struct, frozen=True, kw_only=True):
    """`note` is a second line below the name."""

    name: str
    value: Value
    partial: bool = False
    note: str = ""
    address: str = ""
    tint: Tint = TINTS[0]


class Ranked(Struct, frozen=True, kw_only=True):
    """`rows` are in the order they are shown. With `shares` each has its part of `whole`, None for their sum."""

    title: str
    name: str
    unit: Unit
    rows: tuple[RankedRow, ...]
    shares: bool = True
    whole: Value = None


def ranked(chart: Ranked) -> Markup:
    values = [row.value or 0.0 for row in chart.rows]
    most, whole = max(values, default=0.0), chart.whole if chart.whole is not None else sum(values)
    head = [
        element("th", chart.name, scope="col"),
        element("th", element("span", "Bar", class_="unseen"), scope="col", class_="bar-cell"),
        element("th", chart.unit.head, scope="col", class_="number"),
        *([element("th", "Share", scope="col", class_="number")] if chart.shares else ()),
    ]
    body = joined(*(_row(chart, row, most, whole) for row in chart.rows))
    whole_table = element(
        "table",
        element("caption", chart.title),
        element("thead", element("tr", *head)),
        element("tbody", body),
        class_="ranked",
    )
    return element("div", whole_table, class_="scroll", tabindex="0", role="group", aria_label=chart.title)


def _row(chart: Ranked, row: RankedRow, most: float, whole: float) -> Markup:
    note = [element("small", element("bdi", row.note))] if row.note else []
    part = row.value / whole if row.value is not None and whole > 0 else None
    return element(
        "tr",
        element("th", written(Cell(text=row.name, address=row.address)), *note, scope="row"),
        element("td", bar(row.value, most, row.tint), class_="bar-cell"),
        element("td", written(cell(chart.unit, row.value, partial=row.partial)), class_="number"),
        *([element("td", _part(part), class_="number quiet")] if chart.shares else ()),
    )


def _part(part: float | None) -> str:
    if part is None:
        return "–"
    return "< 1 %" if 0 < part < 0.01 else f"{100 * part:.0f} %"


def bar(value: Value, most: float, tint: Tint = TINTS[0]) -> Markup:
    """A bar alone, for a cell of any table: as long as its part of `most`, dashed where it is not known."""
    if value is None:
        drawn = empty("rect", x=0.5, y=1.5, width=24, height=7, rx=2, class_="unknown")
    elif value <= 0 or most <= 0:
        drawn = empty("rect", x=0, y=1, width=2, height=8, class_="zero")
    else:
        drawn = empty("rect", x=0, y=1, width=share(max(value / most, 0.004)), height=8, rx=2, **paint(tint))
    return element("svg", drawn, width="100%", height=10, aria_hidden="true", class_="bar")
