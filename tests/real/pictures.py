"""What can be seen on a screenshot."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageChops

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


def rows_of_menu(picture: Image.Image, box: Box, scale: int = 1) -> list[Box]:
    """The ink of each row of a menu, from the top: of its text with all that is beside it, without separators."""
    x, y, width, height = box
    beside, above = 8 * scale, 3 * scale  # frame and shadow
    x, y, width, height = x + beside, y + above, width - 2 * beside, height - 2 * above
    lines = _inked(picture, (x, y, width, height))
    found, begin = [], None
    for line in range(height + 1):
        if line < height and lines[line]:
            begin = line if begin is None else begin
        elif begin is not None:
            if line - begin >= 5 * scale:
                found.append((x, y + begin, width, line - begin))
            begin = None
    return found


def bar_of(picture: Image.Image, row: Box, scale: int = 1) -> tuple[int, int, int]:
    """Of a row that begins with a bar: the left and right edge of the bar, and the left edge of the percent sign.

    What belongs together is set tightly; bar, number and sign are further apart.
    """
    x, y, width, height = row
    pixels = _pixels(picture.crop((x, y, x + width, y + height)))
    ground = Counter(pixels).most_common(1)[0][0]
    inked = [_far(pixel, ground) for pixel in pixels]
    words: list[tuple[int, int]] = []
    for left, right in _runs([any(inked[column::width]) for column in range(width)]):
        if words and left - words[-1][1] < 3.5 * scale:
            words[-1] = words[-1][0], right
        else:
            words.append((left, right))
    (begin, end), _number, (sign, _end), *_ = words
    return x + begin, x + end, x + sign


def _runs(inked: list[bool]) -> list[tuple[int, int]]:
    """Begin and end of each run of ink."""
    edges = [place for place, (one, other) in enumerate(pairwise([False, *inked, False])) if one != other]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _inked(picture: Image.Image, box: Box) -> list[bool]:
    """Of each line, whether it holds more than its own ground, as a row that is selected has another one."""
    x, y, width, height = box
    found = []
    for line in range(height):
        pixels = _pixels(picture.crop((x, y + line, x + width, y + line + 1)))
        colours = Counter(pixels)
        ground = colours.most_common(1)[0][0]
        found.append(any(_far(colour, ground) for colour in colours))
    return found


def columns_of_ink(picture: Image.Image, box: Box, least: int) -> list[Box]:
    """What stands out from the ground, from left to right: parted by four bare columns, `least` wide and high.

    The ground is the middle column, as panels have gradients.
    """
    x, y, width, height = box
    strip = picture.convert("RGB").crop((x, y, x + width, y + height))
    ground = strip.crop((width // 2, 0, width // 2 + 1, height)).resize(strip.size)
    levels = [
        channel.point(lambda level: 255 * (level > 6))
        for channel in ImageChops.difference(strip, ground).split()
    ]
    ink = ImageChops.lighter(ImageChops.lighter(levels[0], levels[1]), levels[2])
    inked = [column for column in range(width) if ink.crop((column, 0, column + 1, height)).getbbox()]
    groups: list[list[int]] = []
    for column in inked:
        if not groups or column - groups[-1][-1] > 4:
            groups.append([])
        groups[-1].append(column)
    found = []
    for group in groups:
        left, right = group[0], group[-1] + 1
        inside = ink.crop((left, 0, right, height)).getbbox()
        if inside and right - left >= least and inside[3] - inside[1] >= least:
            found.append((x + left, y + inside[1], right - left, inside[3] - inside[1]))
    return found


def pixels_like(path: Path, box: Box, colour: Colour) -> int:
    return sum(not _far(pixel, colour) for row in _rows(path, box) for pixel in row)


def _rows(path: Path, box: Box) -> list[list[Colour]]:
    x, y, width, height = box
    with Image.open(path) as shown:
        pixels = _pixels(shown.crop((x, y, x + width, y + height)))
    return [pixels[row * width : (row + 1) * width] for row in range(height)]


def _pixels(picture: Image.Image) -> list[Colour]:
    data = picture.convert("RGB").tobytes()
    return [(data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 3)]


def _far(one: Colour, other: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) > 40
