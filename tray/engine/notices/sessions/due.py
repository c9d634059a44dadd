"""Which notices about sessions are due at one moment. Pure, but for whoever is asked about the focus."""

from __future__ import annotations

from datetime import datetime, tzinfo

from msgspec import Struct

from tray.engine.notices.held import is_held
from tray.engine.notices.sessions.kinds import IsFocused, SessionOccasion, nobody_knows
from tray.engine.notices.sessions.memory import SessionMemory
from tray.engine.notices.sessions.shares import shares_due
from tray.engine.notices.sessions.waits import waits_due
from tray.engine.notices.stored import Seen
from tray.engine.state import State

SHARE = "session-share"
"""The key of a notice about shares: the newest replaces the last one."""


class SessionsDue(Struct, frozen=True, kw_only=True):
    """`seen` is what outlives the process. `show` are the notices, by their keys; `withdraw` are keys. At
    `again_at` more may be due without any change.
    """

    memory: SessionMemory
    seen: Seen
    show: tuple[tuple[str, tuple[SessionOccasion, ...]], ...] = ()
    withdraw: tuple[str, ...] = ()
    again_at: datetime | None = None


def sessions_due(
    before: SessionMemory,
    seen: Seen,
    state: State,
    now: datetime,
    zone: tzinfo,
    *,
    watched: bool = False,
    is_focused: IsFocused = nobody_knows,
) -> SessionsDue:
    """`watched`: the person looks at the menu. The settings are those of the state."""
    held = is_held(state, now, zone)
    waits = waits_due(before, state, now, is_held=held, watched=watched, is_focused=is_focused)
    seen, shares = shares_due(seen, state, now, is_held=held, watched=watched, is_focused=is_focused)
    found = ((waits.key, waits.show), (SHARE, shares))
    return SessionsDue(
        memory=waits.memory,
        seen=seen,
        show=tuple((key, occasions) for key, occasions in found if occasions),
        withdraw=waits.withdraw,
        again_at=waits.again_at,
    )
