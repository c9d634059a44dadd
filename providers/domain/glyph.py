"""A provider's sign in the tray's icon."""

from __future__ import annotations

from msgspec import Struct

Strokes = tuple[tuple[tuple[float, float], ...], ...]
"""Lines from point to point in a unit square: x goes right, y goes down; two equal points are a dot."""


class Glyph(Struct, frozen=True):
    """A provider's sign in the tray's icon, drawn by us: a few pixels, so a shape and no logo.

    `colour` is RGB, neither light nor dark: it has a contrast of 3:1 at least both on white and on dark grey.
    """

    strokes: Strokes = ()
    colour: tuple[int, int, int] = (128, 128, 132)
