"""The sums of the page, brought up to date in a thread of their own: no request waits for a count.

What was counted before is there at once, and while a count runs what it has counted so far.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from providers.host.faults import log_fault, logger_of
from providers.ledger.database import LedgerError
from providers.ledger.rollup.rollup import Rollup
from tray.engine.costs import Costs
from tray.engine.scope import Scope

_log = logger_of(__name__)

PATIENCE_SECONDS = 1.0
RELOAD_SECONDS = 2.0
SAVE_SECONDS = 0.5
"""What was added up is written for the next start, unless that would make the end late."""
_RELOAD_SHARE = 10
"""While a count runs, no more than a tenth of the time goes into showing what it has so far."""
FAULT = "The logs could not be counted because of an internal error. `tankful doctor` has the details."


class CountStatus(Struct, frozen=True, kw_only=True):
    """`share` is what is done, 0-1, None unless a count runs; `is_first` while no count has been complete, so that
    the sums are of a part of the logs. `waits` says for whom it waits, `problem` why the last one is incomplete:
    sentences. `counts` came to an end, the last one at `counted_at`, in `seconds`.
    """

    share: float | None = None
    is_first: bool = False
    waits: str | None = None
    problem: str | None = None
    counts: int = 0
    counted_at: datetime | None = None
    seconds: float | None = None


class Figures:
    """Thread-safe. `on_change` is called after each change of the sums or of the status, from the thread of the
    count; it must not block.
    """

    def __init__(
        self,
        scope: Scope,
        costs: Costs,
        on_change: Callable[[], None] = lambda: None,
        rollup: Rollup | None = None,
    ) -> None:
        self._rollup = rollup or Rollup(scope.folders.cache / "rollup.sqlite3")
        self._before_loaded = Rollup()
        self._is_loaded = threading.Event()
        self.status = CountStatus()
        self.generation = 0
        """Another whenever the sums are."""
        self._scope = scope
        self._costs = costs
        self._on_change = on_change
        self._changed = threading.Condition()
        self._wanted = self._looked_at = self._begun = 0
        self._is_ended = False
        self._loaded: object = None
        self._load_seconds = 0.0
        self._count_problem: str | None = None
        self._load_problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="figures", daemon=True)

    @property
    def rollup(self) -> Rollup:
        """The sums; without any until they are loaded, which takes long only when it was never done before."""
        if self._is_loaded.wait(PATIENCE_SECONDS if self._thread.is_alive() else 0):
            return self._rollup
        return self._before_loaded

    def start(self) -> None:
        """Load what is there, and count."""
        self._wanted = 1
        self.status = CountStatus(share=0.0)
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()
        self._costs.close()
        if self._thread.is_alive():
            self._thread.join(SAVE_SECONDS)
        else:
            self._rollup.save()

    def look(self) -> None:
        """Somebody else may have counted."""
        with self._changed:
            self._looked_at += 1
            self._changed.notify_all()

    def recount(self) -> int:
        """Count again. The number of the count is for `wait`: those who ask while one has not begun share it."""
        with self._changed:
            self._wanted = max(self._wanted, self._begun + 1)
            self._changed.notify_all()
            return self._wanted

    def wait(self, count: int, seconds: float) -> bool:
        """Whether that count came to an end within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.status.counts >= count or self._is_ended, seconds)

    def _run(self) -> None:
        self.load()
        seen = self._looked_at
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._is_ended or self._wanted > self._begun or self._looked_at > seen  # noqa: B023
                )
                if self._is_ended:
                    break
                counts, seen = self._wanted > self._begun, self._looked_at
                self._begun += counts
            if counts:
                self._count()
            else:
                self.load()
        self._rollup.save()

    def _count(self) -> None:
        shown = loaded = began = time.monotonic()
        self._put(replace(self.status, share=0.0, is_first=self._is_first(), waits=None))

        def progressed(share: float) -> None:
            nonlocal shown, loaded
            now = time.monotonic()
            if now - loaded > max(RELOAD_SECONDS, _RELOAD_SHARE * self._load_seconds):
                self.load()
                loaded = time.monotonic()
            if now - shown > 0.5 or share >= 1:
                shown = now
                self._put(replace(self.status, share=share, waits=None))

        def waiting(clause: str) -> None:
            self._put(replace(self.status, waits=f"{clause[:1].upper()}{clause[1:]}"))

        try:
            self._costs.count(progressed, waiting)
            self._count_problem = None
        except LedgerError as error:
            self._count_problem = str(error)
        except Exception as error:  # noqa: BLE001 - the page survives what is wrong with a log
            log_fault(_log, "could not count for the page", error)
            self._count_problem = FAULT
        self.load()
        self._put(
            CountStatus(
                problem=self._problem,
                counts=self._begun,
                counted_at=self._scope.clock(),
                seconds=time.monotonic() - began,
            )
        )

    def load(self) -> None:
        """Show what is counted, if it is not what is shown."""
        began = time.monotonic()
        try:
            homes = self._scope.log_home_labels()
            found = self._fingerprint(list(homes))
            if found != self._loaded:
                self._costs.ledger.load(self._rollup, homes)
                self._rollup.warm(self._scope.zone)
                self._loaded, self._load_seconds = found, time.monotonic() - began
                self.generation += 1
                self._on_change()
            self._load_problem = None
        except LedgerError as error:
            self._load_problem = str(error)
        except Exception as error:  # noqa: BLE001 - what was loaded before is still shown
            log_fault(_log, "could not load the sums for the page", error)
            self._load_problem = FAULT
        self._is_loaded.set()
        if self.status.problem != self._problem:
            self._put(replace(self.status, problem=self._problem))

    def _is_first(self) -> bool:
        try:
            return not all(self._costs.ledger.is_complete(each.id) for each in self._scope.chosen())
        except LedgerError:  # the count says why
            return False

    @property
    def _problem(self) -> str | None:
        """Why the last count, or what is shown of it, is incomplete."""
        return self._count_problem or self._load_problem or self._costs.ledger.problem

    def _fingerprint(self, providers: list[str]) -> object:
        ledger = self._costs.ledger
        homes = tuple(home.path for each in self._scope.chosen() for home in self._scope.log_homes_of(each))
        complete = tuple(ledger.is_complete(each) for each in providers)
        return (
            homes,
            complete,
            ledger.is_kept,
            ledger.generation() if any(each is not None for each in complete) else 0,
        )

    def _put(self, status: CountStatus) -> None:
        with self._changed:
            self.status = status
            self._changed.notify_all()
        self._on_change()
