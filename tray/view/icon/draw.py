"""A glance → its picture.

In units of the grid: the mark and the sign stand in the upper 7, the bars, or the digits, fill the lower 14. A rim
is one unit wide, its outer half dark and its inner half light.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tray.view.icon.canvas import GRID, Box, Canvas, Colour
from tray.view.icon.signs import CHARACTERS, SIGNS

if TYPE_CHECKING:
    from PIL.Image import Image

    from providers.domain.glyph import Glyph, Strokes
    from tray.view.icon.glance import Bar, Gauge, Glance, Sign
    from tray.view.level import Level

DARK, LIGHT = (24, 24, 28), (250, 250, 250)
PLENTY, LOW, SCARCE = (58, 140, 112), (232, 116, 0), (230, 36, 30)
WAITING = (112, 48, 225)
COLOURS: dict[Level, Colour] = {"plenty": PLENTY, "low": LOW, "scarce": SCARCE, "spent": SCARCE}
_SIGN_COLOURS: dict[Sign, Colour] = {"scarce": SCARCE, "blocked": SCARCE, "error": LOW, "incident": LOW}
_SIGN_WIDTHS: dict[Sign, float] = {
    "scarce": 2.2,
    "blocked": 2.0,
    "error": 1.6,
    "incident": 1.9,
    "unread": 1.9,
}
_NARROW: dict[Sign, Sign] = {"blocked": "scarce", "stale": "none", "unread": "none"}
"""What stands for a sign where there is no room for it: the bars tell the rest."""
_MARK_WIDTH, _MARK_RIM = 1.8, 0.7
_TRACK = 70  # alpha: the ground of an empty bar is a little darker than the panel
_OLD = 230
_RADIUS = 1.8
_BODY = 8.0  # where bars and digits begin
_STUB = 2.0  # the least that is drawn of what is left
_PLACES: dict[int, tuple[tuple[float, float], ...]] = {1: ((9.0, 20.0),), 2: ((8.0, 15.0), (16.0, 22.0))}


@lru_cache(maxsize=32)  # the sizes of a panel, for the glances of two providers and the ones before
def picture(shown: Glance, size: int) -> Image:
    """A square of `size` pixels with an alpha channel, drawn for just that size; not to be drawn into."""
    canvas = Canvas(size)
    columns = ((0.0, 22.0),) if len(shown.gauges) == 1 else ((0.0, 10.0), (12.0, 22.0))
    for gauge, (left, right) in zip(shown.gauges, columns, strict=False):
        _draw_head(canvas, gauge, left, right)
        if gauge.percent is not None:
            _draw_number(canvas, gauge.percent, gauge.level, (left, _BODY, right, GRID))
            continue
        for bar, (top, bottom) in zip(gauge.bars, _PLACES[len(gauge.bars)], strict=True):
            _BarPencil(canvas, bar, (left, top, right, bottom), used=shown.used).draw()
    return canvas.picture()


def _draw_head(canvas: Canvas, gauge: Gauge, left: float, right: float) -> None:
    """The mark, and the sign beside it; narrow where there are two gauges. What waits for the person comes before
    any sign: the bars tell what else is wrong.
    """
    alone = right - left > GRID / 2
    begin, end = (1.3, 6.9) if alone else (0.8, 4.9) if gauge.waits else (1.3, 5.7)
    _draw_mark(canvas, gauge.mark, (left + begin, 1.3, left + end, 6.3))
    if gauge.waits:
        bubble = (13.6, 0.0, 22.0, 5.8) if alone else (right - 4.5, 0.0, right + 0.5, 5.0)
        _draw_bubble(canvas, bubble, 0.9 if alone else 0.5)
        return
    sign = gauge.sign if alone else _NARROW.get(gauge.sign, gauge.sign)
    if sign == "none":
        return
    place = (15.2, 1.3, 20.6, 6.1) if alone else (right - 2.6, 1.3, right - 1.0, 6.1)
    colour = _SIGN_COLOURS.get(gauge.sign, LIGHT)
    _draw_strokes(canvas, SIGNS[sign], place, colour, _SIGN_WIDTHS.get(sign, 1.3))


def _draw_bubble(canvas: Canvas, place: Box, rim: float) -> None:
    """A speech bubble, its tail at the left."""
    left, top, right, bottom = place
    for inset, ink in ((0.0, LIGHT), (rim, WAITING)):
        tail = ((left + 2.2, bottom - 1.5), (left + 1.4 + inset / 2, bottom + 0.8 - inset / 2))
        canvas.line(tail, 1.8 - inset, ink)
        body = (left + inset, top + inset, right - inset, bottom - inset)
        canvas.box(body, ink, radius=(right - left) / 4 - inset)


def _draw_mark(canvas: Canvas, mark: Glyph, place: Box) -> None:
    """In a colour for light and dark panels; the rim is for all others, and not seen on a light one."""
    placed = _placed(mark.strokes, place)
    for width, ink in ((_MARK_WIDTH + _MARK_RIM, LIGHT), (_MARK_WIDTH, mark.colour)):
        for stroke in placed:
            canvas.line(stroke, width, ink)


def _draw_strokes(canvas: Canvas, strokes: Strokes, place: Box, colour: Colour, width: float) -> None:
    """With an outline that stands out from them."""
    placed = _placed(strokes, place)
    for wider, ink in ((1.4, DARK if colour is LIGHT else LIGHT), (0.0, colour)):
        for stroke in placed:
            canvas.line(stroke, width + wider, ink)


def _placed(strokes: Strokes, place: Box) -> list[list[tuple[float, float]]]:
    left, top, right, bottom = place
    return [[(left + x * (right - left), top + y * (bottom - top)) for x, y in stroke] for stroke in strokes]


def _draw_number(canvas: Canvas, text: str, level: Level, place: Box) -> None:
    """Light digits on a plate."""
    left, top, right, bottom = place
    canvas.box(place, LIGHT, radius=2.4)
    inner = (left + 0.5, top + 0.5, right - 0.5, bottom - 0.5)
    canvas.box(inner, DARK if level == "plenty" else COLOURS[level], radius=2.0)
    gap, stroke = (2.6, 1.8) if len(text) > 2 else (3.6, 2.1)
    width = min((right - left - 4.4 - gap * (len(text) - 1)) / len(text), 6.6)
    x = (left + right - width * len(text) - gap * (len(text) - 1)) / 2
    for character in text:
        for points in CHARACTERS[character]:
            spots = [(x + across * width, top + 2.6 + down * (bottom - top - 5.2)) for across, down in points]
            canvas.cut_line(spots, stroke + 0.7)
            canvas.line(spots, stroke, LIGHT)
        x += width + gap


class _BarPencil:
    """Draws one bar; from right to left where what is used is to be filled."""

    def __init__(self, canvas: Canvas, bar: Bar, place: Box, *, used: bool) -> None:
        self._canvas = canvas
        self._bar = bar
        self._used = used
        self._left, self._top, self._right, self._bottom = place
        self._alpha = _OLD if bar.stale else 255
        self._half = max(0.5, canvas.dot)

    def draw(self) -> None:
        bar = self._bar
        if bar.left is None:
            self._draw_outline()
            return
        if bar.level == "plenty":
            self._draw_filling(bar.left)
        elif bar.left > 0:
            self._draw_stub(bar.left)
        else:
            self._draw_spent()
        if bar.stale:
            self._draw_stripes()
        elif bar.time_left is not None and bar.left > 0:
            self._draw_time(bar.time_left)

    def _draw_outline(self) -> None:
        """Light within dark, both whole: there is nothing else to be seen."""
        self._box(0, DARK)
        self._box(self._half, LIGHT)
        self._box(self._half + 1, None)

    def _draw_filling(self, left: float) -> None:
        self._draw_rim()
        share = (100 - left if self._used else left) / 100
        begin, end = self._left + 1, self._right - 1
        stop = begin + (max((end - begin) * share, _STUB) if share else 0)
        place = (begin, self._top + 1, stop, self._bottom - 1)
        self._canvas.box(place, PLENTY, self._alpha, 0.8)
        if begin < stop < end:
            self._canvas.box((stop, self._top + 1, stop + self._half, self._bottom - 1), LIGHT, self._alpha)

    def _draw_rim(self) -> None:
        self._box(0, DARK)
        self._box(self._half, LIGHT)
        self._box(1, DARK, _TRACK)

    def _draw_stub(self, left: float) -> None:
        """What is left is light and apart from the rest, which has the colour of warning."""
        self._draw_warning()
        width = 1 + max((self._right - self._left - 2) * left / 100, _STUB)
        begin, end = self._left, self._left + width
        gap = (begin, self._top, end + 1, self._bottom)
        if self._used:
            begin, end = self._right - width, self._right
            gap = (begin - 1, self._top, end, self._bottom)
        half = self._half
        self._canvas.box(gap, None)
        self._canvas.box((begin, self._top, end, self._bottom), DARK, self._alpha, _RADIUS)
        inner = (begin + half, self._top + half, end - half, self._bottom - half)
        self._canvas.box(inner, LIGHT, self._alpha, _RADIUS - 0.5)

    def _draw_spent(self) -> None:
        """A stroke through it."""
        self._draw_warning()
        middle = (self._left + self._right) / 2
        stroke = (middle - 2, self._bottom - 1), (middle + 2, self._top + 1)
        self._canvas.cut_line(stroke, 3.2)
        self._canvas.line(stroke, 1.4, LIGHT)

    def _draw_warning(self) -> None:
        """To its very edge: a rim would become a dull mixture where a panel scales it down."""
        self._box(0, COLOURS[self._bar.level])

    def _draw_stripes(self) -> None:
        for number in range(1, 5):
            x = self._left + number * (self._right - self._left) / 5
            self._canvas.cut_line(((x + 1, self._top - 0.5), (x - 1, self._bottom + 0.5)), 1.5)

    def _draw_time(self, left: float) -> None:
        """A line: light on what is filled or warns, of both halves of a rim on what is empty."""
        share = 1 - left if self._used else left
        x = self._canvas.snap(self._left + 1 + share * (self._right - self._left - 2))
        half = self._half
        filled = 100 - (self._bar.left or 0) if self._used else self._bar.left or 0
        if self._bar.level != "plenty" or share * 100 < filled:
            self._canvas.box((x - half, self._top, x + half, self._bottom), LIGHT)
        else:
            self._canvas.box((x - half, self._top, x, self._bottom), DARK)
            self._canvas.box((x, self._top, x + half, self._bottom), LIGHT)

    def _box(self, inset: float, colour: Colour | None, alpha: int | None = None) -> None:
        place = (self._left + inset, self._top + inset, self._right - inset, self._bottom - inset)
        strength = self._alpha if alpha is None else alpha
        self._canvas.box(place, colour, strength, max(_RADIUS - inset, 0))
