"""Which waits are due: each once, after it has held for seconds. Pure, but for whoever is asked about the
focus.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.live import LiveSession
from tray.engine.notices import settings as own
from tray.engine.notices.sessions.kinds import (
    WAIT_KINDS,
    IsFocused,
    SessionOccasion,
    settles,
)
from tray.engine.notices.sessions.memory import SessionMemory, still_shown, with_waits
from tray.engine.state import State

FOCUS_AGAIN = timedelta(seconds=5)
"""How soon it is asked again whether the person still looks at a terminal."""


class WaitsDue(Struct, frozen=True, kw_only=True):
    """`show` are the waits of one notice, the longest first; `again_at` is when more may be due without any
    change.
    """

    memory: SessionMemory
    show: tuple[SessionOccasion, ...] = ()
    key: str = ""
    withdraw: tuple[str, ...] = ()
    again_at: datetime | None = None


def waits_due(
    before: SessionMemory, state: State, now: datetime, *, is_held: bool, watched: bool, is_focused: IsFocused
) -> WaitsDue:
    """`is_held`: nothing may be shown now, and what still holds afterwards is; `watched`: the person looks at
    the menu, so nothing needs to be shown.
    """
    sessions = state.sessions.sessions if state.sessions is not None else ()
    waiting = {each.key: each for each in sessions if each.status.status in WAIT_KINDS}
    memory = with_waits(before, waiting, now)
    silent: list[str] = []
    loud: list[str] = []
    again: list[datetime] = []
    for key, session in waiting.items():
        wait = memory.waits[key]
        settled_at = wait.first_at + settles(session.status)
        if wait.is_done:
            continue
        if watched or not _is_wanted(state, session):
            silent.append(key)
        elif settled_at > now:
            again.append(settled_at)
        elif not is_held and is_focused(session):
            again.append(now + FOCUS_AGAIN)
        elif not is_held:
            loud.append(key)
    return _with_notice(_done(memory, (*silent, *loud)), waiting, loud, min(again, default=None))


def _with_notice(
    memory: SessionMemory, waiting: Mapping[str, LiveSession], loud: Iterable[str], again_at: datetime | None
) -> WaitsDue:
    """One for all of them; it replaces the last one of its first session."""
    shown = sorted(loud, key=lambda key: (memory.waits[key].since or memory.waits[key].first_at, key))
    on_screen = still_shown(memory, waiting)
    key = f"session:{shown[0]}" if shown else ""
    if shown:
        on_screen[key] = {each: memory.waits[each].number for each in shown}
    return WaitsDue(
        memory=replace(memory, on_screen=on_screen),
        key=key,
        show=tuple(SessionOccasion(kind=memory.waits[each].kind, session=waiting[each]) for each in shown),
        withdraw=tuple(each for each in memory.on_screen if each not in on_screen),
        again_at=again_at,
    )


def _done(memory: SessionMemory, keys: Iterable[str]) -> SessionMemory:
    done = {key: replace(memory.waits[key], is_done=True) for key in keys}
    return replace(memory, waits={**memory.waits, **done}) if done else memory


def _is_wanted(state: State, session: LiveSession) -> bool:
    setting = WAIT_KINDS[session.status.status].setting
    return state.settings.get(own.ENABLED) and state.settings.get(setting)
