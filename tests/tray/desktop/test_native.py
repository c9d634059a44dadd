"""The icon of macOS and Windows, with pystray's drawing left out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest

from tests.tray.desktop.fake_watcher import DEADLINE
from tests.tray.desktop.showing import one_icon
from tray.desktop.native import NativeIcon, quit_on_interrupt
from tray.desktop.toolkit import pystray
from tray.engine.notices.notice import Notice
from tray.view.row_icon import Ring
from tray.view.rows import (
    Action,
    Row,
    action_row,
    choice_row,
    separator_row,
    submenu_row,
    text_row,
    toggle_row,
)

ROWS = (
    text_row("account", "Codex · R&D"),
    separator_row("line"),
    action_row("refresh", "Refresh now", Action("refresh")),
    action_row("quit", "Quit", Action("quit")),
)


class Drawn(NativeIcon):
    """Notes what pystray's backend would do."""

    def __init__(self, platform: str) -> None:
        self.chosen: Queue[Action] = Queue()
        self.done: list[str] = []
        self.notices: Queue[tuple[str | None, str] | None] = Queue()
        self.menus: Queue[bool] = Queue()
        super().__init__("tankful", self.chosen.put, self.menus.put, platform=platform)

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

    def _notify(self, message: str, title: str | None = None) -> None:
        self.notices.put((title, message))

    def _remove_notification(self) -> None:
        self.notices.put(None)
        raise OSError("the icon has no window yet")


def test_only_what_changed_is_updated() -> None:
    icon = Drawn("win32")
    icon.show(one_icon(ROWS, "63 % left"))
    assert icon.done == ["menu", "icon", "show"]
    icon.show(one_icon(ROWS, "63 % left"))
    assert icon.done == ["menu", "icon", "show"]
    icon.show(one_icon(ROWS, "62 % left"))
    icon.show(one_icon(ROWS[:1], "62 % left"))
    assert icon.done == ["menu", "icon", "show", "title", "menu"]


def test_rows_become_items_that_choose_off_the_main_thread() -> None:
    icon = Drawn("darwin")
    icon.show(one_icon(ROWS))
    items = list(icon.menu)
    assert [item.text for item in items] == ["Codex · R&D", "- - - -", "Refresh now", "Quit"]
    assert all(item.enabled and not item.default for item in items)
    items[0](icon)
    items[3](icon)
    assert icon.chosen.get(timeout=DEADLINE) == Action("quit")
    assert icon.chosen.empty()


def test_what_windows_cannot_take_is_changed_for_it() -> None:
    icon = Drawn("win32")
    icon.show(one_icon(ROWS, "x" * 500))
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
    icon.show(one_icon(ROWS))
    answers: Queue[int] = Queue()
    main = threading.Thread(target=lambda: answers.put(icon._on_notify(0, 0)))
    main.start()
    assert icon.opened.wait(DEADLINE)
    icon.done.clear()
    icon.show(one_icon(ROWS[1:], "62 % left"))
    icon.show(one_icon(ROWS[2:], "61 % left"))
    assert icon.done == ["title", "title"]
    icon.closed.set()
    main.join(DEADLINE)
    assert answers.get_nowait() == 7
    assert icon.done == ["title", "title", "menu"]
    assert [item.text for item in icon.menu] == ["Refresh now", "Quit"]


@pytest.mark.parametrize(("message", "heard"), [(0x0205, [True, False]), (0x0200, [])])
def test_on_windows_a_right_click_opens_the_menu_and_a_move_does_not(message: int, heard: list[bool]) -> None:
    icon = DrawnOnWindows()
    icon.show(one_icon(ROWS))
    icon.closed.set()
    icon._on_notify(0, message)
    assert [icon.menus.get_nowait() for _ in range(icon.menus.qsize())] == heard


def test_an_unchanged_menu_is_not_rebuilt() -> None:
    icon = DrawnOnWindows()
    icon.show(one_icon(ROWS))
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


