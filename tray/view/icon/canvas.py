"""A square picture on a grid of 22 units, whatever its size: the edges of boxes fall between dots.

A dot is half a pixel of a small picture, which so looks as what a panel makes of a large one; else a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from tray.view.pillow import load_pillow

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in units."""

GRID = 22.0
_LARGE = 44
_SCALE = 4  # pixels that are drawn for each dot
_NOTHING = (0, 0, 0, 0)


class Canvas:
    """What is drawn replaces what is below it. `alpha` is 0-255, `dot` the size of one in units."""

    def __init__(self, size: int) -> None:
        load_pillow()
        from PIL import Image, ImageDraw

        self._size = size
        dots = size if size >= _LARGE else 2 * size
        self._image = Image.new("RGBA", (dots * _SCALE, dots * _SCALE), _NOTHING)
        self._pencil = ImageDraw.Draw(self._image)
        self.dot = GRID / dots

    def picture(self) -> Image:
        from PIL import Image

        return self._image.resize((self._size, self._size), Image.Resampling.BOX)

    def snap(self, units: float) -> float:
        """The nearest edge between two dots."""
        return round(units / self.dot) * self.dot

    def box(self, box: Box, colour: Colour | None, alpha: int = 255, radius: float = 0) -> None:
        """A filled box with round corners; None cuts it out."""
        left, top, right, bottom = (round(edge / self.dot) * _SCALE for edge in box)
        if right <= left or bottom <= top:
            return
        fill = _NOTHING if colour is None else (*colour, alpha)
        corner = radius / self.dot * _SCALE
        self._pencil.rounded_rectangle((left, top, right - 1, bottom - 1), corner, fill=fill)

    def line(self, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
        """From point to point, with round ends."""
        self._stroke(points, width, (*colour, 255))

    def cut_line(self, points: Sequence[tuple[float, float]], width: float) -> None:
        self._stroke(points, width, _NOTHING)

    def _stroke(
        self, points: Sequence[tuple[float, float]], width: float, fill: tuple[int, int, int, int]
    ) -> None:
        scale = _SCALE / self.dot
        spots = [(x * scale, y * scale) for x, y in points]
        reach = width * scale / 2
        for one, other in pairwise(spots):
            self._pencil.line((one, other), fill=fill, width=round(width * scale))
        for x, y in spots:
            self._pencil.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)
