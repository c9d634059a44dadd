"""The icon of macOS and Windows, with pystray's drawing left out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

from PIL import Image

from tests.tray.desktop.fake_watcher import DEADLINE
from tray.desktop.native import NativeIcon, quit_on_interrupt
from tray.view.rows import Action, action_row, separator_row, text_row

ROWS = (
    text_row("account", "Codex · R&D"),
    separator_row("line"),
    action_row("refresh", "Refresh now", Action("refresh")),
    action_row("quit", "Quit", Action("quit")),
)


def plum(size: int) -> Image.Image:
    return Image.new("RGBA", (size, size), "plum")


class Drawn(NativeIcon):
    """Notes what pystray's backend would do."""

    def __init__(self, platform: str) -> None:
        self.chosen: Queue[Action] = Queue()
        self.done: list[str] = []
        super().__init__("tankful", self.chosen.put, platform=platform)

    def _show(self) -> None:
        self.done.append("show")

    def _hide(self) -> None:
        self.done.append("hide")

    def _update_icon(self) -> None:
        self.done.append("icon")
        self._icon_valid = True

    def _update_title(self) -> None:
        self.done.append("title")

    def _update_menu(self) -> None:
        self.done.append("menu")


def test_only_what_changed_is_updated() -> None:
    icon = Drawn("win32")
    icon.show(plum, "63 % left", ROWS)
    assert icon.done == ["menu", "icon", "show"]
    icon.show(plum, "63 % left", ROWS)
    assert icon.done == ["menu", "icon", "show"]
    icon.show(plum, "62 % left", ROWS)
    icon.show(plum, "62 % left", ROWS[:1])
    assert icon.done == ["menu", "icon", "show", "title", "menu"]


def test_rows_become_items_that_choose_off_the_main_thread() -> None:
    icon = Drawn("darwin")
    icon.show(plum, "", ROWS)
    items = list(icon.menu)
    assert [item.text for item in items] == ["Codex · R&D", "- - - -", "Refresh now", "Quit"]
    assert all(item.enabled and not item.default for item in items)
    items[0](icon)
    items[3](icon)
    assert icon.chosen.get(timeout=DEADLINE) == Action("quit")
    assert icon.chosen.empty()


def test_what_windows_cannot_take_is_changed_for_it() -> None:
    icon = Drawn("win32")
    icon.show(plum, "x" * 500, ROWS)
    assert len(icon.title) == 127
    items = list(icon.menu)
    assert items[0].text == "Codex · R&&D"
    assert [item.text for item in items if item.default] == ["Refresh now"]


class Windows:
    """As much of pystray's Windows as opens a menu: it comes back when the menu is closed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.opened, self.closed = threading.Event(), threading.Event()

    def _on_notify(self, _wparam: int, _lparam: int) -> int:
        self.opened.set()
        assert self.closed.wait(DEADLINE)
        return 7


class DrawnOnWindows(Drawn, Windows):
    def __init__(self) -> None:
        Windows.__init__(self)
        Drawn.__init__(self, "win32")


def test_an_open_menu_is_left_alone_until_it_is_closed() -> None:
    icon = DrawnOnWindows()
    icon.show(plum, "", ROWS)
    answers: Queue[int] = Queue()
    main = threading.Thread(target=lambda: answers.put(icon._on_notify(0, 0)))
    main.start()
    assert icon.opened.wait(DEADLINE)
    icon.done.clear()
    icon.show(plum, "62 % left", ROWS[1:])
    icon.show(plum, "61 % left", ROWS[2:])
    assert icon.done == ["title", "title"]
    icon.closed.set()
    main.join(DEADLINE)
    assert answers.get_nowait() == 7
    assert icon.done == ["title", "title", "menu"]
    assert [item.text for item in icon.menu] == ["Refresh now", "Quit"]


def test_a_menu_that_nothing_changed_in_is_not_made_anew() -> None:
    icon = DrawnOnWindows()
    icon.show(plum, "", ROWS)
    icon.closed.set()
    icon.done.clear()
    icon._on_notify(0, 0)
    assert icon.done == []


def test_ours_takes_the_place_of_pystrays_interrupt_handler() -> None:
    installed: dict[int, Callable[..., None]] = {}

    class MachSignals:
        signal = staticmethod(installed.__setitem__)

    later: list[Callable[[], Any]] = []
    chosen: list[Action] = []
    quit_on_interrupt(chosen.append, later.append, MachSignals)
    installed[signal.SIGINT] = lambda *_: chosen.append(Action("refresh"))  # pystray, before its loop
    for function in later:
        function()
    installed[signal.SIGINT](signal.SIGINT)
    assert chosen == [Action("quit")]