def test_each_kind_of_row_becomes_an_item_of_its_own() -> None:
    sizes = [
        choice_row(f"size:{size}", size, Action("set", f"size={size}"), checked=size == "Large")
        for size in ("Small", "Large")
    ]
    deep = submenu_row("size", "Size", sizes, enabled=False)
    notices = toggle_row("notices", "R&D notices", Action("set", "notices=on"), checked=False)
    frozen = action_row("refresh", "Refreshing…", Action("refresh"), enabled=False)
    icon = Drawn("win32")
    icon.show(one_icon((submenu_row("more", "More", [notices, separator_row("line"), deep]), frozen)))

    more, refresh = icon.menu
    assert (more.text, more.enabled, more.checked, more.default) == ("More", True, None, False)
    assert (refresh.enabled, refresh.default) == (False, False), "what is disabled is no default either"
    toggle, line, size = more.submenu
    assert line is pystray.Menu.SEPARATOR
    assert (toggle.text, toggle.checked, toggle.radio, toggle.submenu) == ("R&&D notices", False, False, None)
    assert (size.text, size.enabled) == ("Size", False)
    assert [(each.text, each.checked, each.radio) for each in size.submenu] == [
        ("Small", False, True),
        ("Large", True, True),
    ]
    more(icon)
    toggle(icon)
    assert icon.chosen.get(timeout=DEADLINE) == Action("set", "notices=on")
    next(iter(size.submenu))(icon)
    assert icon.chosen.get(timeout=DEADLINE) == Action("set", "size=Small")
    assert icon.chosen.empty()


def test_what_pystray_cannot_draw_is_left_out() -> None:
    rows = (
        text_row("spent", "0 %  Weekly", icon=Ring(share=0.0, level="spent"), tone="alert"),
        submenu_row("account", "Codex", ROWS, icon=Ring(share=0.4)),
    )
    icon = Drawn("darwin")
    icon.show(one_icon(rows))
    assert [item.text for item in icon.menu] == ["0 %  Weekly", "Codex"]
    assert next(item.text for item in list(icon.menu)[1].submenu) == "Codex · R&D"


def test_a_change_inside_a_submenu_updates_the_menu() -> None:
    def rows(checked: bool) -> tuple[Row, ...]:
        return (submenu_row("more", "More", [toggle_row("on", "On", Action("set", "on"), checked=checked)]),)

    icon = Drawn("darwin")
    icon.show(one_icon(rows(checked=False)))
    icon.show(one_icon(rows(checked=False)))
    assert icon.done == ["menu", "icon", "show"]
    icon.show(one_icon(rows(checked=True)))
    assert icon.done == ["menu", "icon", "show", "menu"]
    ((toggle,),) = (item.submenu for item in icon.menu)
    assert toggle.checked is True


def test_a_notice_is_cut_to_what_windows_takes() -> None:
    icon = Drawn("win32")
    icon.show_notice(Notice(key="a", title="a" * 63, body=""))
    assert icon.notices.get(timeout=DEADLINE) == ("a" * 63, " "), "an empty one would take the last away"
    icon.show_notice(Notice(key="b", title="𝕏" * 63, body="b" * 300 + "\0"))
    title, body = icon.notices.get(timeout=DEADLINE) or ("", "")
    assert title == "𝕏" * 31 + "…"
    assert body == "b" * 254 + "…"
    settle()


HOSTILE = "a\u202eb\x1b[31m\x9bc\ud83dd\0e"


def test_nothing_shown_is_more_than_text() -> None:
    icon = Drawn("darwin")
    text = Row(kind="text", key="a", text=HOSTILE)
    icon.show(one_icon((text, Row(kind="submenu", key="b", text=HOSTILE, children=(text,))), HOSTILE))
    icon.show_notice(Notice(key="a", title=HOSTILE, body=HOSTILE))
    first, second = icon.menu
    (inner,) = second.submenu
    shown = [icon.title, first.text, second.text, inner.text, *(icon.notices.get(timeout=DEADLINE) or ())]
    assert len(shown) == 6
    assert all(text.isprintable() for text in shown), shown
    settle()


def test_only_the_notice_that_is_shown_is_taken_away_and_a_failure_is_no_matter() -> None:
    icon = Drawn("darwin")
    icon.withdraw_notice("a")
    icon.show_notice(Notice(key="a", title=""))
    assert icon.notices.get(timeout=DEADLINE) == ("tankful", " ")
    icon.withdraw_notice("b")
    icon.withdraw_notice("a")
    assert icon.notices.get(timeout=DEADLINE) is None
    icon.withdraw_notice("a")
    assert icon.notices.empty()
    settle()


def settle() -> None:
    """Until the threads that show notices have ended."""
    for thread in threading.enumerate():
        if thread.name == "notice":
            thread.join(DEADLINE)
