"""A left click on each panel: it opens the menu, or else the values are shown as a notice."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from tests.real import lxqt, panel, swaybar, waybar
from tests.real.session import Session
from tests.tray.desktop.fake_notices import NoticeServer

ROOT = Path(__file__).parents[2]
Opener = Callable[..., AbstractContextManager[Session]]


def left_click(desk: Session) -> None:
    x, y, width, height = desk.icons()[0]
    desk.click(x + width // 2, y + height // 2)


@pytest.mark.parametrize(
    ("opener", "programs"),
    [(lxqt.lxqt_panel, lxqt.PROGRAMS), (swaybar.swaybar_panel, swaybar.PROGRAMS)],
    ids=["lxqt", "swaybar"],
)
def test_where_it_opens_no_menu_the_values_are_a_notice(
    opener: Opener, programs: tuple[str, ...], tmp_path: Path, need: Callable[..., None]
) -> None:
    need(*programs)
    with opener(tmp_path / "desk") as desk, closing(NoticeServer(desk.environ)) as notices:
        program = desk.start(sys.executable, "-m", "tests.real.shown_rows", cwd=ROOT)
        assert program.line() == "ready"
        for _ in range(2):  # the second replaces the first
            left_click(desk)
            assert program.line() == "show"
            notice = notices.next()
            assert "63\N{NO-BREAK SPACE}% left" in notice.body
        assert notice.replaces == 1
    assert desk.left_behind() == []


@pytest.mark.parametrize(
    ("opener", "programs"),
    [
        (panel.xfce_panel, panel.PROGRAMS),
        (waybar.waybar_panel, waybar.PROGRAMS),
        (lxqt.lxqt_panel, lxqt.PROGRAMS),
    ],
    ids=["xfce", "waybar", "lxqt by a right click"],
)
def test_where_it_opens_the_menu_there_is_no_notice(
    opener: Opener, programs: tuple[str, ...], tmp_path: Path, need: Callable[..., None]
) -> None:
    need(*programs)
    with opener(tmp_path / "desk") as desk:
        program = desk.start(sys.executable, "-m", "tests.real.shown_rows", cwd=ROOT)
        assert program.line() == "ready"
        menu = desk.open_menu()
        desk.click(menu[0] + menu[2] // 2, menu[1] + menu[3] - 41)
        assert program.line() == "refresh", "and nothing before it"
    assert desk.left_behind() == []
