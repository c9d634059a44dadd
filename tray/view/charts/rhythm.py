"""When it was used: weekdays by parts of the day, as a table with shades. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from markupsafe import Markup
from msgspec import Struct

from tray.view.charts.figure import cell, written
from tray.view.charts.series import Unit, Value, total
from tray.view.charts.svg import element, joined
from tray.view.words import WEEKDAYS

_SHADES = 5


class Rhythm(Struct, frozen=True, kw_only=True):
    """`values` by weekday (0 is Monday) and part: None where it is not known, and what is not in it is 0. Those
    of `partial` are lower bounds. `parts` are their names, in order.
    """

    title: str
    unit: Unit
    parts: Sequence[str]
    values: Mapping[tuple[int, int], Value]
    partial: Collection[tuple[int, int]] = ()


def rhythm(chart: Rhythm) -> Markup:
    """The darkest is the most used one; a table, so that it reads without a picture, too."""
    most = max(_known(chart).values(), default=0.0)
    whole = sum(_known(chart).values())
    head = element(
        "tr",
        element("th", element("span", "Weekday", class_="unseen"), scope="col"),
        *(element("th", part, scope="col", class_="number") for part in chart.parts),
        element("th", "Share", scope="col", class_="number"),
    )
    rows = joined(*(_row(chart, weekday, most, whole) for weekday in range(7)))
    grid = element(
        "table",
        element("caption", f"{chart.title}, {chart.unit.name}"),
        element("thead", head),
        element("tbody", rows),
        class_="rhythm",
    )
    box = element("div", grid, class_="scroll", tabindex="0", role="group", aria_label=chart.title)
    return joined(box, element("p", peak(chart), class_="quiet"))


def _row(chart: Rhythm, weekday: int, most: float, whole: float) -> Markup:
    cells = [(weekday, part) for part in range(len(chart.parts))]
    values = [chart.values.get(each, 0.0) for each in cells]
    own = total(values)
    part_of_all = f"{100 * own / whole:.0f} %" if whole > 0 and own is not None else "–"
    return element(
        "tr",
        element("th", WEEKDAYS[weekday], scope="row"),
        *(
            element(
                "td",
                written(cell(chart.unit, value, partial=each in chart.partial)),
                class_=f"number shade-{shade(value or 0.0, most)}",
            )
            for each, value in zip(cells, values, strict=True)
        ),
        element("td", part_of_all, class_="number quiet"),
    )


def _known(chart: Rhythm) -> dict[tuple[int, int], float]:
    return {each: value for each, value in chart.values.items() if value is not None}


def shade(value: float, most: float) -> int:
    """0 for nothing, else 1 to 5."""
    return 0 if value <= 0 or most <= 0 else min(int(value / most * _SHADES) + 1, _SHADES)


def peak(chart: Rhythm) -> str:
    """A sentence: when it was used most."""
    known = _known(chart)
    if not any(known.values()):
        return "No usage in this period."
    (weekday, part), value = max(known.items(), key=lambda each: each[1])
    when = f"{WEEKDAYS[weekday]} {chart.parts[part]}"
    shown = chart.unit.shown(value, partial=(weekday, part) in chart.partial)
    return f"Most was used on {when}: {shown if '$' in shown else f'{shown} {chart.unit.name}'}."
