"""The icon in a real panel: found, clicked, read, chosen from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.real.panel import PROGRAMS, until, xfce_panel
from tests.real.shown_rows import COLOUR

ROOT = Path(__file__).parents[2]


def test_the_menu_opens_and_what_is_chosen_arrives(tmp_path: Path, need: Callable[..., None]) -> None:
    need(*PROGRAMS)
    with xfce_panel(tmp_path) as panel:
        program = panel.start(sys.executable, "-m", "tests.real.shown_rows", cwd=ROOT)
        assert program.line() == "ready"
        assert panel.click_icon()
        picture = tmp_path / "menu.png"
        panel.screenshot(picture)
        with Image.open(picture) as shown:
            colours = {pixel for _count, pixel in shown.convert("RGB").getcolors(1 << 20) or []}
        assert COLOUR in colours

        panel.key("Up", "Up", "Return")
        assert program.line() == "refresh"
        until(lambda: not panel.menu(), "the menu stayed open")

        assert panel.click_icon(button=3)
        panel.key("Up", "Return")
        assert program.line() == "quit"
        assert program.line() == "ended"
        assert program.wait() == 0
    assert panel.left_behind() == []
