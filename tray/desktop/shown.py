"""State → all that the tray shows. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import partial

from msgspec.structs import replace

from providers.domain.live import SessionsLook
from tray.desktop.icon import IconView, Shown, Tooltip
from tray.engine.state import State
from tray.view import icon, tooltip
from tray.view.icon.glance import KEY
from tray.view.rows import Row


def shown(state: State, now: datetime, zone: tzinfo, rows: tuple[Row, ...]) -> Shown:
    """The icons by the setting of their style, each with its tooltip, above the rows of the menu."""
    icons = tuple(
        _view(named.key, named.glance, _of_provider(state, named.provider), now)
        for named in icon.glances(state, now, zone)
    )
    several = len(icons) > 1
    return Shown(icons, rows, _view(KEY, icon.combined(state, now, zone), state, now) if several else None)


def _view(key: str, glance: icon.Glance, state: State, now: datetime) -> IconView:
    text = Tooltip(tooltip.title(state, now), tooltip.text(state, now))
    return IconView(key, partial(icon.picture, glance), text, glance.attention)


def _sessions_of(look: SessionsLook | None, provider: str) -> SessionsLook | None:
    if look is None:
        return None
    return replace(look, sessions=tuple(each for each in look.sessions if each.provider == provider))


def _of_provider(state: State, provider: str | None) -> State:
    """The state as if there were no other provider."""
    if provider is None or state.snapshot is None:
        return state
    found = tuple(usage for usage in state.snapshot.accounts if usage.provider == provider)
    return replace(
        state,
        snapshot=replace(state.snapshot, accounts=found),
        incidents={name: incident for name, incident in state.incidents.items() if name == provider},
        sessions=_sessions_of(state.sessions, provider),
    )
