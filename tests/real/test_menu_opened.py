"""Each panel says that the menu is opened; not each says that it is closed, unless a row is clicked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.test_panels import PANELS, ROOT, SECOND_TO_LAST
from tray.desktop.face import open_face
from tray.desktop.icon import Face
from tray.view.rows import Action

PROGRAM = "from tests.real.test_menu_opened import main; main()"


def main() -> None:
    """Prints what it hears; ends when `Quit` is clicked."""
    from tests.real.shown_rows import ROWS, showing

    def choose(action: Action) -> None:
        print(action.name, flush=True)

    def heard(is_open: bool) -> None:
        print("opened" if is_open else "closed", flush=True)

    face: Face = open_face(choose, lambda: print("ready", flush=True), heard, wait=True)
    face.show(showing(ROWS))
    face.run()


@pytest.mark.parametrize("name", PANELS)
def test_the_app_hears_that_its_menu_is_opened_and_clicked(
    name: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    opener, programs = PANELS[name]
    need(*programs)
    with opener(tmp_path / "desk") as desk:
        program = desk.start(sys.executable, "-c", PROGRAM, cwd=ROOT)
        said = [program.line()]
        menu = desk.open_menu()
        desk.click(menu[0] + menu[2] // 2, menu[1] + menu[3] - SECOND_TO_LAST * desk.scale)
        while "refresh" not in said:
            said.append(program.line())
        while "closed" not in said:
            said.append(program.line())
        assert "opened" in said
        assert said.index("opened") < said.index("refresh")
    assert desk.left_behind() == []
