"""A small curve without axes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tray.view.charts.figure import image
from tray.view.charts.series import TINTS, Tint
from tray.view.charts.svg import empty, number

_HEIGHT = 24.0
_PAD = 1.5  # half a stroke is not cut off


def spark(values: Sequence[float], description: str, tint: Tint = TINTS[0]) -> Markup:
    """Of at least two values, oldest first, from 0 on; `description` is for those who do not see it."""
    largest = max(*values, 1)
    room = _HEIGHT - 2 * _PAD
    points = [
        f"{place} {number(_PAD + room * (1 - max(value, 0) / largest))}" for place, value in enumerate(values)
    ]
    line = f"M{'L'.join(points)}"
    last = len(values) - 1
    return image(
        description,
        "",
        empty("path", d=f"{line}V{number(_HEIGHT)}H0Z", class_=f"area {tint}"),
        empty("path", d=line, class_=f"curve stroke-{tint}"),
        viewBox=f"0 0 {last} {number(_HEIGHT)}",
        preserveAspectRatio="none",
        width="100%",
        height=_HEIGHT,
        class_="spark",
    )
