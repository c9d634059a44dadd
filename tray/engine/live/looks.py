"""The looks of an engine at the live sessions: each in a job, when it is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from math import inf
from threading import Lock

from providers.domain.live import SessionsLook
from tray.engine import inbox
from tray.engine.bounded import Bounded
from tray.engine.jobs import Jobs
from tray.engine.listeners import Undo
from tray.engine.live.cadence import LookCadence
from tray.engine.live.feed import SessionFeed
from tray.engine.transitions import SessionsLooked

LOOK_SECONDS = 15.0
"""For so long what was found before is taken for now, while a look does not come to an end."""
_JOB = "sessions"


class EngineLooks:
    """Used by the engine's thread, but for `show`. Without a feed there are no looks. `in_background` says whether
    there are some while nobody shows sessions.
    """

    def __init__(
        self,
        feed: SessionFeed | None,
        jobs: Jobs,
        put: Callable[[object], None],
        in_background: Callable[[], bool],
        *,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._feed = feed
        self._jobs = jobs
        self._put = put
        self._in_background = in_background
        self._look_seconds = look_seconds
        self._cadence = LookCadence()
        self._bounded = Bounded()
        self._is_on = False

    @property
    def watches(self) -> bool:
        """Whether changes on the disk are of interest."""
        return self._feed is not None and self._in_background()

    def begin(self) -> None:
        """Remove what a process that was killed left behind."""
        if self._feed is not None:
            self._jobs.start(_JOB, self._feed.withdraw)

    def show(self) -> Undo:
        """From any thread: one more face shows them, until the undo is called."""
        self._put(inbox.FacesShow(1))
        is_undone = Lock()

        def undo() -> None:
            if is_undone.acquire(blocking=False):
                self._put(inbox.FacesShow(-1))

        return undo

    def shown(self, faces: int) -> None:
        """By so many more faces; by fewer, where it is negative."""
        was_shown = self._cadence.is_shown
        self._cadence.show(faces)
        if self._feed is not None and was_shown and not self._cadence.is_shown:
            self._jobs.start(_JOB, self._feed.withdraw)

    def changed(self, now: datetime) -> None:
        """Something on the disk: another status is possible."""
        self._cadence.changed(now)

    def looked(self, look: SessionsLook | None, now: datetime) -> SessionsLooked:
        """A look has ended."""
        unnoticed = (each for each in look.sessions if each.pid is None) if look else ()
        self._cadence.looked(
            now,
            look_again=look is not None and look.next_look is not None,
            waiting=any(each.status.waits for each in unnoticed),
        )
        return SessionsLooked(look if self._is_on else None)

    def look_if_due(self, now: datetime) -> None:
        """Raises RuntimeError where the system gives no further thread."""
        if self._feed is None:
            return
        self._switch()
        at = self._cadence.next_at(now, in_background=self._in_background())
        if at is None or at > now:
            return
        age, is_shown = self._cadence.age(now), self._cadence.is_shown
        self._cadence.looking(now)
        try:
            self._jobs.start(_JOB, partial(self._look, self._feed, age, share=is_shown))
        except RuntimeError:
            self._cadence.looked(now, look_again=True)
            raise

    def pause(self, now: datetime) -> float:
        """Seconds until the next one; infinite where none is due until something happens."""
        at = self._cadence.next_at(now, in_background=self._in_background())
        return inf if self._feed is None or at is None else max(0.0, (at - now).total_seconds())

    def close(self) -> None:
        """To be called once the jobs have ended."""
        if self._feed is not None and self._cadence.is_shown:
            self._feed.withdraw()

    def _switch(self) -> None:
        """Once nobody looks any more, what was found is of the past."""
        was_on, self._is_on = self._is_on, self._in_background() or self._cadence.is_shown
        if was_on and not self._is_on:
            self._put(SessionsLooked(None))

    def _look(self, feed: SessionFeed, age: timedelta, *, share: bool) -> None:
        """Always ends with a Looked: until then no other look begins."""
        look = None
        try:
            read = partial(feed.read, age, share=share)
            look = self._bounded.run(_JOB, self._look_seconds, read, otherwise=None)
        finally:
            self._put(inbox.Looked(look))
