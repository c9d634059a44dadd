"""The menu on real panels: bars and percentages stand in columns, and what is clicked in it arrives."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.real.pictures import Box, bar_of, pixels_like, rows_of_menu
from tests.real.session import PANEL_HEIGHT, Program, Session, until
from tests.real.shown_menu import shown
from tests.real.test_panels import LOOKS, PANELS, ROOT
from tools.example_states import STATES
from tray.view.row_icon import WAITING
from tray.view.rows import Row

RED = (255, 0, 0)  # of disposition "alert", on panels that use libdbusmenu-gtk


@contextmanager
def desk_with(
    name: str, look: str, state: str, folder: Path, need: Callable[..., None]
) -> Iterator[tuple[Session, Program]]:
    opener, programs = PANELS[name]
    need(*programs)
    with opener(folder / "desk", **LOOKS[look]) as desk:
        program = desk.start(sys.executable, "-m", "tests.real.shown_menu", state, cwd=ROOT)
        assert program.line() == "ready"
        yield desk, program
    assert desk.left_behind() == []


def seen(desk: Session, folder: Path) -> Image.Image:
    desk.screenshot(folder / "seen.png")
    with Image.open(folder / "seen.png") as picture:
        return picture.convert("RGB")


def below_panel(picture: Image.Image) -> bytes:
    return picture.crop((0, PANEL_HEIGHT + 2, picture.width, picture.height)).tobytes()


def top_rows(state: str) -> list[Row]:
    return [row for row in shown(STATES[state]()).rows if row.kind != "separator"]


def places(desk: Session, box: Box, rows: list[Row], folder: Path) -> dict[str, Box]:
    """Where each row of a menu is, by its key, once all are drawn."""
    found = until(
        lambda: (
            drawn if len(drawn := rows_of_menu(seen(desk, folder), box, desk.scale)) == len(rows) else None
        ),
        f"not the {len(rows)} rows of the menu",
    )
    return {row.key: place for row, place in zip(rows, found, strict=True)}


@pytest.mark.parametrize(
    ("name", "look", "style"),
    [
        *((name, look, "widths") for name in PANELS for look in LOOKS),
        ("xfce", "light", "widths-blocks"),
        ("xfce", "light", "widths-ascii"),
    ],
)
def test_bars_and_percentages_stand_in_columns(
    name: str, look: str, style: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    with desk_with(name, look, style, tmp_path, need) as (desk, _program):
        box = desk.open_menu()
        where = places(desk, box, rows := top_rows(style), tmp_path)
        picture = seen(desk, tmp_path)
        edges = [bar_of(picture, where[row.key], desk.scale) for row in rows if ":window:" in row.key]
        assert len(edges) == 5
        for column in zip(*edges, strict=True):
            assert max(column) - min(column) <= desk.scale, column
        (left, right, _sign), *_ = edges
        assert 90 * desk.scale < right - left < 160 * desk.scale
        spent = next(row.key for row in rows if row.tone == "alert")
        is_red = pixels_like(tmp_path / "seen.png", where[spent], RED) > 0
        assert is_red is (name != "lxqt"), "LXQt knows no disposition: there the word alone says it"


@pytest.mark.parametrize("name", PANELS)
def test_a_submenu_opens_and_its_toggle_and_choice_arrive(
    name: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    with desk_with(name, "light", "two", tmp_path, need) as (desk, program):
        desk.icons()
        bare = below_panel(seen(desk, tmp_path))
        rows = top_rows("two")
        settings = next(row for row in rows if row.key == "settings")
        below = [row for row in settings.children if row.kind != "separator"]
        used = next(row for row in below if row.key == "set:display.used")
        click(desk, open_submenu(desk, rows, "settings", below, tmp_path)[used.key])
        assert program.line() == "set display.used=true"
        until(lambda: below_panel(seen(desk, tmp_path)) == bare, "the menu stayed open")

        icon = next(row for row in below if row.key == "set:display.icon")
        where = open_submenu(desk, rows, "settings", below, tmp_path)
        choices = open_below(desk, where[icon.key], list(icon.children), tmp_path)
        click(desk, choices["set:display.icon=number"])
        assert program.line() == "set display.icon=number"


def open_submenu(desk: Session, rows: list[Row], key: str, below: list[Row], folder: Path) -> dict[str, Box]:
    box = desk.open_menu()
    return open_below(desk, places(desk, box, rows, folder)[key], below, folder)


def open_below(desk: Session, place: Box, below: list[Row], folder: Path) -> dict[str, Box]:
    """Click a submenu's row, and find the rows that came."""
    before = seen(desk, folder)
    click(desk, place)

    def opened() -> Box | None:
        after = seen(desk, folder)
        x, y, width, height = place
        off = ImageChops.difference(before, after)
        scale = desk.scale
        row = (x - 40 * scale, y - 20 * scale, x + width + 10 * scale, y + height + 20 * scale)
        off.paste((0, 0, 0), row)  # that one is selected now
        left, upper, right, lower = off.getbbox() or (0, 0, 0, 0)
        return (left, upper, right - left, lower - upper) if lower - upper > 40 else None

    until(opened, "no submenu")
    time.sleep(0.3)  # some are drawn in steps
    return places(desk, until(opened, "no submenu"), below, folder)


def click(desk: Session, place: Box) -> None:
    x, y, width, height = place
    desk.click(x + width // 3, y + height // 2)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PANELS)
def test_the_sessions_that_wait_are_seen_at_once(
    name: str, look: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    with desk_with(name, look, "sessions", tmp_path, need) as (desk, _program):
        rows = top_rows("sessions")
        sessions = next(row for row in rows if row.key == "sessions")
        below = [row for row in sessions.children if row.kind != "separator"]
        where = open_submenu(desk, rows, "sessions", below, tmp_path)
        desk.screenshot(tmp_path / "seen.png")
        marked = [row.key for row in below if pixels_like(tmp_path / "seen.png", where[row.key], WAITING) > 0]
        assert marked == [row.key for row in below[:2]]
