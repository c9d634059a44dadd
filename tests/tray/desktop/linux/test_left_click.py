"""A click that a panel hands over: the values are shown where no menu is opened after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jeepney import DBusErrorResponse

from tests.tray.desktop.conftest import Bus
from tests.tray.desktop.fake_watcher import DEADLINE, ITEM, ITEM_PATH, MENU, MENU_PATH, Panel
from tests.tray.desktop.linux.test_status_notifier import Running
from tray.desktop.linux.left_click import PATIENCE, LeftClick
from tray.view.rows import Action


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_without_a_menu_it_is_unanswered_once(clock: Clock) -> None:
    click = LeftClick(clock)
    assert (click.seconds_left, click.take_unanswered()) == (None, False)
    click.handed_over()
    assert click.seconds_left == pytest.approx(PATIENCE)
    assert not click.take_unanswered()
    clock.now += PATIENCE + 1
    assert (click.seconds_left, click.take_unanswered(), click.take_unanswered()) == (0.0, True, False)


def test_a_menu_that_is_opened_after_it_is_the_answer(clock: Clock) -> None:
    click = LeftClick(clock)
    click.handed_over()
    clock.now += PATIENCE / 2
    click.menu_opened()
    clock.now += PATIENCE
    assert (click.seconds_left, click.take_unanswered()) == (None, False)


def test_a_double_click_is_answered_once(clock: Clock) -> None:
    click = LeftClick(clock)
    click.handed_over()
    clock.now += PATIENCE / 2
    click.handed_over()
    clock.now += PATIENCE
    assert (click.take_unanswered(), click.take_unanswered()) == (True, False)


@pytest.fixture
def running(bus: Bus, panel: Panel) -> Iterator[Running]:
    icon = Running(bus)
    icon.show()
    panel.wait_for_item()
    yield icon
    icon.close()


def hand_over(panel: Panel, member: str) -> None:
    with pytest.raises(DBusErrorResponse, match="NotSupported"):
        panel.call(ITEM_PATH, ITEM, member, "ii", 885, 15)


@pytest.mark.parametrize("member", ["Activate", "ContextMenu"])
def test_a_panel_that_opens_nothing(member: str, running: Running, panel: Panel) -> None:
    """As lxqt-panel 1.2 and swaybar 1.7."""
    hand_over(panel, member)
    assert running.chosen.get(timeout=DEADLINE) == Action("show")


@pytest.mark.parametrize("member", ["AboutToShow", "AboutToShowGroup", "opened"])
def test_a_panel_that_opens_the_menu_once_that_failed(member: str, running: Running, panel: Panel) -> None:
    """As Plasma."""
    running.icon._left_click._clock = lambda: 0.0  # a slow test is not a slow panel
    hand_over(panel, "Activate")
    if member == "opened":
        panel.call(MENU_PATH, MENU, "Event", "isvu", 0, "opened", ("s", ""), 0)
    elif member == "AboutToShow":
        panel.call(MENU_PATH, MENU, member, "i", 0)
    else:
        panel.call(MENU_PATH, MENU, member, "ai", [0])
    panel.read("Title")  # what came before is dealt with
    assert running.icon._left_click.seconds_left is None
    panel.click("Refresh now")
    assert running.chosen.get(timeout=DEADLINE) == Action("refresh")


def test_a_panel_that_only_reads_the_menu_has_not_opened_it(running: Running, panel: Panel) -> None:
    """As lxqt-panel 1.2, which reads it ahead of any click."""
    hand_over(panel, "Activate")
    panel.layout()
    assert running.chosen.get(timeout=DEADLINE) == Action("show")
