"""What a face is given to show, in one line."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from tray.desktop.icon import IconView, Shown, Tooltip
from tray.view.rows import Row


def plum(size: int) -> Image.Image:
    return Image.new("RGBA", (size, size), (0x10, 0x20, 0x30, 0x40))


def one_icon(
    rows: tuple[Row, ...],
    title: str = "",
    text: str = "",
    *,
    draw: Callable[[int], Image.Image] = plum,
    attention: bool = False,
) -> Shown:
    return Shown((IconView("tankful", draw, Tooltip(title, text), attention),), rows)
