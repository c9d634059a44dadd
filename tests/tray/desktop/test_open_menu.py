from __future__ import annotations

from collections.abc import Callable

from tray.desktop.open_menu import LONGEST_SECONDS, ShownWhile


class Shows:
    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[str] = []
        self.shown = ShownWhile(self._show, lambda: self.now)

    def _show(self) -> Callable[[], None]:
        self.log.append("begin")
        return lambda: self.log.append("end")


def test_it_begins_and_ends_once_with_the_menu() -> None:
    shows = Shows()
    shows.shown.begin()
    shows.shown.begin()
    assert shows.log == ["begin"]
    shows.shown.end()
    shows.shown.end()
    assert shows.log == ["begin", "end"]
    shows.shown.begin()
    assert shows.log == ["begin", "end", "begin"]


def test_a_menu_that_nobody_reports_as_closed() -> None:
    shows = Shows()
    shows.shown.begin()
    shows.now = LONGEST_SECONDS - 1
    shows.shown.end_if_old()
    assert shows.log == ["begin"]
    shows.shown.begin()
    shows.now += 2
    shows.shown.end_if_old()
    assert shows.log == ["begin"], "opened again"
    shows.now += LONGEST_SECONDS
    shows.shown.end_if_old()
    assert shows.log == ["begin", "end"]
