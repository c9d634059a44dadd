"""A curve without axes, as tall as a line of text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from tray.view.charts.figure import image
from tray.view.charts.series import TINTS, Tint, Unit, Value
from tray.view.charts.svg import empty, number

_WIDE, _HIGH = 100.0, 20.0


def sparkline(label: str, unit: Unit, values: Sequence[Value], tint: Tint = TINTS[0]) -> Markup:
    """From the oldest to the newest, broken where a value is not known."""
    known = [value for value in values if value is not None]
    top = max(known, default=0.0) or 1.0
    apart = _WIDE / max(len(values) - 1, 1)
    lines = []
    for is_known, run in groupby(enumerate(values), key=lambda each: each[1] is not None):
        if is_known:
            points = [(at * apart, _HIGH - 1 - (value or 0) / top * (_HIGH - 2)) for at, value in run]
            points = points if len(points) > 1 else [points[0], (points[0][0] + 0.5, points[0][1])]
            text = " ".join(f"{number(x)},{number(y)}" for x, y in points)
            stroke = {"stroke": tint} if tint.startswith("#") else {}
            name = "curve" if stroke else f"curve stroke-{tint}"
            lines.append(empty("polyline", points=text, class_=name, **stroke))
    said = (
        f"From {unit.shown(values[0])} to {unit.shown(values[-1])}, at most {unit.shown(max(known))}."
        if known
        else "Nothing is known."
    )
    return image(
        label,
        said,
        *lines,
        viewBox=f"0 0 {number(_WIDE)} {number(_HIGH)}",
        preserveAspectRatio="none",
        class_="sparkline",
    )
