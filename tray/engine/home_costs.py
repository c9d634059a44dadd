"""The figures of each home, as far as logs are counted, kept until something changes that they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import Counter
from providers.host.files import stamp
from providers.ledger.database import LedgerError
from providers.ledger.ledger import Ledger
from providers.source import Provider
from tray.engine.cost_faults import failed
from tray.engine.scope import Scope
from tray.engine.state import HomeCost

_RECENT_KEPT = timedelta(minutes=10)


class _Known(Struct, frozen=True):
    """The figures of the homes, and what they were made of; `stamps` are those of the ledger's files then."""

    fingerprint: object
    stamps: object
    apart_from_logs: object
    at: datetime
    costs: dict[str, HomeCost]

    def is_current(self, fingerprint: object, now: datetime) -> bool:
        """What was used of late soon is no more, although no log changes."""
        recent = any(cost.figures.recent.responses for cost in self.costs.values())
        return fingerprint == self.fingerprint and (
            not recent or timedelta(0) <= now - self.at < _RECENT_KEPT
        )


class HomeCosts:
    """Safe to use from several threads. `on_doubt` is called when the next count has something to repair."""

    def __init__(
        self, scope: Scope, ledger: Ledger, files: tuple[Path, ...], on_doubt: Callable[[], None]
    ) -> None:
        self._scope = scope
        self._ledger = ledger
        self._files = files
        self._on_doubt = on_doubt
        self._lock = Lock()
        self._known: _Known | None = None
        self._counters: tuple[object, tuple[Counter, ...]] = None, ()

    def newest(self) -> dict[str, HomeCost]:
        """By the homes' ids; homes of a provider that was never counted are absent. Raises LedgerError."""
        with self._lock:
            try:
                self._known = self._newest(self._known)
            except LedgerError:
                self._on_doubt()
                raise
            return self._known.costs

    def counters(self) -> tuple[Counter, ...]:
        """All-time sums by provider, account and model; none while another process is writing them."""
        known = self._known
        made_of = None if known is None or known.stamps != self._stamps() else known.fingerprint
        if made_of is not None and made_of == self._counters[0]:
            return self._counters[1]
        try:
            sums = self._ledger.counters()
        except LedgerError:
            self._on_doubt()
            return ()
        if made_of is not None:
            self._counters = made_of, sums
        return sums

    def _newest(self, known: _Known | None) -> _Known:
        chosen = self._scope.chosen()
        now, stamps, apart = self._scope.clock(), self._stamps(), self._apart_from_logs(chosen)
        is_same = known is not None and (stamps, apart) == (known.stamps, known.apart_from_logs)
        fingerprint = known.fingerprint if known is not None and is_same else self._fingerprint(chosen)
        if known is not None and known.is_current(fingerprint, now):
            return known if is_same else replace(known, stamps=stamps, apart_from_logs=apart)
        costs = {home: cost for each in chosen for home, cost in self._safely_of(each).items()}
        was_emptied = known is not None and known.costs.keys() - costs.keys()
        if was_emptied or not all(cost.complete for cost in costs.values()):
            self._on_doubt()  # or another process's count was cut short
        return _Known(fingerprint, stamps, apart, now, costs)

    def _safely_of(self, provider: Provider) -> dict[str, HomeCost]:
        """Nothing after a fault of ours, which is logged. Raises LedgerError."""
        try:
            return self._of(provider)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - it must not cost the figures of the others
            failed(provider, error)
            return {}

    def _of(self, provider: Provider) -> dict[str, HomeCost]:
        """Of all homes together, so that a response found in two of them counts in the first only."""
        complete = self._ledger.is_complete(provider.id)
        if complete is None:
            return {}
        homes = self._scope.log_homes_of(provider)
        figures = self._ledger.home_figures(
            provider.id, [home.path for home in homes], zone=self._scope.zone, now=self._scope.clock()
        )
        today = self._scope.today()
        return {home.id: HomeCost(day=today, figures=figures[home.path], complete=complete) for home in homes}

    def _stamps(self) -> tuple[object, ...]:
        """Others whenever somebody has written to the ledger."""
        files = tuple(stamp(str(path)) for path in self._files)
        return files if self._ledger.is_kept else (*files, self._ledger.generation())

    def _apart_from_logs(self, providers: Sequence[Provider]) -> tuple[object, ...]:
        return (
            self._scope.rates().fingerprint,
            self._scope.zone,
            self._scope.today(),
            *(home.path for each in providers for home in self._scope.log_homes_of(each)),
        )

    def _fingerprint(self, providers: Sequence[Provider]) -> object:
        """Of everything the figures depend on: logs, prices, time zone, the day and the homes."""
        return (
            self._ledger.is_kept,
            self._ledger.generation(),
            *self._apart_from_logs(providers),
            *(self._ledger.is_complete(each.id) for each in providers),
        )
