"""Pillow without what pictures of bars and rings do not need: a process that runs all day would keep it."""

from __future__ import annotations

import struct
import sys
import zlib
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_FONTS = "PIL._imagingft"
_loading = Lock()


def load_pillow() -> None:
    """Before the first import of `ImageDraw`; what somebody has loaded already is left alone.

    Pillow 12 loads a library for fonts with `ImageDraw`, which costs 1.2 MB; no text is drawn here.
    """
    with _loading:
        absent = "PIL.ImageFont" not in sys.modules and _FONTS not in sys.modules
        if absent:
            sys.modules[_FONTS] = None  # type: ignore[assignment]  # its import fails, which Pillow expects
        try:
            from PIL import ImageDraw  # noqa: F401
        finally:
            if absent:
                del sys.modules[_FONTS]


def as_png(image: Image) -> bytes:
    """An RGBA picture as PNG. Pillow's own writer loads the code of five formats, which costs 1.2 MB."""
    width, height = image.size
    pixels, row = image.tobytes(), 4 * width
    lines = b"".join(b"\0" + pixels[at : at + row] for at in range(0, len(pixels), row))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits each of red, green, blue, alpha
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
