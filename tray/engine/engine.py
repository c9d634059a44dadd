"""The owner of the state: it looks at the disk, asks servers, counts logs, and publishes each change at once.

One thread makes every state, by `transitions`, out of events that it takes from a queue; it never waits for a disk
or a server. Beside it: a thread that looks at the disk every few seconds, a job for each account that is asked or
looked at, one that counts, and one for each listener. So a source that never returns holds up nothing but itself.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue

from providers.host.faults import log_fault, logger_of
from providers.polling.account_store import AccountStore
from providers.polling.poll import Mode
from tray.engine import inbox, refresh_policy, transitions
from tray.engine.account_jobs import AccountJobs
from tray.engine.account_reader import AccountReader
from tray.engine.costs import Costs
from tray.engine.incident_setting import INCIDENTS
from tray.engine.incidents import StatusPages
from tray.engine.jobs import Jobs
from tray.engine.listeners import Listener, Listeners, Undo
from tray.engine.live.feed import SessionFeed
from tray.engine.live.looks import EngineLooks
from tray.engine.live.settings import WATCH
from tray.engine.schedule import Periods, Schedule
from tray.engine.scope import Scope
from tray.engine.state import State
from tray.engine.surroundings import Noticed, Surroundings
from tray.engine.tasks import Tasks
from tray.engine.watch import Changes, DiskWatch, Watcher
from tray.engine.watched_files import recent_logs, watched_files, with_sessions

_LINGER_SECONDS = 1.0
_log = logger_of(__name__)


class Engine:
    """The holder of the instance lock has one. All methods may be called from any thread, and all but `close`
    return at once.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        memory: AccountStore | None = None,
        costs: Costs | None = None,
        periods: Periods = Periods(),  # noqa: B008 - frozen
        chance: Callable[[], float] = random.random,
        pages: StatusPages | None = None,
        surroundings: Surroundings | None = None,
        jobs: Jobs | None = None,
        sessions: SessionFeed | None = None,
    ) -> None:
        self._scope = scope
        self._memory = memory or AccountStore(scope.folders.state, owner=True)
        self._costs = costs or Costs(scope)
        self._surroundings = surroundings or Surroundings()
        self._periods = periods
        intervals = {each.id: each.interval for each in scope.providers}
        self._schedule = Schedule(periods, chance, scope.clock(), intervals)
        self._state = State()
        self._events: SimpleQueue[object] = SimpleQueue()
        self._listeners = Listeners()
        self._jobs = jobs or Jobs()
        reader = AccountReader(scope, self._memory, self._costs.ledger)
        pages = pages or StatusPages(scope.environ, periods.pages_rest)
        self._tasks = Tasks(scope, reader, self._costs, pages, self._events.put)
        self._accounts = AccountJobs(self._jobs, self._tasks, lambda: self._state.settings, self._change)
        self._looks = EngineLooks(
            sessions, self._jobs, self._events.put, lambda: self._state.settings.get(WATCH)
        )
        self._disk = DiskWatch(scope.settings, scope.environ, partial(recent_logs, scope))
        self._watcher = Watcher(self._look_at_disk, self._disk.skip_stuck, self._events.put, periods.look)
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def scope(self) -> Scope:
        return self._scope

    @property
    def snapshot(self) -> State:
        """The newest state; frozen."""
        return self._state

    def start(self) -> None:
        self._looks.begin()
        self._thread.start()
        self._watcher.start()

    def close(self) -> None:
        """End all of it, within seconds; what does not end by then is left to the end of the process."""
        self._events.put(inbox.Close())
        self._watcher.close(_LINGER_SECONDS)
        if self._thread.is_alive():
            self._thread.join(_LINGER_SECONDS)
        self._costs.close()
        self._jobs.close(_LINGER_SECONDS)
        self._looks.close()
        self._listeners.close()

    def refresh(self, scope: str | None = None, *, user_initiated: bool = False) -> None:
        """Ask again: everybody, or the accounts of a provider (its id), or one account (its entry's key).

        `user_initiated` asks now, whatever the intervals say, and counts logs anew.
        """
        self._events.put(inbox.Refresh(scope, user_initiated))

    def menu_opened(self) -> None:
        """A person looks at the figures now: servers are polled more often for a while."""
        self._events.put(inbox.MenuOpened())

    def set(self, key: str, value: str) -> None:
        """Change a setting in the file, where `value` is what a person would write on a command line.

        It applies as soon as it is written; where it cannot be, the state's `settings_problem` says why.
        """
        self._jobs.start(f"set:{key}", partial(self._set, key, value))

    def mute(self, until: datetime | None) -> None:
        """No notices until then; None: notices again."""
        self._events.put(transitions.Muted(until))

    def pause(self, until: datetime | None) -> None:
        """No polls until then, unless a person asks for one; None: polls again."""
        self._events.put(transitions.Paused(until))

    def explained(self) -> None:
        """The person has seen what totals include."""
        self._jobs.start("explained", self._tasks.explained)

    def subscribe(self, listener: Listener) -> Undo:
        """The listener hears of each change from now on, in a thread of its own, until the undo is called."""
        return self._listeners.add(listener, self._state)

    def show_sessions(self) -> Undo:
        """Live sessions are shown from now on: they are looked at every two seconds, until the undo is called."""
        return self._looks.show()

    # --- the engine's thread: nothing here waits ------------------------------------------------------------

    def _run(self) -> None:
        while not isinstance(event := self._next_event(), inbox.Close):
            try:
                self._take(event)
            except Exception as error:  # noqa: BLE001 - the engine survives an error in one event
                log_fault(_log, f"could not take {type(event).__name__}", error)

    def _next_event(self) -> object:
        """None where there is none until the clock is to be looked at again."""
        seconds = self._periods.tick.total_seconds()
        try:
            seconds = self._schedule.pause(self._now(), self._state)
            seconds = min(seconds, self._looks.pause(self._now()))
        except Exception as error:  # noqa: BLE001 - nor does a state that cannot be scheduled end it
            log_fault(_log, "could not tell what is due next", error)
        try:
            return self._events.get(timeout=seconds)
        except Empty:
            return None

    def _take(self, event: object) -> None:
        match event:
            case None:
                pass
            case inbox.Refresh():
                self._refresh(event)
            case inbox.MenuOpened():
                self._schedule.active(self._now())
            case Noticed():
                self._schedule.noticed(event, self._now())
            case inbox.FacesShow() | inbox.Looked():
                self._take_look(event)
            case inbox.Targets():
                if self._accounts.take(event):
                    self._schedule.poll_wanted()
            case Changes():
                self._take_changes(event)
            case transitions.IncidentsRead() if not self._state.settings.get(INCIDENTS):
                self._change(transitions.IncidentsRead({}))  # they were switched off meanwhile
            case _:
                self._take_transition(event)  # type: ignore[arg-type]
        self._do_what_is_due()

    def _take_transition(self, event: transitions.Event) -> None:
        self._change(event)
        if isinstance(event, transitions.AskingEnded):
            self._accounts.asked(event.key)
        elif isinstance(event, transitions.CountEnded):
            self._schedule.counted(self._now())

    def _take_look(self, event: inbox.FacesShow | inbox.Looked) -> None:
        match event:
            case inbox.FacesShow(faces):
                self._looks.shown(faces)
            case inbox.Looked(look):
                self._change(self._looks.looked(look, self._now()))

    def _refresh(self, asked: inbox.Refresh) -> None:
        if not asked.user_initiated:
            if self._state.paused_until is None:
                self._begin_round("due", asked.scope)
            return
        self._schedule.active(self._now())
        self._begin_round("now", asked.scope)
        self._accounts.wanted_by_person()
        self._count_soon()

    def _do_what_is_due(self) -> None:
        self._watcher.check()
        now = self._now()
        until = self._state.paused_until
        if until is not None and refresh_policy.is_pause_over(until, now):
            self._change(transitions.Paused(None))
        is_surveyed = self._accounts.targets or self._state.snapshot is not None
        if is_surveyed and self._schedule.is_poll_due(now, self._state):
            self._begin_round("due")
        if self._schedule.are_pages_due(now):
            self._read_pages_soon(now)
        if self._schedule.is_count_due(now, self._scope.today(), counting=self._state.counting):
            self._count_soon()
        self._looks.look_if_due(now)
        self._accounts.ask_next()
        if (wanted := self._accounts.take_wanted()) is not None:
            self._change(transitions.RefreshEnded(now, wanted))
        every = self._schedule.every(now, self._state)
        every = refresh_policy.promised(self._state.refresh_every, every, polling=self._accounts.is_polling)
        if every != self._state.refresh_every:
            self._change(transitions.RefreshPlanned(every))

    def _change(self, event: transitions.Event) -> None:
        before = self._state
        self._state = transitions.after(before, event, self._now(), self._scope.today())
        if self._state is not before:
            self._listeners.notify(self._state)

    def _take_changes(self, changes: Changes) -> None:
        if changes.settings is not None:
            shown = self._state.settings.get(INCIDENTS)
            self._change(transitions.SettingsRead(changes.settings))
            self._schedule.count_wanted()
            if self._state.settings.get(INCIDENTS) != shown:
                self._schedule.pages_wanted()
        if changes.logs:
            self._schedule.logs_changed()
            self._schedule.active(self._now())
        if changes.logs or changes.sessions:
            self._looks.changed(self._now())
        if changes.costs:
            self._jobs.start("costs", self._tasks.read_costs)
        if changes.settings is not None or changes.homes:
            self._accounts.survey()
        self._accounts.look_at_changed(changes)

    def _begin_round(self, mode: Mode, scope: str | None = None) -> None:
        if scope is None:
            self._schedule.polled(self._now())
            # What no watched file tells: a home that was not there, a login in a keyring, one that is too old now.
            self._accounts.survey()
        self._accounts.want(mode, scope)

    def _read_pages_soon(self, now: datetime) -> None:
        """Those of the providers that somebody is signed in to."""
        if not self._state.settings.get(INCIDENTS):
            self._change(transitions.IncidentsRead({}))
        else:
            may_ask = self._state.paused_until is None and not refresh_policy.is_offline(self._state.snapshot)
            signed_in = {
                each.provider.id: each.provider for each in self._accounts.targets if each.client is not None
            }
            self._jobs.start("pages", partial(self._tasks.read_pages, tuple(signed_in.values()), ask=may_ask))
        self._schedule.pages_read(now, self._state.refresh_every)

    def _count_soon(self) -> None:
        self._schedule.counting(self._now(), self._scope.today())
        self._jobs.start("count", self._tasks.count)

    def _now(self) -> datetime:
        return self._scope.clock()

    # --- the thread that looks at the disk ------------------------------------------------------------------

    def _look_at_disk(self) -> Changes:
        offline = refresh_policy.is_offline(self._state.snapshot)
        noticed = self._surroundings.look(offline=offline, period=self._periods.look.total_seconds())
        if noticed is not None:
            self._events.put(noticed)
        watched = watched_files(self._scope, self._memory, self._accounts.targets, self._costs.files)
        return self._disk.look(
            with_sessions(watched, self._scope, self._state) if self._looks.watches else watched
        )

    # --- a job of its own -----------------------------------------------------------------------------------

    def _set(self, key: str, value: str) -> None:
        self._tasks.set(key, value)
        self._watcher.look_now()
