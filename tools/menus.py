"""Pictures of the menu on real panels, with made-up data: `python -m tools.menus FOLDER [STATE …]`.

Each state is shown on xfce4-panel, waybar and lxqt-panel, light and dark, at once and twice the pixels, with the
submenu of its first account open; `sheet.png` has all of them beside each other. The README's pictures
are `two-xfce-dark-2x.png` and `sessions-xfce-dark-2x.png`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from math import dist
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from tests.real import lxqt, panel, waybar
from tests.real.pictures import rows_of_menu
from tests.real.session import PANEL_HEIGHT, Session
from tests.real.shown_menu import shown
from tools.example_states import STATES

ROOT = Path(__file__).parents[1]
PANELS: dict[str, Callable[..., AbstractContextManager[Session]]] = {
    "xfce": panel.xfce_panel,
    "waybar": waybar.waybar_panel,
    "lxqt": lxqt.lxqt_panel,
}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"dark": False, "scale": 1},
    "dark": {"dark": True, "scale": 1},
    "2x": {"dark": False, "scale": 2},
    "dark-2x": {"dark": True, "scale": 2},
}
OPENED = {"sessions": "sessions"}
"""The submenu that is opened, by its row's key; that of the first account in all other states."""
_SETTLED = 0.5  # seconds until a submenu is drawn
_MARGIN = 12
_COLOURS = 240


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for state in arguments[1:] or list(STATES):
        for name in PANELS:
            for look in LOOKS:
                path = folder / f"{state}-{name}-{look}.png"
                try:
                    take(path, state, name, look)
                except AssertionError as error:
                    print(f"{path.name}: {error}", file=sys.stderr)
                else:
                    pictures.append(path)
    sheet(pictures).save(folder / "sheet.png")


def take(path: Path, state: str, name: str, look: str) -> None:
    """The menu and its first submenu, without the rest of the screen."""
    with tempfile.TemporaryDirectory() as home, PANELS[name](Path(home) / "desk", **LOOKS[look]) as desk:
        program = desk.start(sys.executable, "-m", "tests.real.shown_menu", state, cwd=ROOT)
        program.line()
        box = desk.open_menu()
        desk.screenshot(path)
        with Image.open(path) as picture:
            places = rows_of_menu(picture, box, desk.scale)
        rows = [row for row in shown(STATES[state]()).rows if row.kind != "separator"]
        for row, (left, top, width, height) in zip(rows, places, strict=False):
            if row.kind == "submenu" and OPENED.get(state, row.key) == row.key:
                desk.click(left + width // 3, top + height // 2)
                break
        time.sleep(_SETTLED)
        desk.screenshot(path)
        trimmed(path, desk.scale)


def trimmed(path: Path, scale: int) -> None:
    """Cut the picture to the menus, with the panel above them, and to few colours."""
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    below = (0, PANEL_HEIGHT * scale + 2, whole.width, whole.height)
    empty = Image.new("RGB", whole.size, whole.getpixel((whole.width // 2, whole.height - 1)))
    left, _top, right, bottom = ImageChops.difference(whole, empty).crop(below).getbbox() or below
    margin = _MARGIN * scale
    box = (max(left - margin, 0), 0, min(right + margin, whole.width), bottom + below[1] + margin)
    small(whole.crop(box)).save(path, optimize=True)


def small(picture: Image.Image) -> Image.Image:
    """In 240 colours: those there is most of, and of the vivid ones, which are few, as many as a ring needs.

    Each other becomes the nearest of them. Pillow's own nearest is off by up to 7 levels, which is a separator.
    """
    pixels = list(zip(*(channel.tobytes() for channel in picture.split()), strict=True))
    counts = Counter(pixels)
    loud = sorted(counts, key=lambda colour: counts[colour] * (1 + max(colour) - min(colour)), reverse=True)
    kept = loud[:_COLOURS]
    places = {colour: min(range(len(kept)), key=lambda at: dist(colour, kept[at])) for colour in counts}
    found = Image.frombytes("P", picture.size, bytes(places[pixel] for pixel in pixels))
    found.putpalette([level for colour in kept for level in colour])
    return found


def sheet(pictures: list[Path]) -> Image.Image:
    """Each panel in a row, on grey."""
    drawn = [Image.open(path).convert("RGB") for path in pictures]
    rows = [drawn[at : at + len(LOOKS)] for at in range(0, len(drawn), len(LOOKS))]
    width = max((sum(each.width + _MARGIN for each in row) for row in rows), default=0) + _MARGIN
    height = sum(max(each.height for each in row) + _MARGIN for row in rows) + _MARGIN
    whole = Image.new("RGB", (width, height), (128, 128, 128))
    y = _MARGIN
    for row in rows:
        x = _MARGIN
        for each in row:
            whole.paste(each, (x, y))
            x += each.width + _MARGIN
        y += max(each.height for each in row) + _MARGIN
    return whole


if __name__ == "__main__":
    main(sys.argv[1:])
