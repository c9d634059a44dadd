"""Pictures as the session bus carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def argb(picture: Image) -> bytes:
    """ARGB32 in network order, which is what the specification asks for."""
    rgba = picture.convert("RGBA").tobytes()
    found = bytearray(len(rgba))
    found[0::4], found[1::4], found[2::4], found[3::4] = rgba[3::4], rgba[0::4], rgba[1::4], rgba[2::4]
    return bytes(found)
