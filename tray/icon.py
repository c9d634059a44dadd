"""State → picture. Two bars, session over weekly, as full as what is left.

Colours keep a contrast of 3:1 on black and on white alike. Where colour is lost (macOS templates, colour
blindness) shape speaks: hollow = never read, faint = old, a cross through = empty, a badge = something is wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from providers.merge import is_stale
from providers.models import AccountUsage, WindowLane
from tray import format as fmt
from tray.menu import accounts, is_past
from tray.state import State

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

LOW, SCARCE = 25.0, 10.0
_FULL, _LOW, _SCARCE, _EDGE = (32, 144, 102), (184, 112, 0), (214, 48, 40), (118, 118, 124)
_SCALE = 4
_GRID = 22


class Bar(Struct, frozen=True):
    """One bar: how much is left (None when it is not known), and whether that is old."""

    left: float | None
    stale: bool = False


class Glance(Struct, frozen=True):
    """What the picture says, before any pixel: equal glances need no new picture."""

    bars: tuple[Bar, ...]
    badge: Literal["none", "trouble"] = "none"


def glance(state: State, now: datetime) -> Glance:
    """The first account that tells anything; hollow bars where none does."""
    shown = accounts(state)
    usage = next((each for each in shown if each.windows), shown[0] if shown else None)
    if usage is None:
        return Glance((Bar(None), Bar(None)))
    lanes = _main_lanes(usage)
    bars = tuple(_bar(lane, now) for lane in lanes) or (Bar(None), Bar(None))
    # While fresh values are at hand, a failed poll is not yet worth a second look.
    fresh = any(bar.left is not None and not bar.stale for bar in bars)
    return Glance(bars, "trouble" if usage.error is not None and not fresh else "none")


def picture(shown: Glance, size: int) -> Image:
    """A square of `size` pixels with an alpha channel, drawn for just that size."""
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (size * _SCALE, size * _SCALE), (0, 0, 0, 0))
    pencil = ImageDraw.Draw(image)
    unit = size / _GRID
    for bar, (top, bottom) in zip(shown.bars, _places(len(shown.bars)), strict=True):
        _draw_bar(pencil, bar, top=round(top * unit), bottom=round(bottom * unit), size=size)
    if shown.badge == "trouble":
        _draw_badge(pencil, size)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _main_lanes(usage: AccountUsage) -> tuple[WindowLane, ...]:
    """The account's own windows, shortest first, two at most: a model's own window has a colon in its id."""
    own = [lane for lane in usage.windows if ":" not in lane.window.id]
    return tuple((own or list(usage.windows))[:2])


def _bar(lane: WindowLane, now: datetime) -> Bar:
    if is_past(lane, now):
        return Bar(None, stale=True)
    return Bar(
        fmt.left_percent(lane.window.used_percent),
        stale=is_stale(lane.fetched_at, lane.window.resets_at, now),
    )


def _places(count: int) -> tuple[tuple[float, float], ...]:
    """Top and bottom of each bar on a grid of 22: the session's is the thicker of two."""
    return ((6, 16),) if count == 1 else ((3, 12), (14, 19))


def _draw_bar(pencil: ImageDraw, bar: Bar, *, top: int, bottom: int, size: int) -> None:
    left_edge, right_edge = round(size / _GRID), size - round(size / _GRID)
    line = max(1, round(size / _GRID))
    strength = 135 if bar.stale else 255
    box = _box(left_edge, top, right_edge, bottom)
    radius = round(2 * size / _GRID * _SCALE)
    pencil.rounded_rectangle(box, radius, fill=(*_EDGE, 60), outline=(*_EDGE, strength), width=line * _SCALE)
    if bar.left is None:
        return
    inner_left, inner_right = left_edge + line, right_edge - line
    width = round((inner_right - inner_left) * bar.left / 100)
    if bar.left > 0:
        width = max(width, 1)
        colour = _SCARCE if bar.left <= SCARCE else _LOW if bar.left <= LOW else _FULL
        pencil.rectangle(
            _box(inner_left, top + line, inner_left + width, bottom - line), fill=(*colour, strength)
        )
    else:
        _draw_cross(pencil, top=top, bottom=bottom, size=size, strength=strength)


def _draw_cross(pencil: ImageDraw, *, top: int, bottom: int, size: int, strength: int) -> None:
    """Nothing is left: a stroke through the empty bar."""
    start = (round(size * 0.3) * _SCALE, (bottom - 1) * _SCALE)
    end = (round(size * 0.7) * _SCALE, (top + 1) * _SCALE)
    pencil.line((start, end), fill=(*_SCARCE, strength), width=round(2.4 * size / _GRID * _SCALE))


def _draw_badge(pencil: ImageDraw, size: int) -> None:
    """A disc with an exclamation mark in the lower right corner, cut free from what lies under it."""
    unit = size * _SCALE / _GRID
    middle, radius = 16.4 * unit, 5.4 * unit
    halo = radius + 1.2 * unit
    pencil.ellipse((middle - halo, middle - halo, middle + halo, middle + halo), fill=(0, 0, 0, 0))
    pencil.ellipse((middle - radius, middle - radius, middle + radius, middle + radius), fill=(*_SCARCE, 255))
    half = 0.9 * unit
    pencil.rectangle((middle - half, middle - 3.6 * unit, middle + half, middle + 0.7 * unit), fill="white")
    pencil.rectangle((middle - half, middle + 1.9 * unit, middle + half, middle + 3.6 * unit), fill="white")


def _box(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
    """Pixel edges to Pillow's inclusive corners."""
    return (left * _SCALE, top * _SCALE, right * _SCALE - 1, bottom * _SCALE - 1)
