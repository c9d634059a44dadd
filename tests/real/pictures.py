"""What can be seen on a screenshot."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PIL import Image

Box = tuple[int, int, int, int]  # x, y, width, height
Colour = tuple[int, int, int]


def lines_of_text(path: Path, box: Box) -> list[int]:
    """How many pixels of each line, from the top, stand out from the ground: lines are parted by bare rows."""
    rows = _rows(path, box)
    ground = Counter(pixel for row in rows for pixel in row).most_common(1)[0][0]
    inked = [sum(_far(pixel, ground) for pixel in row[4:-4]) for row in rows[4:-4]]  # without the frame
    lines: list[int] = []
    before = 0
    for count in inked:
        if count and not before:
            lines.append(0)
        if count:
            lines[-1] += count
        before = count
    return lines


def pixels_like(path: Path, box: Box, colour: Colour) -> int:
    return sum(not _far(pixel, colour) for row in _rows(path, box) for pixel in row)


def _rows(path: Path, box: Box) -> list[list[Colour]]:
    x, y, width, height = box
    with Image.open(path) as shown:
        data = shown.convert("RGB").crop((x, y, x + width, y + height)).tobytes()
    pixels = [(data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 3)]
    return [pixels[row * width : (row + 1) * width] for row in range(height)]


def _far(one: Colour, other: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) > 40
