"""State → picture. Two bars, session over weekly, as full as what is left; of two providers side by side.

A bar has a dark rim and a light one within, so one of the two stands out on any panel, black, white or grey
between; colours keep a contrast of 3:1 on black and on white alike. Where colour is lost (macOS templates, colour
blindness) shape speaks: hollow = never read, faint = old, a cross through = empty, a badge = something is wrong.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from providers.domain.limits import RateWindow, Sourced
from providers.domain.merge import is_stale
from tray.engine.state import State
from tray.view import format as fmt
from tray.view.accounts import accounts, at_a_glance, is_past, own_windows

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

LOW, SCARCE = 25.0, 10.0
_FULL, _LOW, _SCARCE = (32, 144, 102), (184, 112, 0), (214, 48, 40)
_DARK, _LIGHT = (30, 30, 34), (246, 246, 248)
_SOLID, _FAINT, _TRACK = 255, 150, 0.32  # alpha of what is fresh and what is old; the track's share of it
_SCALE = 4
_GRID = 22
_MOST_COLUMNS = 2


Box = tuple[int, int, int, int]
"""Pixel edges: left, top, right, bottom."""


class Bar(Struct, frozen=True):
    """One bar: how much is left (None when it is not known), and whether that is old."""

    left: float | None
    stale: bool = False


_UNREAD = (Bar(None), Bar(None))


class Glance(Struct, frozen=True):
    """The content of the picture: equal glances are drawn once.

    `beside` are the bars of a second provider, none where there is no other.
    """

    bars: tuple[Bar, ...]
    badge: Literal["none", "problem"] = "none"
    beside: tuple[Bar, ...] = ()


def glance(state: State, now: datetime) -> Glance:
    """The accounts at a glance, two at most; hollow bars where none has a value."""
    found = at_a_glance(state, now)[:_MOST_COLUMNS] or accounts(state)[:1]
    columns = [
        tuple(_bar(lane, now, usage.refresh_every) for lane in own_windows(usage)[:2]) or _UNREAD
        for usage in found
    ]
    # While the values are current, a failed poll needs no attention yet.
    failed = any(
        usage.error is not None and all(bar.left is None or bar.stale for bar in bars)
        for usage, bars in zip(found, columns, strict=True)
    )
    bars, beside = (*columns, (), ())[:_MOST_COLUMNS]
    return Glance(bars or _UNREAD, "problem" if failed else "none", beside)


@lru_cache(maxsize=16)  # the sizes of a panel, for this glance and the one before
def picture(shown: Glance, size: int) -> Image:
    """A square of `size` pixels with an alpha channel, drawn for just that size; not to be drawn into."""
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (size * _SCALE, size * _SCALE), (0, 0, 0, 0))
    pencil = ImageDraw.Draw(image)
    columns = (shown.bars, shown.beside) if shown.beside else (shown.bars,)
    for bars, (left, right) in zip(columns, _columns(len(columns), size), strict=True):
        for bar, (top, bottom) in zip(bars, _places(len(bars), size), strict=True):
            _draw_bar(pencil, bar, (left, top, right, bottom), size)
    if shown.badge == "problem":
        _draw_badge(pencil, size)
    return image.resize((size, size), Image.Resampling.BOX)


def _bar(lane: Sourced[RateWindow], now: datetime, every: timedelta) -> Bar:
    if is_past(lane, now):
        return Bar(None, stale=True)
    return Bar(
        fmt.left_percent(lane.value.used_percent),
        stale=is_stale(lane.fetched_at, lane.value.resets_at, now, every),
    )


def _line(size: int) -> int:
    """The thickness of a rim: whole pixels, so that it is sharp."""
    return max(1, round(size / _GRID))


def _columns(count: int, size: int) -> tuple[tuple[int, int], ...]:
    """Left and right of each column in pixels: two are equally wide."""
    width = size if count == 1 else (size - _line(size)) // 2
    return ((0, width), (size - width, size))[:count]


def _places(count: int, size: int) -> tuple[tuple[int, int], ...]:
    """Top and bottom of each bar in pixels: the session's is the thicker of two."""
    if count == 1:
        return ((round(5 / _GRID * size), round(17 / _GRID * size)),)
    middle = round(12.5 / _GRID * size)
    return ((round(1 / _GRID * size), middle), (middle + _line(size), round(21.4 / _GRID * size)))


def _draw_bar(pencil: ImageDraw, bar: Bar, place: Box, size: int) -> None:
    left, top, right, bottom = place
    line, strength = _line(size), _FAINT if bar.stale else _SOLID
    radius = round(2.6 * size / _GRID * _SCALE)
    track = (*_DARK, 0 if bar.left is None else round(strength * _TRACK))
    for inset, colour in ((0, _DARK), (line, _LIGHT)):
        pencil.rounded_rectangle(
            _box(left + inset, top + inset, right - inset, bottom - inset),
            max(radius - inset * _SCALE, 0),
            fill=track,
            outline=(*colour, strength),
            width=line * _SCALE,
        )
    if bar.left is None:
        return
    begin, end = left + 2 * line, right - 2 * line
    upper, lower = top + 2 * line, bottom - 2 * line
    if bar.left == 0:
        _draw_cross(pencil, (left, upper, right, lower), size, strength)
        return
    width = max(round((end - begin) * bar.left / 100), 2 if size >= _GRID else 1)
    colour = _SCARCE if bar.left <= SCARCE else _LOW if bar.left <= LOW else _FULL
    pencil.rectangle(_box(begin, upper, begin + width, lower), fill=(*colour, strength))
    if begin + width < end:
        pencil.rectangle(
            _box(begin + width, upper, min(begin + width + line, end), lower), fill=(*_LIGHT, strength)
        )


def _draw_cross(pencil: ImageDraw, place: Box, size: int, strength: int) -> None:
    """Nothing is left: a stroke through the empty bar."""
    left, top, right, bottom = place
    width = right - left
    start = ((left + round(width * 0.3)) * _SCALE, bottom * _SCALE)
    end = ((left + round(width * 0.7)) * _SCALE, top * _SCALE)
    pencil.line((start, end), fill=(*_SCARCE, strength), width=round(2.4 * size / _GRID * _SCALE))


def _draw_badge(pencil: ImageDraw, size: int) -> None:
    """A disc with an exclamation mark in the lower right corner, with a transparent margin around it."""
    unit = size * _SCALE / _GRID
    middle, radius = 15.8 * unit, 5.0 * unit
    pencil.rectangle((middle, middle, size * _SCALE, size * _SCALE), fill=(0, 0, 0, 0))
    for wider, colour in ((2.2, (0, 0, 0, 0)), (1.2, (*_LIGHT, 255)), (0, (*_SCARCE, 255))):
        reach = radius + wider * unit
        pencil.ellipse((middle - reach, middle - reach, middle + reach, middle + reach), fill=colour)
    half = 0.9 * unit
    pencil.rectangle((middle - half, middle - 3.6 * unit, middle + half, middle + 0.7 * unit), fill="white")
    pencil.rectangle((middle - half, middle + 1.9 * unit, middle + half, middle + 3.6 * unit), fill="white")


def _box(left: int, top: int, right: int, bottom: int) -> Box:
    """Pixel edges to Pillow's inclusive corners."""
    return (left * _SCALE, top * _SCALE, right * _SCALE - 1, bottom * _SCALE - 1)
