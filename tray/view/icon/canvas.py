"""A square picture on a grid of 22 units, whatever its size in pixels: the edges of boxes fall between pixels."""

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
_SCALE = 4  # pixels that are drawn for each one that is kept
_NOTHING = (0, 0, 0, 0)


class Canvas:
    """What is drawn replaces what is below it. `alpha` is 0-255, `pixel` the size of one in units."""

    def __init__(self, size: int) -> None:
        load_pillow()
        from PIL import Image, ImageDraw

        self._size = size
        self._image = Image.new("RGBA", (size * _SCALE, size * _SCALE), _NOTHING)
        self._pencil = ImageDraw.Draw(self._image)
        self.pixel = GRID / size

    def picture(self) -> Image:
        from PIL import Image

        return self._image.resize((self._size, self._size), Image.Resampling.BOX)

    def snap(self, units: float) -> float:
        """The nearest edge between two pixels."""
        return round(units / self.pixel) * self.pixel

    def box(self, box: Box, colour: Colour | None, alpha: int = 255, radius: float = 0) -> None:
        """A filled box with round corners; None cuts it out."""
        left, top, right, bottom = (round(edge / self.pixel) * _SCALE for edge in box)
        if right <= left or bottom <= top:
            return
        fill = _NOTHING if colour is None else (*colour, alpha)
        corner = radius / self.pixel * _SCALE
        self._pencil.rounded_rectangle((left, top, right - 1, bottom - 1), corner, fill=fill)

    def line(self, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
        """From point to point, with round ends."""
        self._stroke(points, width, (*colour, 255))

    def cut_line(self, points: Sequence[tuple[float, float]], width: float) -> None:
        self._stroke(points, width, _NOTHING)

    def _stroke(
        self, points: Sequence[tuple[float, float]], width: float, fill: tuple[int, int, int, int]
    ) -> None:
        scale = _SCALE / self.pixel
        spots = [(x * scale, y * scale) for x, y in points]
        reach = width * scale / 2
        for one, other in pairwise(spots):
            self._pencil.line((one, other), fill=fill, width=round(width * scale))
        for x, y in spots:
            self._pencil.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)
