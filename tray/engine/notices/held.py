"""Whether notices are held back: while they are muted, and at some hours of the day. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from tray.engine.notices import settings
from tray.engine.notices.quiet import is_quiet
from tray.engine.notices.stored import is_ahead
from tray.engine.state import State


def is_held(state: State, now: datetime, zone: tzinfo) -> bool:
    """Whether none may be shown now; what still holds afterwards is."""
    muted = state.muted_until is not None and is_ahead(state.muted_until, now)
    return muted or is_quiet(state.settings.get(settings.QUIET_HOURS), now, zone)
