"""The icon in a real panel: found, clicked, read, chosen from."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.real.panel import PROGRAMS, Panel, until, xfce_panel
from tests.real.pictures import lines_of_text
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


MARKS = 26  # pixels at the left of a menu that hold check marks and radio buttons, and nothing of the texts


def marks(panel: Panel, window: str, folder: Path) -> list[int]:
    """How much ink the marks have, from the top."""
    picture = folder / "marks.png"
    panel.screenshot(picture)
    x, y, _width, height = panel.place(window)
    return lines_of_text(picture, (x, y, MARKS, height))


def open_submenu(panel: Panel) -> str:
    menu = panel.click_icon()
    panel.key("Up", "Up", "Right")
    return until(
        lambda: next((window for window in panel.menus() if window != menu), ""), "no submenu was opened"
    )


def mark_in(panel: Panel, submenu: str, folder: Path) -> int:
    """The ink of the one mark, in the second row; the first row is selected and so a bar of colour."""

    def lines() -> list[int]:
        found = marks(panel, submenu, folder)
        return found if len(found) == 2 else []

    return until(lines, "the toggle or the selection was not drawn")[1]


def test_marks_are_drawn_and_a_toggle_in_a_submenu_is_clicked(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    need(*PROGRAMS)
    with xfce_panel(tmp_path) as panel:
        program = panel.start(sys.executable, "-m", "tests.real.shown_rows", "kinds", cwd=ROOT)
        assert program.line() == "ready"
        menu = panel.click_icon()
        until(lambda: len(marks(panel, menu, tmp_path)) == 4, "not one toggle and three choices")
        _notices, small, medium, large = marks(panel, menu, tmp_path)
        assert medium > small == large, "the chosen one is filled"
        panel.key("Down", "Down", "Down", "Return")
        assert program.line() == "set size=Small"
        until(lambda: not panel.menus(), "the menu stayed open")

        submenu = open_submenu(panel)
        off = mark_in(panel, submenu, tmp_path)
        x, y, width, height = panel.place(submenu)
        panel.click(x + width // 2, y + height // 2)
        assert program.line() == "set sound=on"
        until(lambda: not panel.menus(), "the menu stayed open")

        submenu = open_submenu(panel)
        until(lambda: mark_in(panel, submenu, tmp_path) > off, "the toggle was not checked")
        os.kill(program.process.pid, signal.SIGUSR1)
        until(lambda: mark_in(panel, submenu, tmp_path) == off, "the open submenu did not change")
        assert len(panel.menus()) == 2, "nor was it closed"

        panel.key("Left", "Down", "Return")
        assert program.line() == "quit"
        assert program.line() == "ended"
        assert program.wait() == 0
    assert panel.left_behind() == []
