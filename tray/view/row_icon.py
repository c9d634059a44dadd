"""The small square mark before a row of the menu. Pure; Pillow is imported only to draw one.

Panels draw it at 16 px, and at 32 on screens with twice the pixels; so it is drawn at 32. The track is a grey at
half alpha, which can be seen on a light and on a dark menu.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from tray.view.level import Level
from tray.view.pillow import as_png, load_pillow

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SIZE = 32
_SCALE = 4
_SCARCE = (224, 49, 49)
_COLOURS: dict[Level, tuple[int, int, int]] = {
    "plenty": (46, 160, 67),
    "low": (219, 134, 0),
    "scarce": _SCARCE,
    "spent": _SCARCE,
}
_TRACK = (128, 128, 128, 128)
_GREY = (128, 128, 128, 220)
WAITING = (168, 85, 247)
"""The colour of what waits for the person, here and in the icon: none of the others has it."""


class Ring(Struct, frozen=True, kw_only=True):
    """A ring that is filled clockwise from the top: `share` is 0-1, None where it is not known.

    `level` is the worst of the account's windows; `faint`, that the value is old; `problem`, an exclamation mark.
    """

    share: float | None
    level: Level = "plenty"
    faint: bool = False
    problem: bool = False


class Dot(Struct, frozen=True):
    """A disc for a live session: in a colour of its own where it waits for the person, grey where it works, and
    hollow where it does neither.
    """

    kind: Literal["waiting", "working", "resting"] = "waiting"


RowIcon = Ring | Dot


@lru_cache(maxsize=64)  # those of twenty accounts, and a few that were
def png(icon: RowIcon) -> bytes:
    """The icon as a PNG of 32x32 pixels with an alpha channel."""
    load_pillow()
    from PIL import Image, ImageDraw

    edge = SIZE * _SCALE
    image = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    pencil = ImageDraw.Draw(image)
    if isinstance(icon, Ring):
        _draw_ring(pencil, icon, edge)
    else:
        _draw_dot(pencil, icon, edge)
    return as_png(image.resize((SIZE, SIZE), Image.Resampling.BOX))


def _draw_dot(pencil: ImageDraw, dot: Dot, edge: int) -> None:
    inset = (6 if dot.kind == "waiting" else 8) * _SCALE
    box = (inset, inset, edge - inset - 1, edge - inset - 1)
    if dot.kind == "resting":
        pencil.ellipse(box, outline=_GREY, width=3 * _SCALE)
    else:
        pencil.ellipse(box, fill=(*WAITING, 255) if dot.kind == "waiting" else _GREY)


def _draw_ring(pencil: ImageDraw, ring: Ring, edge: int) -> None:
    outer, width = 2 * _SCALE, 6 * _SCALE
    box = (outer, outer, edge - outer - 1, edge - outer - 1)
    colour = (*_COLOURS[ring.level], 140 if ring.faint else 255)
    # Nothing left is a whole ring in the colour of alarm: an empty one would be the quietest of all.
    spent = ring.share is not None and ring.level == "spent"
    pencil.arc(box, 0, 360, fill=colour if spent else _TRACK, width=width)
    if ring.share and not spent:
        pencil.arc(box, -90, -90 + max(360 * min(ring.share, 1.0), 18), fill=colour, width=width)
    if ring.problem:
        middle, half = edge // 2, round(1.9 * _SCALE)
        mark = (*_SCARCE, 255)
        pencil.rectangle((middle - half, 9 * _SCALE, middle + half, 17.5 * _SCALE), fill=mark)
        pencil.rectangle((middle - half, 19.5 * _SCALE, middle + half, 23 * _SCALE), fill=mark)
