"""A limit: what is left of it, and as a tick the time that is left. Pure."""

from __future__ import annotations

from markupsafe import Markup
from msgspec import Struct

from tray.view.charts.figure import image
from tray.view.charts.svg import empty, share
from tray.view.level import Level


class MeterBar(Struct, frozen=True, kw_only=True):
    """`left` and `time_left` are 0-100, None where they are not known; `stale` is drawn fainter.

    `said` is the same in words, for those who do not see it: `Weekly: 38 % left, resets Sun 14:00`.
    """

    said: str
    left: float | None
    level: Level = "plenty"
    time_left: float | None = None
    stale: bool = False


def meter(bar: MeterBar) -> Markup:
    drawn = [empty("rect", x=0, y=3, width="100%", height=8, rx=4, class_="track")]
    if bar.left is None:
        drawn = [empty("rect", x=0.5, y=3.5, width="100%", height=7, rx=3.5, class_="unknown")]
    elif bar.left > 0:
        width = share(min(max(bar.left, 1.0), 100.0) / 100)
        drawn.append(empty("rect", x=0, y=3, width=width, height=8, rx=4, class_=f"left level-{bar.level}"))
    if bar.time_left is not None:
        x = share(min(max(bar.time_left, 0.0), 100.0) / 100)
        drawn.append(empty("line", x1=x, x2=x, y1=0, y2=14, class_="pace"))
    stale = " stale" if bar.stale else ""
    return image(bar.said, "", *drawn, width="100%", height=14, class_=f"meter{stale}")
