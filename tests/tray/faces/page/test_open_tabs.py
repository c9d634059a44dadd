"""When nobody needs the page any more."""

from __future__ import annotations

from tray.faces.page.open_tabs import CLOSED_SECONDS, HIDDEN_SECONDS, MOST, WITHOUT_SCRIPT_SECONDS, OpenTabs


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_page_that_no_browser_opens_ends_after_a_while() -> None:
    assert OpenTabs(Clock()).seconds_left == 2 * CLOSED_SECONDS


def test_a_tab_keeps_it_and_a_minute_after_the_last_one_it_ends() -> None:
    clock = Clock()
    tabs = OpenTabs(clock)
    tabs.shown()
    tabs.opened("a")
    tabs.opened("b")
    clock.now += 9999
    assert tabs.seconds_left is None
    tabs.ended()
    tabs.shown()
    assert tabs.seconds_left is None
    tabs.closed("b")
    tabs.ended()
    assert tabs.seconds_left == CLOSED_SECONDS
    clock.now += CLOSED_SECONDS
    assert tabs.seconds_left == 0


def test_a_hidden_tab_keeps_it_until_it_is_closed() -> None:
    tabs = OpenTabs(Clock())
    tabs.opened("a")
    tabs.hidden("a")
    tabs.ended()
    assert tabs.seconds_left == HIDDEN_SECONDS
    tabs.opened("a")
    tabs.ended()
    tabs.closed("a")
    assert tabs.seconds_left == CLOSED_SECONDS


def test_a_tab_that_closes_says_both_in_any_order() -> None:
    tabs = OpenTabs(Clock())
    tabs.opened("a")
    tabs.closed("a")
    tabs.hidden("a")
    tabs.ended()
    assert tabs.seconds_left == CLOSED_SECONDS


def test_a_browser_without_scripts_has_longer() -> None:
    tabs = OpenTabs(Clock())
    tabs.shown()
    assert tabs.seconds_left == WITHOUT_SCRIPT_SECONDS


def test_many_names_take_no_room() -> None:
    tabs = OpenTabs(Clock())
    for number in range(3 * MOST):
        tabs.hidden(f"h{number}")
        tabs.closed(f"c{number}")
    assert len(tabs._hidden) == len(tabs._closed) == MOST
