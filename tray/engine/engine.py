"""The owner of the state: it looks at the disk, asks servers, counts logs, and publishes each change at once.

One thread makes every state, by `transitions`, out of events that it takes from a queue; it never waits for a disk
or a server. Beside it: a thread that looks at the disk every few seconds, a job for each account that is asked or
looked at, one that counts, and one for each listener. So a source that never returns holds up nothing but itself.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue

from msgspec import Struct

from providers.domain.limits import AccountUsage
from providers.host.faults import log_fault
from providers.ledger.database import LedgerError
from providers.ledger.discover import FINDERS
from providers.polling.account_store import AccountStore
from providers.polling.accounts import Target
from providers.polling.poll import Mode
from providers.source import Home, Provider
from tray.engine import transitions
from tray.engine.account_reader import AccountReader
from tray.engine.costs import Costs
from tray.engine.counting import count
from tray.engine.jobs import Jobs
from tray.engine.listeners import Listener, Listeners, Undo
from tray.engine.schedule import Periods, Schedule
from tray.engine.scope import Scope
from tray.engine.settings import Settings
from tray.engine.settings_writer import set_text
from tray.engine.state import State
from tray.engine.watch import RECENT, Changes, DiskWatch, Watched, Watcher

_LINGER_SECONDS = 1.0
_MOST_AT_ONCE = 4
_SLOW_SECONDS = 3.0  # an account that takes longer than that no longer counts as one of those at once
_log = logging.getLogger(__name__)


class _Refresh(Struct, frozen=True):
    scope: str | None
    user_initiated: bool


class _Targets(Struct, frozen=True):
    """Who is signed in where, and what is known of those that are new."""

    targets: tuple[Target, ...]
    read: tuple[AccountUsage, ...]


class _MenuOpened(Struct, frozen=True):
    pass


class _Close(Struct, frozen=True):
    pass


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
    ) -> None:
        self._scope = scope
        self._memory = memory or AccountStore(scope.folders.state)
        self._costs = costs or Costs(scope)
        self._schedule = Schedule(periods, chance)
        self._state = State()
        self._events: SimpleQueue[object] = SimpleQueue()
        self._listeners = Listeners()
        self._jobs = Jobs()
        self._reader = AccountReader(scope, self._memory, self._costs.ledger)
        self._targets: tuple[Target, ...] = ()
        self._waiting: dict[str, Mode] = {}
        self._asking: dict[str, float] = {}
        self._clicked: frozenset[str] | None = None  # whom a person's refresh still waits for
        self._disk = DiskWatch(scope.settings, scope.environ, self._recent_logs)
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
        self._thread.start()
        self._watcher.start()

    def close(self) -> None:
        """End all of it, within seconds; what does not end by then is left to the end of the process."""
        self._events.put(_Close())
        self._watcher.close(_LINGER_SECONDS)
        if self._thread.is_alive():
            self._thread.join(_LINGER_SECONDS)
        self._costs.close()
        self._jobs.close(_LINGER_SECONDS)
        self._listeners.close()

    def refresh(self, scope: str | None = None, *, user_initiated: bool = False) -> None:
        """Ask again: everybody, or the accounts of a provider (its id), or one account (its entry's key).

        `user_initiated` asks now, whatever the intervals say, and counts logs anew.
        """
        self._events.put(_Refresh(scope, user_initiated))

    def menu_opened(self) -> None:
        """A person looks at the figures now: ask again, where the last answer is older than the intervals."""
        self._events.put(_MenuOpened())

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

    def subscribe(self, listener: Listener) -> Undo:
        """The listener hears of each change from now on, in a thread of its own, until the undo is called."""
        return self._listeners.add(listener, self._state)

    # --- the engine's thread: nothing here waits ------------------------------------------------------------

    def _run(self) -> None:
        while True:
            try:
                event = self._events.get(
                    timeout=self._schedule.pause(self._now(), counting=self._state.counting)
                )
            except Empty:
                event = None
            if isinstance(event, _Close):
                return
            try:
                self._take(event)
            except Exception as error:  # noqa: BLE001 - the engine survives an error in one event
                log_fault(_log, f"could not take {type(event).__name__}", error)

    def _take(self, event: object) -> None:
        match event:
            case None:
                pass
            case _Refresh(scope, user_initiated):
                self._begin_round("now" if user_initiated else "due", scope)
                if user_initiated:
                    self._clicked = (self._clicked or frozenset()) | self._waiting.keys()
                    self._count_soon()
            case _MenuOpened():
                self._begin_round("due")
            case _Targets(targets, read):
                self._take_targets(targets, read)
            case Changes():
                self._take_changes(event)
            case _:
                self._change(event)  # type: ignore[arg-type]
                if isinstance(event, transitions.AskingEnded):
                    self._asking.pop(event.key, None)
                elif isinstance(event, transitions.CountEnded):
                    self._schedule.counted(self._now())
        self._do_what_is_due()

    def _do_what_is_due(self) -> None:
        self._watcher.check()
        now = self._now()
        if self._targets and self._schedule.is_poll_due(now):
            self._begin_round("due")
        if self._schedule.is_count_due(now, self._scope.today(), counting=self._state.counting):
            self._count_soon()
        self._ask_next()
        if self._clicked is not None and not self._clicked & (self._waiting.keys() | self._asking.keys()):
            self._change(transitions.RefreshEnded(now, self._clicked))
            self._clicked = None

    def _change(self, event: transitions.Event) -> None:
        before = self._state
        self._state = transitions.after(before, event, self._now(), self._scope.today())
        if self._state is not before:
            self._listeners.notify(self._state)

    def _take_changes(self, changes: Changes) -> None:
        if changes.settings is not None:
            self._change(transitions.SettingsRead(changes.settings))
            self._schedule.count_wanted()
        if changes.logs:
            self._schedule.logs_changed()
        if changes.costs:
            self._jobs.start("costs", self._read_costs)
        if changes.settings is not None or changes.homes:
            self._jobs.start("survey", partial(self._survey, self._state.settings))
        for target in self._targets:
            touched = {target.key, *(home.id for home in target.homes)}
            if touched & (changes.homes | changes.saved | changes.logs):
                self._jobs.start(f"look:{target.key}", partial(self._look, target))

    def _take_targets(self, targets: tuple[Target, ...], read: tuple[AccountUsage, ...]) -> None:
        """Look at those that are another, or could not be looked at yet; ask, where somebody new is there."""
        known = {target.key: target for target in self._targets}
        self._targets = targets
        self._change(transitions.AccountsFound(tuple(target.key for target in targets), read))
        seen = {usage.key for usage in read}
        for target in targets:
            if known.get(target.key) != target and target.key not in seen:
                self._jobs.start(f"look:{target.key}", partial(self._look, target))
        if any(target.key not in known for target in targets):
            self._schedule.poll_wanted()

    def _begin_round(self, mode: Mode, scope: str | None = None) -> None:
        if scope is None:
            self._schedule.polled(self._now())
            # What no watched file tells: a home that was not there, a login in a keyring, one that is too old now.
            self._jobs.start("survey", partial(self._survey, self._state.settings))
        for target in self._targets:
            if target.client is not None and scope in (None, target.provider.id, target.key):
                self._waiting[target.key] = "now" if "now" in (mode, self._waiting.get(target.key)) else mode

    def _ask_next(self) -> None:
        """Start whoever waits, as far as not too many are being asked already."""
        targets = {target.key: target for target in self._targets}
        for key, mode in list(self._waiting.items()):
            if key not in targets:
                del self._waiting[key]
                continue
            latest = time.monotonic() - _SLOW_SECONDS
            if key in self._asking or sum(began > latest for began in self._asking.values()) >= _MOST_AT_ONCE:
                continue
            del self._waiting[key]
            self._jobs.start(f"ask:{key}", partial(self._ask, targets[key], mode))
            self._asking[key] = time.monotonic()
            self._change(transitions.AskingBegan(key))

    def _count_soon(self) -> None:
        self._schedule.counting(self._now(), self._scope.today())
        self._jobs.start("count", self._count)

    def _now(self) -> datetime:
        return self._scope.clock()

    # --- the thread that looks at the disk ------------------------------------------------------------------

    def _look_at_disk(self) -> Changes:
        homes = {
            home.id: (provider, home)
            for provider in self._scope.chosen()
            for home in self._scope.homes_of(provider)
        }
        saved = {
            target.key: self._memory.file_of(target.key)
            for target in self._targets
            if target.client is not None
        }
        prices = self._scope.prices_file, self._scope.fetched_prices
        return self._disk.look(Watched(tuple(homes.values()), saved, (*self._costs.files, *prices)))

    def _recent_logs(self, provider: Provider, home: Home) -> tuple[object, ...]:
        since = self._now() - RECENT + timedelta(minutes=1)  # within what the finder looks at anew
        return tuple(FINDERS.finder(home.path, provider.logs).recent(int(since.timestamp() * 1e9)))

    # --- jobs -----------------------------------------------------------------------------------------------

    def _set(self, key: str, value: str) -> None:
        problem = set_text(self._scope.settings_file, self._scope.table, key, value)
        self._events.put(transitions.SettingSaved(problem))
        self._watcher.look_now()

    def _survey(self, settings: Settings) -> None:
        """Who is signed in where."""
        targets = self._reader.targets(settings)
        known = {target.key for target in self._targets}
        new = [target for target in targets if target.key not in known]
        # All at once, so that nobody sees a part of them.
        self._events.put(_Targets(targets, self._reader.read_all(new)))

    def _look(self, target: Target) -> None:
        self._events.put(transitions.AccountRead(target.key, self._reader.read(target)))

    def _ask(self, target: Target, mode: Mode) -> None:
        try:
            self._events.put(transitions.AccountRead(target.key, self._reader.ask(target, mode)))
        finally:
            self._events.put(transitions.AskingEnded(target.key))

    def _read_costs(self) -> None:
        """What another process has counted, or the person has priced, since."""
        with suppress(LedgerError):
            self._events.put(transitions.CostsRead(self._costs.by_home()))

    def _count(self) -> None:
        count(self._costs, self._events.put)
