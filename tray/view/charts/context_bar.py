"""How full a context window is, with marks from where on it will soon be compacted. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tray.view.charts.figure import image
from tray.view.charts.svg import empty, share

_LEVELS = ("plenty", "low", "scarce")


def context_bar(percent: float, marks: Sequence[float], description: str) -> Markup:
    """`percent` is 0-100, or more where the CLI lets it; each of the two `marks` that it reaches is a level.

    `description` is the same in words, for those who do not see it.
    """
    drawn = [empty("rect", x=0, y=2, width="100%", height=8, rx=4, class_="track")]
    if percent > 0:
        level = _LEVELS[sum(percent >= mark for mark in marks)]
        width = share(min(max(percent, 1.0), 100.0) / 100)
        drawn.append(empty("rect", x=0, y=2, width=width, height=8, rx=4, class_=f"left level-{level}"))
    places = (share(mark / 100) for mark in marks)
    drawn += [empty("line", x1=place, x2=place, y1=0, y2=12, class_="full-mark") for place in places]
    return image(description, "", *drawn, width="100%", height=12, class_="meter")
