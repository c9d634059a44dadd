"""The gallery is made by one command."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import assets
from tools import gallery
from tools.icon_states import ICON_STATES, STYLES


def test_a_sheet_for_each_style_and_the_strip_of_the_readme(tmp_path: Path) -> None:
    gallery.main(["--out", str(tmp_path / "out")])
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"icons.png", *(f"icon-{style}.png" for style in STYLES)}
    with Image.open(tmp_path / "out/icon-tightest.png") as sheet:
        assert sheet.height > 100 * len(ICON_STATES)


def test_the_picture_of_the_readme_is_up_to_date() -> None:
    """Made by `python -m tools.gallery`, and copied from its folder."""
    with Image.open(Path(str(assets.__file__)).with_name("icons.png")) as kept:
        drawn = gallery.strip()
        assert kept.size == drawn.size
        below = (0, 16, *drawn.size)  # the names are written in whatever font Pillow has
        assert kept.convert("RGB").crop(below).tobytes() == drawn.crop(below).tobytes()
