"""The icon in a tray without menus: a click shows the rows as a notice."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue

import pytest
from jeepney import MatchRule, Message, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.threading import DBusRouter
from PIL import Image

from tests.real.old_tray import SIDE, OldTray
from tests.real.panel import DEADLINE, Panel, bare_display, until
from tests.real.shown_rows import COLOUR
from tray.desktop.linux import session_bus

ROOT = Path(__file__).parents[2]


@pytest.fixture
def display(tmp_path: Path, need: Callable[..., None]) -> Iterator[Panel]:
    need("Xvfb", "dbus-daemon", "xdotool", "import")
    with ExitStack() as stack:
        yield stack.enter_context(bare_display(tmp_path))


def middle_pixel(panel: Panel, path: Path) -> tuple[int, ...]:
    panel.screenshot(path)
    with Image.open(path) as shown:
        pixel = shown.convert("RGB").getpixel((SIDE // 2, SIDE // 2))
    assert isinstance(pixel, tuple)
    return tuple(int(part) for part in pixel)


@pytest.mark.parametrize("with_bus", [True, False])
def test_the_old_tray_shows_the_icon_and_a_click_arrives(
    with_bus: bool, display: Panel, tmp_path: Path
) -> None:
    notices: Queue[Message] = Queue()
    tray = OldTray(display.environ["DISPLAY"])
    connection = session_bus.connect(display.environ)
    router = DBusRouter(connection)
    router.filter(MatchRule(type="method_call", member="Notify"), queue=notices)
    router.send_and_get_reply(message_bus.RequestName("org.freedesktop.Notifications"), timeout=DEADLINE)
    if not with_bus:
        del display.environ["DBUS_SESSION_BUS_ADDRESS"]
    try:
        program = display.start(sys.executable, "-m", "tests.real.shown_rows", cwd=ROOT)
        assert program.line() == "ready"
        assert tray.docked.wait(DEADLINE)
        until(lambda: middle_pixel(display, tmp_path / "tray.png") == COLOUR, "the icon was not drawn")
        display.click(SIDE // 2, SIDE // 2)
        if with_bus:
            notice = notices.get(timeout=DEADLINE)
            router.send(new_method_return(notice, "u", (7,)))
            assert "63\xa0% left" in notice.body[4]
            assert "Quit" not in notice.body[4]
        assert program.line() == "show"
        program.process.terminate()
        assert program.line() == "ended"
        assert program.wait() == 0
        assert program.said == ["ready", "show", "ended"]
    finally:
        router.close()
        session_bus.close(connection)
        tray.close()


def test_an_old_tray_may_go_and_come_back(display: Panel) -> None:
    del display.environ["DBUS_SESSION_BUS_ADDRESS"]
    program = display.start(sys.executable, "-m", "tests.real.shown_rows", cwd=ROOT)
    for _ in range(2):
        tray = OldTray(display.environ["DISPLAY"])
        try:
            assert tray.docked.wait(DEADLINE)
        finally:
            tray.close()
    program.process.terminate()
    assert program.line() == "ready"
    assert program.line() == "ended"
    assert program.wait() == 0


def test_the_end_of_the_display_is_told_in_one_sentence(display: Panel) -> None:
    del display.environ["DBUS_SESSION_BUS_ADDRESS"]
    tray = OldTray(display.environ["DISPLAY"])
    program = display.start(sys.executable, "-m", "tests.real.shown_rows", cwd=ROOT)
    assert program.line() == "ready"
    assert tray.docked.wait(DEADLINE)
    display.programs["Xvfb"].stop()
    tray.close()
    assert program.line().startswith("gone: ")
    assert program.wait() == 0
    assert len(program.said) == 2
