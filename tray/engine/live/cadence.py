"""When an engine looks at the live sessions. It has no clock of its own: the caller passes the time.

While a face shows them: every two seconds. Else only where something changed that is watched anyway, and once more
where that look could not yet tell: so that what stands still costs nothing. The end of a known process is such a
change; a session that waits for the person and whose process is not known may end without one, and its mark would
stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SHOWN_EVERY = timedelta(seconds=2)
SHOWN_AGE = timedelta(seconds=1.5)
"""While sessions are shown, a look of another process that is no older is as good as one of our own."""
REST = timedelta(seconds=5)
"""The least time between two looks while nobody shows them."""
WAITING_EVERY = timedelta(seconds=20)
"""How often while a session of an unknown process waits for the person, and nobody shows them."""


class LookCadence:
    """Used by one thread."""

    def __init__(self) -> None:
        self._shown = 0
        self._began_at: datetime | None = None
        self._is_looking = False
        self._changed_at: datetime | None = None
        self._is_again = False
        self._is_waiting = False

    @property
    def is_shown(self) -> bool:
        return self._shown > 0

    def show(self, faces: int) -> None:
        """So many more faces show them; fewer, where it is negative."""
        self._shown = max(0, self._shown + faces)

    def changed(self, now: datetime) -> None:
        """Something that is watched: another status is possible."""
        self._changed_at, self._is_again = now, False

    def looking(self, now: datetime) -> None:
        self._began_at, self._is_looking, self._changed_at = now, True, None

    def looked(self, now: datetime, *, look_again: bool, waiting: bool = False) -> None:
        """`look_again`: in a moment more may be known, though nothing changes. `waiting`: a session waits for the
        person, and may end unnoticed.
        """
        self._is_looking, self._is_waiting = False, waiting
        if self._changed_at is None:
            self._is_again = look_again and not self._is_again
            self._changed_at = now if self._is_again else None

    def next_at(self, now: datetime, *, in_background: bool) -> datetime | None:
        """The next look; None where none is due until something happens."""
        every = self._every(in_background=in_background)
        if self._is_looking or every is None:
            return None
        if self._began_at is None or self._began_at > now:  # a clock that was set back
            return now
        return self._began_at + every

    def _every(self, *, in_background: bool) -> timedelta | None:
        if self.is_shown:
            return SHOWN_EVERY
        if not in_background:
            return None
        if self._changed_at is not None:
            return REST
        return WAITING_EVERY if self._is_waiting else None

    def age(self, now: datetime) -> timedelta:
        """How old a look may be that is taken for the one that is due now."""
        since_change = now - self._changed_at if self._changed_at is not None else SHOWN_AGE
        return max(timedelta(0), min(since_change, SHOWN_AGE))
