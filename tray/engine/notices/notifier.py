"""Shows the notices that are due: a listener of the engine, with a thread of its own and a way to show them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from threading import Condition, Lock, Thread
from typing import Protocol

from msgspec.structs import replace

from providers.host.faults import log_fault, logger_of
from providers.host.storage import cannot_write
from tray.engine.notices import settings as own
from tray.engine.notices.command import CommandRunner
from tray.engine.notices.due import due
from tray.engine.notices.memory import Memory
from tray.engine.notices.notice import Notice
from tray.engine.notices.occasion import Occasion
from tray.engine.notices.sessions.due import sessions_due
from tray.engine.notices.sessions.kinds import IsFocused, SessionOccasion, nobody_knows
from tray.engine.notices.sessions.memory import SessionMemory
from tray.engine.notices.stored import Stored, load, save
from tray.engine.scope import Scope
from tray.engine.state import State

TICK = timedelta(seconds=30)
"""How often time alone may make a notice due, as when quiet hours end."""
GATHER = timedelta(seconds=1)
"""How long a change waits for others, as of the account that is asked beside it: together they are one notice.
"""
MENU_SECONDS = 60.0
"""For how long an opened menu counts as looked at, where the desktop does not say that it was closed."""
_LINGER_SECONDS = 1.0
_log = logger_of(__name__)

Compose = Callable[[str, tuple[Occasion, ...], State, datetime, tzinfo], Notice]
ComposeSessions = Callable[[str, tuple[SessionOccasion, ...], State, datetime, tzinfo], Notice]


class NoticePort(Protocol):
    """Where notices are shown. Neither waits nor raises."""

    def notify(self, notice: Notice) -> None: ...
    def withdraw(self, key: str) -> None: ...


class Notifier:
    """`compose` finds the words of a notice, `compose_sessions` those of one about sessions, of which there are
    none without it; `mute` is the engine's, for a mute that was begun before a restart.

    Without a port, notices go to `notify.command` alone.
    """

    def __init__(
        self,
        scope: Scope,
        compose: Compose,
        mute: Callable[[datetime | None], None],
        *,
        compose_sessions: ComposeSessions | None = None,
        is_focused: IsFocused = nobody_knows,
        commands: CommandRunner | None = None,
        tick: timedelta = TICK,
        gather: timedelta = GATHER,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scope = scope
        self._compose = compose
        self._compose_sessions = compose_sessions
        self._is_focused = is_focused
        hidden = {name for provider in scope.providers for name in provider.variables}
        self._commands = commands or CommandRunner(scope.environ, hidden)
        self._tick = tick
        self._gather = gather
        self._monotonic = monotonic
        self._port: NoticePort | None = None
        self._menu_opened_at: float | None = None
        self._changed = Condition()
        self._newest: State | None = None
        self._is_new = self._closed = False
        self._looking = Lock()
        self._stored = load(scope.folders.state, scope.clock())
        self._memory = Memory(since=scope.clock(), seen=self._stored.seen)
        self._sessions = SessionMemory(since=scope.clock())
        self._again_at: datetime | None = None
        self._unsaved = False
        self._local: dict[str, frozenset[str]] = {}
        if self._stored.muted_until is not None:
            mute(self._stored.muted_until)
        self._thread = Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def connect(self, port: NoticePort) -> None:
        """Where notices are shown from now on."""
        self._port = port

    def __call__(self, _before: State, after: State) -> None:
        """Returns at once."""
        with self._changed:
            self._newest, self._is_new = after, True
            self._changed.notify()

    def menu(self, is_open: bool) -> None:
        """The menu was opened or closed; returns at once."""
        self._menu_opened_at = self._monotonic() if is_open else None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(_LINGER_SECONDS)
        self._commands.close()

    def look(self) -> None:
        """Show what is due by now."""
        with self._looking:
            state = self._newest
            if state is None:
                return
            now, zone = self._scope.clock(), self._scope.zone
            watched = self._is_watched()
            found = due(self._memory, state, now, zone, is_local=self._is_local, watched=watched)
            self._memory = found.memory
            about_sessions = self._look_at_sessions(state, now, watched=watched)
            self._keep(Stored(seen=self._memory.seen, muted_until=state.muted_until))
            if found.show:
                self._show(self._compose(found.key, found.show, state, now, zone), state)
            for notice in about_sessions:
                self._show(notice, state)
            self._withdraw(found.withdraw)

    def _look_at_sessions(self, state: State, now: datetime, *, watched: bool) -> list[Notice]:
        """The notices to show; those that are over are withdrawn."""
        if self._compose_sessions is None:
            return []
        zone = self._scope.zone
        found = sessions_due(
            self._sessions,
            self._memory.seen,
            state,
            now,
            zone,
            watched=watched,
            is_focused=self._is_focused,
        )
        self._sessions, self._again_at = found.memory, found.again_at
        self._memory = replace(self._memory, seen=found.seen)
        self._withdraw(found.withdraw)
        return [self._compose_sessions(key, about, state, now, zone) for key, about in found.show]

    def _withdraw(self, keys: Iterable[str]) -> None:
        for key in keys:
            if self._port is not None:
                self._port.withdraw(key)

    def _pause(self) -> float:
        """Seconds until the next look, if nothing changes before."""
        seconds = self._tick.total_seconds()
        if self._again_at is None:
            return seconds
        return min(seconds, max(0.1, (self._again_at - self._scope.clock()).total_seconds()))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._is_new, self._pause())
                if self._is_new:
                    self._changed.wait_for(lambda: self._closed, self._gather.total_seconds())
                if self._closed:
                    return
                self._is_new = False
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - one odd state must not be the end of all notices
                log_fault(_log, "could not look for notices", error)

    def _show(self, notice: Notice, state: State) -> None:
        if self._port is not None:
            self._port.notify(notice)
        if command := state.settings.get(own.COMMAND).strip():
            self._commands.put(command, notice)

    def _keep(self, stored: Stored) -> None:
        """Before anything is shown: a notice that was shown twice is worse than one that was lost."""
        if stored == self._stored and not self._unsaved:
            return
        try:
            save(self._scope.folders.state, stored)
        except OSError as error:
            if not self._unsaved:
                _log.warning(
                    "notices cannot be remembered: %s", cannot_write(self._scope.folders.state, error)
                )
            self._unsaved = True
        else:
            self._unsaved = False
        self._stored = stored

    def _is_watched(self) -> bool:
        opened_at = self._menu_opened_at
        return opened_at is not None and self._monotonic() - opened_at < MENU_SECONDS

    def _is_local(self, provider: str, source: str) -> bool:
        """Sources are made once a reading of theirs is there, as their libraries take time to load."""
        if provider not in self._local:
            sources = [each.sources for each in self._scope.providers if each.id == provider]
            self._local[provider] = frozenset(each.id for one in sources for each in one if each.local)
        return source in self._local[provider]
