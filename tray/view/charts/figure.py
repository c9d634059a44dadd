"""What stands around a chart: its title, its legend, and its figures as a table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup
from msgspec import Struct

from tray.view.charts.series import Series, Tint, Unit, Value, paint
from tray.view.charts.svg import element, empty, joined


class Cell(Struct, frozen=True, kw_only=True):
    """Of the table: `full` is the number with all its digits."""

    text: str
    full: str = ""


def cell(unit: Unit, value: Value, *, partial: bool = False) -> Cell:
    return Cell(text=unit.shown(value, partial=partial), full="" if value is None else unit.full(value))


def figure(kind: str, title: str, drawing: Markup, *, legend: str = "", table: str = "") -> Markup:
    """A chart in its frame; `kind` is its class in page.css."""
    caption = element("figcaption", element("span", title, class_="chart-title"), legend)
    return element("figure", caption, drawing, table, class_=f"chart chart-{kind}")


def image(label: str, description: str, *children: str, **attributes: str | float | None) -> Markup:
    """The `<svg>` of a chart: one picture with a name for those who do not see it."""
    return element(
        "svg",
        *([element("desc", description)] if description else []),
        *children,
        role="img",
        aria_label=f"{label}. {description}" if description else label,
        **attributes,
    )


def legend(series: Iterable[Series], *more: Markup) -> Markup:
    """The colours and what they stand for; `more` are other entries, by `entry`."""
    return element("ul", *(entry(swatch(each.tint), each.title) for each in series), *more, class_="legend")


def entry(sign: Markup, title: str) -> Markup:
    return element("li", sign, element("bdi", title))


def swatch(tint: Tint) -> Markup:
    return sign(empty("rect", width=10, height=10, rx=2, **paint(tint)))


def hatched() -> Markup:
    """The sign of what is not known."""
    return sign(empty("rect", x=0.5, y=0.5, width=9, height=9, rx=2, class_="unknown"))


def sign(drawing: Markup) -> Markup:
    """What a legend has before a name: a drawing of 10 x 10."""
    return element(
        "svg", drawing, width=10, height=10, viewBox="0 0 10 10", aria_hidden="true", class_="swatch"
    )


def table(caption: str, head: Sequence[str], rows: Iterable[tuple[Cell, Sequence[Cell]]]) -> Markup:
    """The figures, folded away: for screen readers, for copying, and where a picture is not enough.

    Each row has its name and its cells; `head` names all columns.
    """
    names = element(
        "tr",
        *(
            element("th", each, scope="col", class_=None if place == 0 else "number")
            for place, each in enumerate(head)
        ),
    )
    body = joined(*(_row(name, cells) for name, cells in rows))
    whole = element(
        "table",
        element("caption", caption),
        element("thead", names),
        element("tbody", body),
        class_="figures",
    )
    box = element("div", whole, class_="scroll", tabindex="0", role="group", aria_label=caption)
    return element("details", element("summary", "Figures"), box, class_="chart-figures")


def _row(name: Cell, cells: Sequence[Cell]) -> Markup:
    return element(
        "tr",
        element("th", written(name), scope="row"),
        *(element("td", written(each), class_="number") for each in cells),
    )


def written(one: Cell) -> Markup:
    return element("data", one.text, value=one.full) if one.full else element("bdi", one.text)
