"""The menu itself: which rows stand at its top level, where there is room for 25 of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from providers.domain.incident import Impact, Incident
from tray.engine.state import State
from tray.view import format as fmt
from tray.view.accounts import accounts
from tray.view.available import Available
from tray.view.login import StartAtLogin
from tray.view.menu.account import Entry, compact_row, entries, full_rows
from tray.view.menu.actions import action_rows
from tray.view.menu.budgets import budget_rows
from tray.view.menu.cost import explanation_rows
from tray.view.menu.problems import MENU_WIDTH, sentence_rows
from tray.view.menu.sessions import session_rows
from tray.view.menu.windows import Look, look_of
from tray.view.rows import Action, Row, action_row, separator_row, submenu_row, text_row

MOST_ROWS = 25
"""A menu that is taller than the screen is scrolled, or covers the panel."""
_FULL = 2  # accounts that are shown with all their windows
_INCIDENT = 48  # characters of an incident's own title
_IMPACTS: dict[Impact, str] = {
    "maintenance": "maintenance",
    "minor": "minor incident",
    "major": "major incident",
    "critical": "outage",
}


def rows(
    state: State,
    now: datetime,
    zone: tzinfo,
    login: StartAtLogin | None = None,
    available: Available | None = None,
) -> tuple[Row, ...]:
    """The whole menu; all actions are `available` if nothing else is said."""
    possible = available or Available()
    around = [*state_problems(state), *incident_rows(state, possible), *explanation_rows(state)]
    actions = [separator_row("line:actions"), *action_rows(state, now, zone, login, possible)]
    if around:
        around.append(separator_row("line:problems"))
    budgets = list(budget_rows(state, now, zone))
    if budgets:
        budgets.insert(0, separator_row("line:budgets"))
    sessions = list(session_rows(state, now, possible))
    if sessions:
        sessions.insert(0, separator_row("line:sessions"))
    room = MOST_ROWS - len(around) - len(budgets) - len(sessions) - len(actions)
    return (*around, *_accounts(state, now, zone, possible, room), *budgets, *sessions, *actions)


def incident_rows(state: State, available: Available) -> Iterator[Row]:
    """An incident of a provider; a click opens its status page."""
    titles = {usage.provider: usage.title for usage in accounts(state)}
    for provider, incident in state.incidents.items():
        if provider not in titles:
            continue
        text = incident_text(titles[provider], incident)
        key = f"incident:{provider}"
        if available.open:
            yield action_row(key, text, Action("open", f"status:{provider}"))
        else:
            yield text_row(key, text)


def incident_text(provider: str, incident: Incident) -> str:
    name = fmt.plain(provider, longest=20)
    return f"{name} {_IMPACTS[incident.impact]}: {fmt.plain(incident.title, longest=_INCIDENT)}"


def state_problems(state: State, *, width: int = MENU_WIDTH) -> Iterator[Row]:
    """What is wrong with the settings or with the count, not with an account."""
    for about, problem in (("uncounted", state.count_problem), ("settings", state.settings_problem)):
        if problem is not None:
            yield from sentence_rows(f"says:{about}", problem, most=3, width=width)


def _accounts(state: State, now: datetime, zone: tzinfo, available: Available, room: int) -> list[Row]:
    if state.snapshot is None:
        return [text_row("start", "Loading…")]
    look = look_of(state)
    shown = entries(state.snapshot.accounts, now, look)
    if not shown:
        return [text_row("none", "No limits to show.")]
    for lines in (2, 1) if len(shown) <= _FULL else ():
        full: list[Row] = []
        for entry in shown:
            full += [separator_row(f"line:{entry.key}")] if full else []
            full += full_rows(entry, state, now, zone, look, available, lines)
        if len(full) <= room:
            return full
    return _compact(shown, state, now, zone, look, available, room)


def _compact(
    shown: tuple[Entry, ...],
    state: State,
    now: datetime,
    zone: tzinfo,
    look: Look,
    available: Available,
    room: int,
) -> list[Row]:
    found = [compact_row(entry, state, now, zone, look, available) for entry in shown]
    if len(found) <= room:
        return found
    rest = found[room - 1 :]
    return [*found[: room - 1], submenu_row("accounts", f"{len(rest)} more accounts", rest)]
