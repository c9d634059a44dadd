"""Pictures of the icon in all its states: `python -m tools.gallery [--out FOLDER] [--real] [--style STYLE …]`.

`icons.png` has the states in a strip, as in the README. `icon-STYLE.png` has a row for each state, and for each
panel (light, dark, coloured, grey, and a template that keeps the shape alone) the picture as the panel scales it,
enlarged, and those of all sizes as they are. With --real, `panels-STYLE.png` has what xfce4-panel, waybar and
lxqt-panel draw, light, dark and at twice the pixels.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw

from tests.real.session import ICON
from tools.example_states import NOW
from tools.icon_states import ICON_STATES, STYLES, styled
from tools.menus import LOOKS, PANELS, ROOT
from tray.view.icon import Glance, combined, glances, picture

SIZES = (16, 22, 24, 32, 44, 48)
GROUNDS: dict[str, tuple[int, int, int]] = {
    "light": (245, 245, 244),
    "dark": (40, 42, 46),
    "blue": (29, 95, 168),
    "grey": (128, 128, 128),
    "template, light": (236, 236, 236),
    "template, dark": (50, 50, 52),
}
ENLARGED = 4
_MARGIN, _LABELS = 6, 90
_PAPER, _INK = (200, 200, 200), (20, 20, 20)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.gallery", description=__doc__.split(":")[0])
    parser.add_argument("--out", type=Path, default=Path("gallery"), help="the folder for the pictures")
    parser.add_argument("--real", action="store_true", help="also on real panels, which takes minutes")
    parser.add_argument("--style", action="append", choices=STYLES, help="only this style")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    strip().save(options.out / "icons.png")
    for style in options.style or STYLES:
        drawn(style).save(options.out / f"icon-{style}.png")
        if options.real:
            on_panels(style).save(options.out / f"panels-{style}.png")


def strip() -> Image.Image:
    """The states beside each other, on a dark and on a light panel: the picture of the README."""
    side, pad = 2 * ICON, 14
    cell = side + 2 * pad + 12
    whole = Image.new("RGB", (cell * len(ICON_STATES), 2 * (side + 2 * pad) + 16), (255, 255, 255))
    pencil = ImageDraw.Draw(whole)
    for column, name in enumerate(ICON_STATES):
        pencil.text((column * cell + cell // 2, 8), name, fill=_INK, anchor="mm")
        for row, ground in enumerate(("dark", "light")):
            panel = Image.new("RGBA", (cell, side + 2 * pad), (*GROUNDS[ground], 255))
            panel.alpha_composite(picture(_glances(name, STYLES[0])[0], side), ((cell - side) // 2, pad))
            whole.paste(panel.convert("RGB"), (column * cell, 16 + row * (side + 2 * pad)))
    return whole


def drawn(style: str) -> Image.Image:
    """The contact sheet of a style: a row for each state, a column for each panel."""
    rows = {
        name: [_cell(shown, ground) for ground in GROUNDS]
        for name in ICON_STATES
        for shown in _glances(name, style)
    }
    return _sheet(rows, list(GROUNDS))


def on_panels(style: str) -> Image.Image:
    """The same on real panels: a column for each, cut from its screenshots."""
    columns: dict[str, list[Image.Image]] = {}
    for panel in PANELS:
        for look in LOOKS:
            try:
                columns[f"{panel} {look}"] = list(_on_panel(style, panel, look))
            except AssertionError as error:
                print(f"{panel} {look}: {error}", file=sys.stderr)
    rows = {name: [cells[at] for cells in columns.values()] for at, name in enumerate(ICON_STATES)}
    return _sheet(rows, list(columns))


def _on_panel(style: str, panel: str, look: str) -> Iterator[Image.Image]:
    with tempfile.TemporaryDirectory() as home, PANELS[panel](Path(home) / "desk", **LOOKS[look]) as desk:
        first = f"{next(iter(ICON_STATES))} {style} left"
        command = (sys.executable, "-m", "tests.real.shown_icon", *first.split())
        program = desk.start(*command, cwd=ROOT, listens=True)
        program.line()
        for name in ICON_STATES:
            program.tell(f"{name} {style} left")
            program.line()
            count = len(glances(styled(ICON_STATES[name](), style), NOW))
            yield _beside(
                [_enlarged(icon, ICON * ENLARGED) for icon in desk.settled(count)], desk.settled(count)
            )


def _glances(name: str, style: str) -> list[Glance]:
    """One for each sheet: that of all providers where each has an icon."""
    state = styled(ICON_STATES[name](), style)
    return [combined(state, NOW)] if style == "both" else [glances(state, NOW)[-1].glance]


def _cell(shown: Glance, ground: str) -> Image.Image:
    scaled = picture(shown, 2 * ICON).resize((ICON, ICON), Image.Resampling.BILINEAR)
    enlarged = _enlarged(_on(scaled, ground), ICON * ENLARGED)
    return _beside([enlarged], [_on(picture(shown, size), ground) for size in SIZES])


def _on(image: Image.Image, ground: str) -> Image.Image:
    """On a panel of that colour; as a template, nothing but the shape is kept."""
    if ground.startswith("template"):
        ink = (0, 0, 0) if ground.endswith("light") else (255, 255, 255)
        shape = Image.new("RGBA", image.size, (*ink, 255))
        shape.putalpha(image.getchannel("A"))
        image = shape
    panel = Image.new("RGBA", (image.width + 6, image.height + 6), (*GROUNDS[ground], 255))
    panel.alpha_composite(image, (3, 3))
    return panel.convert("RGB")


def _enlarged(image: Image.Image, side: int) -> Image.Image:
    return image.resize((side, side * image.height // image.width), Image.Resampling.NEAREST)


def _beside(large: list[Image.Image], small: list[Image.Image]) -> Image.Image:
    """The enlarged ones in a row, those of their real size in another one below."""
    lines = [large, small]
    width = max(sum(each.width + 2 for each in line) for line in lines)
    cell = Image.new("RGB", (width, sum(max(each.height for each in line) + 2 for line in lines)), _PAPER)
    y = 0
    for line in lines:
        x = 0
        for each in line:
            cell.paste(each, (x, y))
            x += each.width + 2
        y += max(each.height for each in line) + 2
    return cell


def _sheet(rows: dict[str, list[Image.Image]], titles: list[str]) -> Image.Image:
    width = max((cell.width for cells in rows.values() for cell in cells), default=0) + _MARGIN
    height = max((cell.height for cells in rows.values() for cell in cells), default=0) + _MARGIN
    sheet = Image.new("RGB", (_LABELS + width * len(titles), 20 + height * len(rows)), _PAPER)
    pencil = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles):
        pencil.text((_LABELS + column * width, 4), title, fill=_INK)
    for row, (name, cells) in enumerate(rows.items()):
        pencil.text((4, 20 + row * height + 30), name, fill=_INK)
        for column, cell in enumerate(cells):
            sheet.paste(cell, (_LABELS + column * width, 20 + row * height))
    return sheet


if __name__ == "__main__":
    main(sys.argv[1:])
