"""The sums of all that the ledger holds of some homes, and its sessions and responses, page by page."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from threading import RLock

from providers.domain.cost import Tally
from providers.ledger.report import recent_span
from providers.ledger.rollup import recent_blocks, session_counts, sessions, singles, store, tallies, update
from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.recent_blocks import ProviderBlock
from providers.ledger.rollup.selection import Dimension, Filter, Key, Selection
from providers.ledger.rollup.sessions import SessionOrder, SessionRow
from providers.ledger.rollup.singles import ResponsePage
from providers.ledger.rollup.update import Homes
from providers.ledger.verify import Verifier

Opened = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Opens the ledger."""


class Rollup:
    """Thread-safe. What it answers is as of the last time that it was loaded (`Ledger.load`)."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._db = store.created()
        self._days = DaySums(self._db)
        self._ledger: Opened | None = None
        self._made_of: tuple[object, ...] = ()

    @contextmanager
    def steady(self) -> Iterator[str]:
        """No sum changes meanwhile; other threads wait. Yields the generation, another one for other sums."""
        with self._lock:
            yield self.generation

    @property
    def generation(self) -> str:
        return str(self._made_of[0]) if self._made_of else ""

    def load(self, ledger: sqlite3.Connection, homes: Homes, verifier: Verifier, opened: Opened) -> None:
        """Bring it up to date with these homes. Raises DamageFound; the sums are as they were then."""
        with self._lock:
            self._ledger = opened
            made_of = (*update.state(ledger), {name: dict(own) for name, own in homes.items()})
            if made_of == self._made_of:
                return
            self._db.execute("BEGIN")
            try:
                quarters = update.read_changes(self._db, ledger, homes, verifier)
                update.name_dims(self._db, homes)
                self._days.replace(quarters)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            self._made_of = made_of

    def tallies(
        self, selection: Selection, by: Sequence[Dimension] = (), *, beyond: bool = False
    ) -> dict[Key, Tally]:
        """The sums by these dimensions, without the groups that have none.

        Without `beyond` of what is on the lines of logs, with it of what is not (see `Context.not_on_lines`).
        """
        with self._lock:
            return tallies.tallies(self._db, self._days, selection, by, beyond=beyond)

    def values(self, selection: Selection) -> dict[Filter, tuple[tuple[str, int], ...]]:
        """What each filter can be set to, with its responses, most first; regardless of what it is set to now."""
        with self._lock:
            return tallies.values(self._db, self._days, selection)

    def used_days(self, selection: Selection) -> tuple[date, date] | None:
        """The first and the last local day with responses that the filters let through, of all days."""
        with self._lock:
            return tallies.used_days(self._db, selection)

    def sessions(
        self,
        selection: Selection,
        sort: SessionOrder = "last",
        offset: int = 0,
        limit: int = 50,
        *,
        descending: bool = True,
    ) -> tuple[list[SessionRow], int]:
        """A page of the sessions that a person started, and how many there are in all."""
        with self._lock:
            return sessions.sessions(self._db, selection, sort, offset, limit, descending=descending)

    def session_counts(self, selection: Selection, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        """How many of these sessions were used, by any dimensions but sessions: one in several groups counts in
        each.
        """
        with self._lock:
            return session_counts.session_counts(self._db, self._days, selection, by)

    def subagents(self, selection: Selection, thread: str) -> list[SessionRow]:
        """Each session in this one for itself: the person's own first, then its subagents as they started."""
        with self._lock:
            return sessions.subagents(self._db, selection, thread)

    def blocks(self, selection: Selection, now: datetime, limit: int = 100) -> list[ProviderBlock]:
        """The newest blocks of five hours, newest first."""
        with self._lock:
            return recent_blocks.recent_blocks(self._db, selection, now, limit)

    def responses(self, selection: Selection, after: str = "", limit: int = 50) -> ResponsePage:
        """Single responses, newest first, from after the cursor `after` on.

        Raises ValueError where that is no cursor, and LedgerError.
        """
        with self._lock:
            if self._ledger is None:
                return ResponsePage(rows=(), older=None, total=0)
            with self._ledger() as ledger:
                return singles.responses(self._db, ledger, selection, after, limit)

    def tallies_between(
        self,
        start: datetime,
        end: datetime,
        by: Sequence[Dimension] = (),
        filters: Mapping[Filter, str] | None = None,
    ) -> dict[Key, Tally]:
        """The sums of the responses with start <= time < end, to the millisecond, by any dimensions but times and
        sessions. Raises LedgerError.
        """
        with self._lock:
            if self._ledger is None:
                return {}
            with self._ledger() as ledger:
                return singles.tallies_between(self._db, ledger, start, end, filters or {}, by)

    def sums_between(
        self, spans: Sequence[tuple[datetime, datetime]], filters: Mapping[Filter, str]
    ) -> list[Tally]:
        """The sum of each of these spans, as `tallies_between`. Raises LedgerError."""
        with self._lock:
            if self._ledger is None or not spans:
                return [Tally(usd=0.0) for _ in spans]
            with self._ledger() as ledger:
                found = (singles.tallies_between(self._db, ledger, *span, filters, ()) for span in spans)
                return [sums.get((), Tally(usd=0.0)) for sums in found]

    def recent(
        self, selection: Selection, now: datetime, by: Sequence[Dimension] = ("provider",)
    ) -> dict[Key, Tally]:
        """What a burn rate is made of: the last BURN_MINUTES, whatever days are selected. Raises LedgerError."""
        return self.tallies_between(*recent_span(now), by, selection.filters)
