"""Which sessions have used much of their week: each once in that week. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from providers.domain.limits import CLOCK_SLACK
from providers.domain.live import LiveSession
from tray.engine.notices import settings as own
from tray.engine.notices.sessions.kinds import IsFocused, SessionOccasion, nobody_knows
from tray.engine.notices.stored import Mark, Seen, bounded
from tray.engine.state import State

WEEK = timedelta(days=7)
_WINDOW = "weekly"


def shares_due(
    seen: Seen,
    state: State,
    now: datetime,
    *,
    is_held: bool,
    watched: bool,
    is_focused: IsFocused = nobody_knows,
) -> tuple[Seen, tuple[SessionOccasion, ...]]:
    """What is marked as shown afterwards, and the occasions of one notice, the largest share first. One that is
    held back since the person looks at its session is shown at one of the next looks; nothing waits for it.
    """
    found = [each for each in _found(state) if _is_new(each, seen, now)]
    if not found or is_held:
        return seen, ()
    if not watched:
        found = [each for each in found if not is_focused(each.session)]
    marks = {each.id: Mark(each.ends or now + WEEK) for each in found}
    if watched:
        return bounded({**seen, **marks}), ()
    if not found:
        return seen, ()
    found.sort(key=lambda each: -(each.session.week_percent or 0.0))
    return bounded({**seen, **marks}), tuple(found)


def _found(state: State) -> Iterator[SessionOccasion]:
    """None of a session that has ended: nothing can be done about it. None while logs are still being read: of a
    week of which little is counted each session has used much.
    """
    least, look = state.settings.get(own.SESSION_SHARE), state.sessions
    if least == own.OFF or not state.settings.get(own.ENABLED):
        return
    if look is None or look.counted_at is None or state.counting:
        return
    for session in look.sessions:
        used = session.week_percent
        if used is not None and used >= float(least) and session.status.status != "done":
            yield SessionOccasion(kind="session_share", session=session, ends=_week_ends(state, session))


def _week_ends(state: State, session: LiveSession) -> datetime | None:
    for usage in state.snapshot.accounts if state.snapshot is not None else ():
        if usage.provider == session.provider and usage.account and usage.account.id == session.account:
            return next((lane.value.resets_at for lane in usage.windows if lane.value.id == _WINDOW), None)
    return None


def _is_new(occasion: SessionOccasion, seen: Seen, now: datetime) -> bool:
    """Whether there was no notice for it in this week."""
    mark = seen.get(occasion.id)
    if mark is None or mark.ends <= now:
        return True
    return occasion.ends is not None and occasion.ends > mark.ends + CLOCK_SLACK
