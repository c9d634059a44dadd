"""The public interface of the ledger: refresh it, query reports."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, tzinfo
from functools import cached_property
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from providers.domain.cost import DEFAULT_DETAIL, CostReport, Counter, Detail, HomeFigures
from providers.host.holder import WaitListener
from providers.ledger import index, query, rows, sent_messages
from providers.ledger.changes import Remembered, Shelf, all_read
from providers.ledger.database import LedgerUnwritable, transaction
from providers.ledger.discover import FINDERS, Finders
from providers.ledger.epoch_ms import span_ms
from providers.ledger.index import Homes
from providers.ledger.place import SHORT_WAIT, Place
from providers.ledger.prices.pricing import Rates
from providers.ledger.refresh import ScanListener, refresh
from providers.ledger.report import cost_report, home_figures
from providers.ledger.scan_lock import Patience
from providers.ledger.spans import figures_span, recent_span, span
from providers.ledger.steps import QUARTERS, days
from providers.ledger.verify import Verifier

if TYPE_CHECKING:  # a count has no use for them
    from providers.domain.audit import CountedUse, ReportedUse
    from providers.ledger.audit_accounts import AccountsUse
    from providers.ledger.elsewhere import OtherMachines
    from providers.ledger.rollup.rollup import Rollup
    from providers.ledger.stored_limits import StoredLimits
    from providers.source import ReportedSessions

T = TypeVar("T")


class Ledger:
    """One file for all providers and homes; any number of processes may use it at once."""

    def __init__(self, path: Path, finders: Finders = FINDERS) -> None:
        self._finders = finders
        self._remembered = Remembered(finders)
        self._verifier = Verifier()
        self._place = Place(path, self._forget)

    @cached_property
    def limits(self) -> StoredLimits:
        from providers.ledger.stored_limits import StoredLimits

        return StoredLimits(self._place)

    @property
    def problem(self) -> str | None:
        """Why nothing of what is counted is kept, in a sentence with its remedy; None where it is."""
        return self._place.problem

    @property
    def is_kept(self) -> bool:
        """Whether it is in its file, rather than in the memory of this process."""
        return self._place.is_kept

    def refresh(
        self,
        shelves: Sequence[Shelf],
        rates: Rates,
        listener: ScanListener | None = None,
        *,
        since: datetime | None = None,
        patience: Patience | None = None,
        waiting: WaitListener | None = None,
    ) -> dict[str, tuple[str, ...]]:
        """Read what is new in the logs. Returns those that could not be read completely, by provider.

        The cost depends on what changed: afterwards reports are correct that cover nothing before `since` (see
        `spans.span`). Waits while another process is scanning, with `patience`, and tells it to `waiting`. Where
        the file cannot be written, the count is kept in memory, and `problem` says why. Raises LedgerError.
        """
        self._place.try_file()

        def count() -> dict[str, tuple[str, ...]]:
            return self._count(shelves, rates, listener, since, patience, waiting)

        try:
            return count()
        except LedgerUnwritable as error:
            self._place.leave_file(error)
        return count()

    def _count(
        self,
        shelves: Sequence[Shelf],
        rates: Rates,
        listener: ScanListener | None,
        since: datetime | None,
        patience: Patience | None,
        waiting: WaitListener | None,
    ) -> dict[str, tuple[str, ...]]:
        return refresh(
            self._place.now,
            shelves,
            rates.pico_usd,
            listener,
            rates=rates,
            since_ms=0 if since is None else floor(since.timestamp() * 1000),
            remembered=self._remembered,
            patience=patience,
            waiting=waiting,
        )

    def _forget(self) -> None:
        self._remembered = Remembered(self._finders)

    def generation(self) -> int:
        """A number that changes whenever the sums may have changed. Raises LedgerError."""
        with self._place.opened() as db:
            return index.generation(db)

    def state(self) -> object:
        """Another whenever anybody has written to it."""
        return self._place.state()

    def logs_held(self) -> int:
        """How many of its logs still exist. Raises LedgerError."""
        query = "SELECT count(*) FROM logs WHERE gone = 0"
        return self._place.read(lambda db: int(db.execute(query).fetchone()[0]), 0)

    def is_complete(self, provider: str) -> bool | None:
        """Whether the last scan of the provider's logs finished, with every log read completely.

        In any process. None before the first scan. A scan is incomplete from its first step on, and stays so if it
        is killed. Responses from before its `since` may not be counted yet. Raises LedgerError.
        """
        return self._place.read(lambda db: index.is_complete(db, provider), None)

    def all_read(self, shelf: Shelf) -> bool:
        """Whether the home has no log that is new or has changed since it was read. Raises LedgerError."""
        logs, unreadable = self._remembered.finder(shelf).find()
        if unreadable or not self._place.has_ledger():
            return False
        with self._place.opened() as db:
            return all_read(db, shelf, logs)

    def audit_sessions(
        self, provider: str, homes: Iterable[Path], reported: ReportedSessions
    ) -> tuple[dict[str, CountedUse], dict[str, ReportedUse]]:
        """By session what is counted of it and what its program reports; of those homes. Raises LedgerError."""
        from providers.ledger.audit import counted_sessions, observed_parts

        if not self._place.has_ledger():
            return {}, {}
        paths = tuple(homes)
        found: dict[str, ReportedUse] = {}
        verifier = self._verifier.begin(self._place.state())
        with self._place.opened() as db, closing(db.execute("BEGIN")):  # one state for all queries
            counted = counted_sessions(db, provider, paths, verifier)
            for part in observed_parts(db, provider, paths):
                found |= reported(part, counted)
        return counted, found

    def accounts_use(self, provider: str, homes: Iterable[Path]) -> AccountsUse | None:
        """All that was ever counted of these homes, by session and by account and day (UTC); None where there is
        no ledger yet. Raises LedgerError.
        """
        from providers.ledger.audit_accounts import accounts_use

        if not self._place.has_ledger():
            return None
        verifier = self._verifier.begin(self._place.state())
        with self._place.opened() as db, closing(db.execute("BEGIN")):  # one state for all queries
            return accounts_use(db, provider, tuple(homes), verifier)

    def counters(self) -> tuple[Counter, ...]:
        """All-time sums of the ledger, sorted by provider, account and model.

        A series without responses is absent. Within an epoch no value of a series is less than what any process
        got before. Raises LedgerError, also if a scan is writing and does not finish its step within 0.2 s.
        """
        from providers.ledger.counters import counters

        if not self._place.has_ledger():
            return ()
        with self._place.opened(SHORT_WAIT) as db, transaction(db):
            return counters(db)

    def responses(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        homes: Mapping[str, Sequence[Path]] | None = None,
    ) -> Iterator[tuple[rows.Origin, rows.Values]]:
        """Those from `since` until before `until`, as far as scanned, by time; of these homes, by provider, or of
        all that were ever read. Raises LedgerError.
        """
        if not self._place.has_ledger():
            return
        verifier = self._verifier.begin(self._place.state())
        with self._place.opened() as db:
            yield from rows.responses(db, homes, *span_ms(since, until), verifier)

    def message_times(self, homes: Homes, since: datetime, until: datetime) -> sent_messages.MessageTimes:
        """Of the messages that the person sent from `since` until before `until`. Raises LedgerError."""
        verifier = self._verifier.begin(self._place.state())
        return self._place.read(lambda db: sent_messages.message_times(db, homes, since, until, verifier), {})

    def names(self) -> rows.Names:
        """Whose the accounts are, and all spellings of projects. Raises LedgerError."""
        return self._place.read(rows.names, rows.Names())

    def read(self, question: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """What a query says of the file; `otherwise` where there is none yet. Raises LedgerError."""
        return self._place.read(question, otherwise, SHORT_WAIT)

    def load(self, rollup: Rollup, homes: Homes) -> None:
        """Bring the sums up to date with what is counted of these homes. Raises LedgerError."""
        if not self._place.has_ledger():
            rollup.clear()
            return
        state = self._place.state()
        if rollup.is_current(state, homes):
            return
        verifier = self._verifier.begin(state)
        with self._place.opened() as db, closing(db.execute("BEGIN")):  # one state for all queries
            rollup.load(db, homes, verifier, self._place.opened)
        rollup.note_current(state, homes)

    def report(
        self,
        provider: str,
        homes: Mapping[Path, str],
        *,
        since: date,
        until: date,
        zone: tzinfo,
        now: datetime,
        detail: Detail = DEFAULT_DETAIL,
        others: OtherMachines | None = None,
    ) -> CostReport:
        """The report on these homes, with their labels, for the local days `since`..`until`, as far as scanned;
        and on what `others` counted. Raises LedgerError.
        """
        paths = tuple(homes)
        recent = recent_span(now)
        start, end = span(since, until, zone, now, detail)
        steps = QUARTERS if detail.blocks else days(start, end, zone)
        verifier = self._verifier.begin(self._place.state())
        names = query.names_of(detail)
        with self._place.opened() as db, closing(db.execute("BEGIN")):  # one state for all queries
            used = query.slices(db, provider, paths, start, end, verifier, names, steps)
            used_now = query.slices(db, provider, paths, *recent, names=query.NO_NAMES)
            if others is not None:
                used += others.slices(provider, start, end, names, steps)
                used_now += others.slices(provider, *recent, query.NO_NAMES, QUARTERS)
            return cost_report(
                used,
                used_now,
                query.held(db, provider, paths),
                homes if others is None else {**others.labels(provider), **homes},
                since=since,
                until=until,
                zone=zone,
                now=now,
                detail=detail,
                messages=sent_messages.message_counts(db, provider, paths, start, end, verifier, steps),
                machines=None if others is None else others.machine_of(provider),
            )

    def logs_held_of(self, provider: str, homes: Iterable[Path]) -> dict[Path, int]:
        """How many logs of these homes still exist, as far as scanned; homes without any are absent. Raises
        LedgerError.
        """
        return self._place.read(lambda db: query.held(db, provider, tuple(homes)).files, {})

    def home_figures(
        self, provider: str, homes: Iterable[Path], *, zone: tzinfo, now: datetime
    ) -> dict[Path, HomeFigures]:
        """The figures that faces show for each of these homes, as far as scanned. Raises LedgerError."""
        paths, shown = tuple(homes), figures_span(zone, now)
        verifier = self._verifier.begin(self._place.state())
        with self._place.opened() as db, closing(db.execute("BEGIN")):  # one state for all queries
            return home_figures(
                query.slices(db, provider, paths, *shown, verifier, query.NO_NAMES, days(*shown, zone)),
                query.slices(db, provider, paths, *recent_span(now), names=query.NO_NAMES),
                query.held(db, provider, paths),
                paths,
                zone=zone,
                now=now,
            )
