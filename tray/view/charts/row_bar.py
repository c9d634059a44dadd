"""A bar for a cell of a table. Pure."""

from __future__ import annotations

from markupsafe import Markup

from tray.view.charts.series import TINTS, Tint, Value, paint
from tray.view.charts.svg import element, empty, share


def row_bar(value: Value, most: float, tint: Tint = TINTS[0]) -> Markup:
    """As long as its part of `most`, dashed where it is not known."""
    if value is None:
        drawn = empty("rect", x=0.5, y=1.5, width=24, height=7, rx=2, class_="unknown")
    elif value <= 0 or most <= 0:
        drawn = empty("rect", x=0, y=1, width=2, height=8, class_="zero")
    else:
        drawn = empty("rect", x=0, y=1, width=share(max(value / most, 0.004)), height=8, rx=2, **paint(tint))
    return element("svg", drawn, width="100%", height=10, aria_hidden="true", class_="bar")
