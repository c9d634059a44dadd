"""What changed on the disk since the last look, by `stat` alone: settings, logins, what other processes
saved, logs, what CLIs and hooks wrote down about live sessions.

So a face is never older than what is on the disk, whoever wrote it, and an idle machine costs a few stats.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from threading import Lock

from msgspec import Struct

from providers.host.faults import log_fault, logger_of
from providers.host.files import stamp
from providers.host.process.running import is_running
from providers.source import Home, Provider
from tray.engine.settings import Settings

RECENT = timedelta(hours=24)
"""Logs written since then are looked at each time, all others when all folders are walked."""

STUCK_SECONDS = 5.0

_SESSION_LOGS = "session logs"
_OF_SESSIONS = ("sessions", _SESSION_LOGS)

_log = logger_of(__name__)


class Watched(Struct, frozen=True):
    """What is there to be looked at. `saved` is the file of each target's stored readings, by the target's key;
    `costs` are the files that figures of cost are made of, beside the logs. With `sessions` also what may change
    the status of a live session; `records` are files and folders of that which are in no home, `session_logs` the
    logs of live sessions, however long ago they were written last, and `pids` their processes, whose end is a
    change.
    """

    homes: tuple[tuple[Provider, Home], ...]
    saved: Mapping[str, Path]
    costs: tuple[Path, ...] = ()
    sessions: bool = False
    records: tuple[Path, ...] = ()
    session_logs: tuple[str, ...] = ()
    pids: frozenset[int] = frozenset()


class Changes(Struct, frozen=True, kw_only=True):
    """What is another since the last look: the settings, logins or local readings of these homes, the
    readings saved of these targets, what figures of cost are made of. `logs` are homes where one was written.
    `sessions`: what else tells of live sessions.
    """

    settings: Settings | None = None
    homes: frozenset[str] = frozenset()
    saved: frozenset[str] = frozenset()
    logs: frozenset[str] = frozenset()
    costs: bool = False
    sessions: bool = False

    def __bool__(self) -> bool:
        changed = self.homes or self.saved or self.logs or self.costs or self.sessions
        return bool(self.settings is not None or changed)


class DiskWatch:
    """`recent_logs` says which logs of a home were written lately, as values that differ when one of them does."""

    def __init__(
        self,
        read_settings: Callable[[], Settings],
        environ: Mapping[str, str],
        recent_logs: Callable[[Provider, Home], Iterable[object]],
        is_running: Callable[[int], bool] = is_running,
    ) -> None:
        self._read_settings = read_settings
        self._environ = environ
        self._recent_logs = recent_logs
        self._is_running = is_running
        self._settings: Settings | None = None
        self._stamps: dict[tuple[str, str], object] = {}
        self._running: frozenset[int] = frozenset()
        self._lock = Lock()
        self._number = 0  # of the newest look
        self._at: str | None = None  # the home that it is looking at
        self._stuck: set[str] = set()

    def look(self, watched: Watched) -> Changes:
        """What changed since the last look that did not fail. What is looked at for the first time counts as
        changed.
        """
        with self._lock:
            self._number += 1
            number = self._number
        settings = self._read_settings()
        stamps: dict[tuple[str, str], object] = {
            ("saved", key): stamp(str(path)) for key, path in watched.saved.items()
        }
        stamps["costs", ""] = tuple(stamp(str(path)) for path in watched.costs)
        if watched.sessions:
            stamps["sessions", ""] = tuple(stamp(str(path)) for path in watched.records)
        for provider, home in watched.homes:
            found = self._of_home(number, provider, home, watched)
            if found is None:
                return Changes()
            stamps |= found
        running = frozenset(filter(self._is_running, watched.pids))
        changed = {name for name, now in stamps.items() if self._has_changed(name, now)}
        changes = Changes(
            settings=settings if settings != self._settings else None,
            homes=frozenset(ident for kind, ident in changed if kind == "home"),
            saved=frozenset(ident for kind, ident in changed if kind == "saved"),
            logs=frozenset(ident for kind, ident in changed if kind == "logs"),
            costs=("costs", "") in changed,
            sessions=any(kind in _OF_SESSIONS for kind, _ in changed)
            or not self._running & watched.pids <= running,
        )
        self._settings, self._stamps, self._running = settings, stamps, running  # not before: a look may fail
        return changes

    def skip_stuck(self) -> None:
        """The look that runs does not come to an end: the next ones leave out the home that it is at, until
        it does.
        """
        with self._lock:
            self._number += 1
            if self._at is not None:
                self._stuck.add(self._at)

    def _has_changed(self, name: tuple[str, str], now: object) -> bool:
        """A log that is no longer one of the recent ones is no change: nobody has written it."""
        before = self._stamps.get(name)
        if name[0] == "logs" and isinstance(before, tuple) and isinstance(now, tuple):
            return not set(now) <= set(before)
        if name[0] == _SESSION_LOGS:  # of one that was not looked at before nothing is known
            known = before if isinstance(before, dict) else {}
            return isinstance(now, dict) and any(known.get(log, found) != found for log, found in now.items())
        return name not in self._stamps or before != now

    def _of_home(
        self, number: int, provider: Provider, home: Home, watched: Watched
    ) -> Mapping[tuple[str, str], object] | None:
        """Its files and its logs; as they were where it is stuck, None where this look is one that was given
        up.
        """
        with self._lock:
            if home.id in self._stuck:
                return {name: found for name, found in self._stamps.items() if name[1] == home.id}
            self._at = home.id
        files = tuple(map(stamp, provider.watched(home, self._environ)))
        stamps: dict[tuple[str, str], object] = {
            ("home", home.id): (os.path.isdir(home.path), files),
            ("logs", home.id): tuple(self._recent_logs(provider, home)),
        }
        if watched.sessions:
            stamps["sessions", home.id] = tuple(map(stamp, provider.watched_sessions(home.path)))
            own = f"{home.path}{os.sep}"
            stamps[_SESSION_LOGS, home.id] = {
                log: stamp(log) for log in watched.session_logs if log.startswith(own)
            }
        with self._lock:
            if number != self._number:
                self._stuck.discard(home.id)
                return None
            self._at = None
        return stamps


class Watcher:
    """A thread that looks again and again, and reports what changed; another one, where a look hangs."""

    def __init__(
        self,
        look: Callable[[], Changes],
        give_up: Callable[[], None],
        report: Callable[[Changes], None],
        period: timedelta,
    ) -> None:
        self._look = look
        self._give_up = give_up
        self._report = report
        self._seconds = period.total_seconds()
        self._wake = threading.Event()
        self._closed = False
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def check(self) -> None:
        """To be called now and then: goes on without a look that does not come to an end."""
        since = self._busy_since
        if since is None or time.monotonic() - since < STUCK_SECONDS or self._closed:
            return
        self._give_up()
        self._busy_since = None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def look_now(self) -> None:
        """The next look is due at once."""
        self._wake.set()

    def close(self, seconds: float) -> None:
        """Wait so long for its end, at most."""
        self._closed = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._closed and self._thread is threading.current_thread():
            self._wake.clear()
            self._busy_since = time.monotonic()
            try:
                if changes := self._look():
                    self._report(changes)
            except Exception as error:  # noqa: BLE001 - the next look may go better
                log_fault(_log, "could not look at the disk", error)
            if self._thread is threading.current_thread():
                self._busy_since = None
            if not self._closed:  # else the wake-up of the end may have been cleared
                self._wake.wait(self._seconds)
