"""What a sum consists of: one bar in parts, and its legend with the figures. Pure."""

from __future__ import annotations

from markupsafe import Markup
from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES, TokenUsage
from tray.view import format as fmt
from tray.view.charts.figure import cell, figure, image, swatch, written
from tray.view.charts.series import TINTS, TOKENS, Tint, Unit, Value, paint
from tray.view.charts.svg import element, empty, joined, share

_TITLES = {"input": "Input", "cache_read": "Cache reads", "cache_write": "Cache writes", "output": "Output"}
CLASS_TINTS: dict[str, Tint] = {name: TINTS[place] for name, place in zip(_TITLES, (4, 0, 1, 3), strict=True)}
"""The colour of each disjoint class of tokens, the same on the whole page."""


class Part(Struct, frozen=True, kw_only=True):
    title: str
    value: Value
    tint: Tint
    partial: bool = False


class ClassBar(Struct, frozen=True, kw_only=True):
    title: str
    unit: Unit
    parts: tuple[Part, ...]


def class_bar(chart: ClassBar) -> Markup:
    """With a legend that has all figures, so it needs no table beside it."""
    whole = sum(part.value or 0 for part in chart.parts)
    entries = (
        element(
            "li",
            swatch(part.tint),
            element("span", part.title, class_="part-title"),
            element("span", written(cell(chart.unit, part.value, partial=part.partial)), class_="part-value"),
            element("span", fmt.share(part.value or 0, whole) or "–", class_="quiet"),
        )
        for part in chart.parts
    )
    return figure("parts", chart.title, joined(strip(chart), element("ul", *entries, class_="parts")))


def strip(chart: ClassBar) -> Markup:
    """The bar alone, for a cell of a table."""
    whole = sum(part.value or 0 for part in chart.parts)
    said = "; ".join(
        f"{part.title} {chart.unit.shown(part.value, partial=part.partial)}" for part in chart.parts
    )
    drawn, left = [], 0.0
    for part in chart.parts:
        if part.value and whole > 0:
            width = part.value / whole
            drawn.append(
                element(
                    "rect",
                    element(
                        "title",
                        f"{part.title}: {chart.unit.shown(part.value)} ({fmt.share(part.value, whole)})",
                    ),
                    x=share(left),
                    y=0,
                    width=share(width),
                    height=12,
                    **paint(part.tint),
                )
            )
            left += width
    if not drawn:
        drawn.append(empty("rect", x=0.5, y=0.5, width="100%", height=11, class_="unknown"))
    return image(chart.title, f"{said}.", *drawn, width="100%", height=12, class_="strip")


def class_parts(usage: TokenUsage) -> tuple[Part, ...]:
    """The disjoint classes of tokens, in their order."""
    return tuple(
        Part(
            title=_TITLES[each.name],
            value=float(getattr(usage, f"{each.name}_tokens")),
            tint=CLASS_TINTS[each.name],
        )
        for each in TOKEN_CLASSES
        if each.part_of is None
    )


def tokens_bar(usage: TokenUsage, title: str = "Tokens by class") -> Markup:
    return class_bar(ClassBar(title=title, unit=TOKENS, parts=class_parts(usage)))
