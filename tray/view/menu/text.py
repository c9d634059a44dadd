"""The menu's values as lines of text, for terminals: all characters have one width there. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from msgspec.structs import replace

from tray.engine.state import State
from tray.view import format as fmt
from tray.view.account_pages import credits_line
from tray.view.accounts import own_windows
from tray.view.available import Available
from tray.view.menu.account import Entry, detail_rows, entries
from tray.view.menu.budgets import budget_rows
from tray.view.menu.problems import SENTENCE
from tray.view.menu.top import incident_rows, state_problems
from tray.view.menu.windows import Look, look_of, window_row
from tray.view.rows import Row, separator_row, text_row

_NO_ACTIONS = Available(copy=False, open=False, page=False)


def status_rows(state: State, now: datetime, zone: tzinfo) -> tuple[Row, ...]:
    """The values, each a row of text: all that the menu and its submenus show of the accounts."""
    if state.snapshot is None:
        return (text_row("start", "Loading…"),)
    look = look_of(state)
    found: list[Row] = []
    for entry in entries(state.snapshot.accounts, now, look):
        if found:
            found.append(separator_row(f"line:{entry.key}"))
        found += _account(entry, state, now, zone, look)
    if not found:
        found.append(text_row("none", "No limits to show."))
    if budgets := list(budget_rows(state, now, zone, short=False)):
        found += [separator_row("line:budgets"), *budgets]
    found += [*incident_rows(state, _NO_ACTIONS), *state_problems(state, width=SENTENCE)]
    return tuple(replace(row, text=row.text.translate(fmt.BLANKS)) for row in found)


def _account(entry: Entry, state: State, now: datetime, zone: tzinfo, look: Look) -> list[Row]:
    wrong, pace, scoped, beside, *rest = detail_rows(entry, state, now, zone, look, short=False)
    own = [window_row(entry.key, lane, now, zone, look, short=False) for lane in own_windows(entry.usage)]
    history = entry.usage.pages.credits_history
    if history is not None and (used := credits_line(history, now)) is not None:
        beside.append(text_row(f"{entry.key}:credits-used", used))
    below = [*wrong, *own, *scoped, *pace, *beside, *(row for group in rest for row in group)]
    return [text_row(entry.key, entry.header), *(replace(row, text=f"  {row.text}") for row in below)]
