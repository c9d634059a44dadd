"""The ledger as the rest of the house sees it: bring it up to date, ask it for reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta, tzinfo
from math import floor
from pathlib import Path

from providers.domain.cost import CostReport, Counter, HomeFigures
from providers.domain.limits import EarlyReset, RateWindow, Sourced
from providers.ledger import history, index, query
from providers.ledger.database import opened, transaction
from providers.ledger.discover import FINDERS, Finders
from providers.ledger.prices.pricing import Rates
from providers.ledger.refresh import Remembered, ScanListener, Shelf, refresh
from providers.ledger.report import BURN_MINUTES, cost_report, figures_span, home_figures, span

_SHORT_WAIT = 0.2
"""Seconds. Whoever asks for limits, or publishes, does not wait for a scan."""


class Ledger:
    """One file for all providers and homes; any number of processes may use it at once."""

    def __init__(self, path: Path, finders: Finders = FINDERS) -> None:
        self._path = path
        self._remembered = Remembered(finders)

    def refresh(
        self,
        shelves: Sequence[Shelf],
        rates: Rates,
        tell: ScanListener | None = None,
        *,
        since: datetime | None = None,
    ) -> dict[str, tuple[str, ...]]:
        """Read what is new in the logs. Returns those that could not be read to their end, by provider.

        Costs what changed and is asked for: afterwards reports are right that look at nothing before `since` (see
        `report.span`). Waits while another process is at it. Raises LedgerError.
        """
        return refresh(
            self._path,
            shelves,
            rates.pico_usd,
            tell,
            prices=rates.fingerprint,
            since_ms=0 if since is None else floor(since.timestamp() * 1000),
            remembered=self._remembered,
        )

    def generation(self) -> int:
        """Another number whenever what the logs came to may be another. Raises LedgerError."""
        with opened(self._path) as db:
            return index.generation(db)

    def logs_held(self) -> int:
        """How many logs it knows that are still there. Raises LedgerError."""
        if not self._path.exists():
            return 0
        with opened(self._path) as db:
            return int(db.execute("SELECT count(*) FROM logs WHERE gone = 0").fetchone()[0])

    def is_complete(self, provider: str) -> bool | None:
        """Whether the last scan of the provider's logs finished, with every log read to its end.

        By whatever process. None where none was ever made. A scan is incomplete from its first step on, and stays
        so if it is killed. Responses from before its `since` may not be counted yet. Raises LedgerError.
        """
        if not self._path.exists():
            return None
        with opened(self._path) as db:
            return index.is_complete(db, provider)

    def counters(self) -> tuple[Counter, ...]:
        """All-time sums of what is held, sorted by provider, account and model.

        A series without responses is absent. Within an epoch no figure of a series is less than what any process
        was given before. Raises LedgerError, also when a scan is writing and does not finish its step in 0.2 s.
        """
        from providers.ledger.counters import counters

        if not self._path.exists():
            return ()
        with opened(self._path, busy_seconds=_SHORT_WAIT) as db, transaction(db):
            return counters(db)

    def note_limits(self, accounts: Mapping[str, Sequence[Sourced[RateWindow]]]) -> None:
        """Keep how these accounts' windows changed. Raises LedgerError."""
        if any(accounts.values()):
            with opened(self._path, busy_seconds=_SHORT_WAIT) as db, transaction(db):
                for account, lanes in accounts.items():
                    history.note(db, account, lanes)

    def limit_changes(self, account: str, since: datetime) -> list[history.LimitChange]:
        """How an account's windows changed since then, oldest first. Raises LedgerError."""
        with opened(self._path) as db:
            return history.changes(db, account, since)

    def early_resets(self, accounts: Iterable[str], since: datetime) -> dict[str, tuple[EarlyReset, ...]]:
        """Which windows of these accounts were reset before their time since then. Raises LedgerError."""
        if not self._path.exists():
            return {}
        with opened(self._path) as db:
            return {
                account: history.early_resets(history.changes_around(db, account, since))
                for account in accounts
            }

    def report(
        self,
        provider: str,
        homes: Mapping[Path, str],
        *,
        since: date,
        until: date,
        zone: tzinfo,
        now: datetime,
    ) -> CostReport:
        """What these homes, with their labels, came to on the local days `since`..`until`, as far as it is read.

        Raises LedgerError.
        """
        paths = tuple(homes)
        start, end = span(since, until, zone, now)
        moment = timedelta(milliseconds=1)  # responses are kept to the millisecond
        recently = now - timedelta(minutes=BURN_MINUTES) + moment
        with opened(self._path) as db, closing(db.execute("BEGIN")):  # one state for all queries
            return cost_report(
                query.slices(db, provider, paths, start, end),
                query.slices(db, provider, paths, recently, now + moment),
                query.held(db, provider, paths),
                homes,
                since=since,
                until=until,
                zone=zone,
                now=now,
            )

    def home_figures(
        self, provider: str, homes: Iterable[Path], *, zone: tzinfo, now: datetime
    ) -> dict[Path, HomeFigures]:
        """What faces show of each of these homes, as far as it is read. Raises LedgerError."""
        paths = tuple(homes)
        with opened(self._path) as db, closing(db.execute("BEGIN")):  # one state for both queries
            return home_figures(
                query.slices(db, provider, paths, *figures_span(zone, now)),
                query.held(db, provider, paths),
                paths,
                zone=zone,
                now=now,
            )
