"""The sums of all that the ledger holds of some homes, and its sessions and responses, page by page."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, tzinfo
from pathlib import Path
from threading import RLock
from zlib import crc32

from providers.domain.cost import Tally
from providers.ledger.index import Homes
from providers.ledger.rollup import (
    cache,
    recent_blocks,
    session_counts,
    sessions,
    singles,
    store,
    tallies,
    update,
)
from providers.ledger.rollup.days import DaySums
from providers.ledger.rollup.naming import name_dims
from providers.ledger.rollup.recent_blocks import ProviderBlock
from providers.ledger.rollup.selection import Dimension, Filter, Key, Selection
from providers.ledger.rollup.sessions import SessionOrder, SessionRow
from providers.ledger.rollup.singles import ResponsePage
from providers.ledger.spans import recent_span
from providers.ledger.verify import Verifier

_WORTH_SAVING_AT_ONCE = 0.5
"""Seconds. Writing it takes a tenth of one."""

_LARGEST_KEPT = 1_000
"""Groups of an answer."""

Opened = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Opens the ledger."""


class _Tables:
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.days = DaySums(db)


class Rollup:
    """Thread-safe. What it answers is as of the last time that it was loaded (`Ledger.load`)."""

    def __init__(self, file: Path | None = None, *, most_answers: int = 64) -> None:
        """`file` is where a copy is kept (see `cache`); without one all is read when it is first loaded. The last
        `most_answers` are kept until the sums change.
        """
        self._lock = RLock()
        self._file = file
        self._tables = _Tables(store.created())
        self._ledger: Opened | None = None
        self._made_of: tuple[object, ...] = ()
        self._current: tuple[object, object] | None = None
        self._most_answers = most_answers
        self._answers: dict[tuple[Selection, tuple[Dimension, ...], bool], dict[Key, Tally]] = {}
        self._unsaved = 0.0
        """Seconds that it took to find out what is not in the file."""

    @contextmanager
    def steady(self) -> Iterator[str]:
        """No sum changes meanwhile; other threads wait. Yields the generation, another one for other sums."""
        with self._lock:
            yield self.generation

    @property
    def generation(self) -> str:
        return f"{crc32(repr(self._made_of).encode()):08x}"

    def load(self, ledger: sqlite3.Connection, homes: Homes, verifier: Verifier, opened: Opened) -> None:
        """Bring it up to date with these homes. Raises DamageFound; the sums are as they were then."""
        with self._lock:
            self._ledger = opened
            made_of = (*update.state(ledger), _copied(homes))
            if made_of == self._made_of:
                return
            if not self._made_of and self._file is not None:
                self._tables = _Tables(cache.read(self._file) or store.created())
                self._answers.clear()
            with self._timed():
                try:
                    self._update(ledger, homes, verifier)
                except update.OtherLedger:
                    self._tables = _Tables(store.created())
                    self._update(ledger, homes, verifier)
            self._made_of = made_of
            if self._unsaved > _WORTH_SAVING_AT_ONCE:
                self.save()

    def is_current(self, state: object, homes: Homes) -> bool:
        """Whether it was noted to be so, in this state of the ledger's file."""
        return self._current == (state, _copied(homes))

    def note_current(self, state: object, homes: Homes) -> None:
        self._current = state, _copied(homes)

    def _update(self, ledger: sqlite3.Connection, homes: Homes, verifier: Verifier) -> None:
        db = self._tables.db
        db.execute("BEGIN")
        try:
            known = update.known_homes(ledger, homes)
            changes = update.read_changes(db, ledger, known, verifier)
            name_dims(db, homes)
            self._tables.days.add(changes)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        self._answers.clear()

    def warm(self, zone: tzinfo) -> None:
        """Add up all local days of that time zone, so that no question has to wait for it."""
        with self._lock:
            self._tables.days.make_all(zone)

    def clear(self) -> None:
        """There is no ledger."""
        with self._lock:
            self._tables, self._made_of, self._current = _Tables(store.created()), (), None
            self._ledger = None
            self._answers.clear()

    def save(self, *, at_least: float = 0.02) -> None:
        """Write the copy, if it would save a program that starts so many seconds. Fails silently."""
        with self._lock:
            if self._file is not None and self._unsaved + self._tables.days.seconds > at_least:
                cache.write(self._tables.db, self._file)
                self._unsaved = self._tables.days.seconds = 0.0

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._unsaved += time.perf_counter() - began

    def tallies(
        self, selection: Selection, by: Sequence[Dimension] = (), *, beyond: bool = False
    ) -> dict[Key, Tally]:
        """The sums by these dimensions, without the groups that have none.

        Without `beyond` of what is on the lines of logs, with it of what is not (see `Context.not_on_lines`).
        """
        asked = selection, tuple(by), beyond
        with self._lock:
            found = self._answers.pop(asked, None)
            if found is None:
                found = tallies.tallies(self._tables.db, self._tables.days, selection, by, beyond=beyond)
            if len(found) <= _LARGEST_KEPT:
                self._answers[asked] = found  # the last one asked for at the end
                while len(self._answers) > self._most_answers:
                    del self._answers[next(iter(self._answers))]
            return dict(found)

    def values(self, selection: Selection) -> dict[Filter, tuple[tuple[str, int], ...]]:
        """What each filter can be set to, with its responses, most first; regardless of what it is set to now."""
        with self._lock:
            return tallies.values(self._tables.db, self._tables.days, selection)

    def used_days(self, selection: Selection) -> tuple[date, date] | None:
        """The first and the last local day with responses that the filters let through, of all days."""
        with self._lock:
            return tallies.used_days(self._tables.db, selection)

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
            return sessions.sessions(self._tables.db, selection, sort, offset, limit, descending=descending)

    def session_counts(self, selection: Selection, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        """How many of these sessions were used, by any dimensions but sessions: one in several groups counts in
        each.
        """
        with self._lock:
            return session_counts.session_counts(self._tables.db, self._tables.days, selection, by)

    def subagents(self, selection: Selection, thread: str) -> list[SessionRow]:
        """Each session in this one for itself: the person's own first, then its subagents as they started."""
        with self._lock:
            return sessions.subagents(self._tables.db, selection, thread)

    def blocks(self, selection: Selection, now: datetime, limit: int = 100) -> list[ProviderBlock]:
        """The newest blocks of five hours, newest first."""
        with self._lock:
            return recent_blocks.recent_blocks(self._tables.db, self._tables.days, selection, now, limit)

    def responses(self, selection: Selection, after: str = "", limit: int = 50) -> ResponsePage:
        """Single responses, newest first, from after the cursor `after` on.

        Raises NoCursor where that is none, and LedgerError.
        """
        before = singles.parsed(after)  # the ledger is not at fault
        with self._lock:
            if self._ledger is None:
                return ResponsePage(rows=(), older=None, total=0)
            db, days = self._tables.db, self._tables.days
            with self._ledger() as ledger:
                return singles.responses(db, days, ledger, selection, before, limit)

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
                return singles.tallies_between(self._tables.db, ledger, start, end, filters or {}, by)

    def sums_between(
        self, spans: Sequence[tuple[datetime, datetime]], filters: Mapping[Filter, str]
    ) -> list[Tally]:
        """The sum of each of these spans, as `tallies_between`. Raises LedgerError."""
        with self._lock:
            if self._ledger is None or not spans:
                return [Tally(usd=0.0) for _ in spans]
            with self._ledger() as ledger:
                found = (
                    singles.tallies_between(self._tables.db, ledger, *span, filters, ()) for span in spans
                )
                return [sums.get((), Tally(usd=0.0)) for sums in found]

    def recent(
        self, selection: Selection, now: datetime, by: Sequence[Dimension] = ("provider",)
    ) -> dict[Key, Tally]:
        """What a burn rate is made of: the last BURN_MINUTES, whatever days are selected. Raises LedgerError."""
        return self.tallies_between(*recent_span(now), by, selection.filters)


def _copied(homes: Homes) -> object:
    return {name: dict(own) for name, own in homes.items()}
