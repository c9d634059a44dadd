"""The same icon on all panels: seen, clicked, chosen from, and nothing left behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.real import lxqt, panel, waybar
from tests.real.pictures import pixels_like
from tests.real.session import Session
from tests.real.shown_rows import COLOUR

ROOT = Path(__file__).parents[2]
Opener = Callable[..., AbstractContextManager[Session]]
PANELS: dict[str, tuple[Opener, tuple[str, ...]]] = {
    "xfce": (panel.xfce_panel, panel.PROGRAMS),
    "waybar": (waybar.waybar_panel, waybar.PROGRAMS),
    "lxqt": (lxqt.lxqt_panel, lxqt.PROGRAMS),
}
SECOND_TO_LAST = 41  # pixels from the lower edge of a menu to the middle of that row, on all of them
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"dark": False, "scale": 1},
    "dark": {"dark": True, "scale": 1},
    "2x": {"dark": False, "scale": 2},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PANELS)
def test_the_icon_is_seen_its_menu_opened_and_a_choice_arrives(
    name: str, look: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    opener, programs = PANELS[name]
    need(*programs)
    with opener(tmp_path / "desk", **LOOKS[look]) as desk:
        program = desk.start(sys.executable, "-m", "tests.real.shown_rows", cwd=ROOT)
        assert program.line() == "ready"
        (icon,) = desk.icons()
        side = 22 * desk.scale
        assert all(side - 4 * desk.scale <= length <= side + 2 for length in icon[2:]), icon
        desk.screenshot(tmp_path / "icon.png")
        assert pixels_like(tmp_path / "icon.png", icon, COLOUR) > 0.5 * icon[2] * icon[3]
        menu = desk.open_menu()
        assert menu[2] > 200
        assert menu[3] > 100
        desk.screenshot(tmp_path / "menu.png")
        desk.click(menu[0] + menu[2] // 2, menu[1] + menu[3] - SECOND_TO_LAST * desk.scale)
        assert program.line() == "refresh"
    assert desk.left_behind() == []
