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
"""The colour of what waits for the person, as in the icon: none of the others has it. There it has a light rim,
and is darker.
"""


class Ring(Struct, frozen=True, kw_only=True):
    """A ring that is filled clockwise from the top: `share` is 0-1, None where it is not known.

    `level` is the worst of the account's windows; `faint`, that the value is old; `problem`, an exclamation mark.
    """

    share: float | None
    level: Level = "plenty"
    faint: bool = False
    problem: bool = False


class SessionMark(Struct, frozen=True):
    """A live session: a speech bubble, in a colour of its own, where it waits for the person, a grey disc where it
    works, and a hollow one where it does neither.
    """

    kind: Literal["waiting", "working", "resting"] = "waiting"


RowIcon = Ring | SessionMark


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
        _draw_session(pencil, icon, edge)
    return as_png(image.resize((SIZE, SIZE), Image.Resampling.BOX))


def _draw_session(pencil: ImageDraw, mark: SessionMark, edge: int) -> None:
    inset = 8 * _SCALE
    box = (inset, inset, edge - inset - 1, edge - inset - 1)
    if mark.kind == "waiting":
        ink = (*WAITING, 255)
        pencil.rounded_rectangle((3 * _SCALE, 5 * _SCALE, 29 * _SCALE, 23 * _SCALE), 6 * _SCALE, fill=ink)
        corners = ((8, 21), (8, 29), (16, 21))
        pencil.polygon([(x * _SCALE, y * _SCALE) for x, y in corners], fill=ink)
    elif mark.kind == "working":
        pencil.ellipse(box, fill=_GREY)
    else:
        pencil.ellipse(box, outline=_GREY, width=3 * _SCALE)


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
