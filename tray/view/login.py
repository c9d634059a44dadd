"""The menu's row for starting at login. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from tray.view import format as fmt
from tray.view.rows import Action, Row, text_row, toggle_row

_SENTENCE = 300


class StartAtLogin(Struct, frozen=True):
    """Whether a login starts tankful, and a sentence on why the last change failed."""

    on: bool
    problem: str | None = None


def login_rows(login: StartAtLogin | None) -> Iterator[Row]:
    """None where it is not known, or cannot be done."""
    if login is None:
        return
    change = Action("autostart", "off" if login.on else "on")
    yield toggle_row("autostart", "Start at login", change, checked=login.on)
    if login.problem is not None:
        yield text_row("says:autostart", f"  {fmt.plain(login.problem, longest=_SENTENCE)}")
