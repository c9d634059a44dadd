"""The limits in the ledger: how the windows of all accounts changed, and what became of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from providers.domain.limits import AccountUsage
from providers.domain.work_days import ALL
from providers.ledger import history, window_log
from providers.ledger.database import transaction
from providers.ledger.epoch_ms import span_ms
from providers.ledger.history import LimitChange
from providers.ledger.limit_news import LimitNews, limit_news
from providers.ledger.place import SHORT_WAIT, Place
from providers.ledger.rows import LimitRow, limits
from providers.ledger.windows import WindowRecord

if TYPE_CHECKING:  # few have a use for it
    from providers.ledger.window_use import WindowUse

_MOST_CHANGES = 20_000
"""Of one window: more than a chart can show, and read within 0.1 s."""


class StoredLimits:
    def __init__(self, place: Place) -> None:
        self._place = place

    def note(
        self,
        usage: AccountUsage,
        now: datetime,
        since: datetime | None = None,
        zone: tzinfo = UTC,
        work_days: str = ALL,
    ) -> LimitNews:
        """Store how the account's windows changed, log them, and return what `news` does.

        Raises LedgerError.
        """
        if usage.account is None or not usage.windows:
            return LimitNews()
        with self._place.opened(SHORT_WAIT) as db:
            with transaction(db):
                window_log.note(db, usage, now)
            return limit_news(db, usage, now, since or now, zone, work_days)

    def changes(self, account: str, since: datetime) -> list[LimitChange]:
        """How an account's windows changed since then, oldest first. Raises LedgerError."""
        with self._place.opened() as db:
            return history.changes(db, account, since)

    def news(
        self,
        usage: AccountUsage,
        now: datetime,
        since: datetime,
        zone: tzinfo = UTC,
        work_days: str = ALL,
    ) -> LimitNews:
        """What the limit history tells of the account's windows: early resets since then, and how fast each was
        used in the last hours. Raises LedgerError.
        """
        if usage.account is None or not self._place.has_ledger():
            return LimitNews()
        with self._place.opened(SHORT_WAIT) as db:
            return limit_news(db, usage, now, since, zone, work_days)

    def series(self, account: str, window: str, since: datetime, until: datetime) -> list[LimitChange]:
        """How one window changed between these moments, preceded by its state at `since`, oldest first; of very
        many changes the newest. Raises LedgerError.
        """
        return self._place.read(
            lambda db: history.series(db, account, window, since, until, _MOST_CHANGES), []
        )

    def windows(
        self, since: datetime, until: datetime, account: str | None = None, window: str | None = None
    ) -> list[WindowRecord]:
        """The windows, of all accounts or of one, or those of one id, that were open at some time from `since`
        until before `until`, in the order in which they began. Raises LedgerError.
        """
        return self._place.read(lambda db: window_log.windows(db, since, until, account, window), [])

    def uses(self, records: Sequence[WindowRecord], kept: Path | None = None) -> list[WindowUse]:
        """What was logged of each of these windows, as `windows` returns them, and how far it rose meanwhile;
        without those of accounts that have no logs here. `kept` is the file that remembers it. Raises LedgerError.
        """
        return self._uses(lambda _db: records, kept) if records else []

    def recent_uses(self, accounts: Collection[str], now: datetime, kept: Path | None) -> list[WindowUse]:
        """The same of the last windows that limit all use of these accounts, oldest first. Raises LedgerError."""
        if not accounts or not self._place.has_ledger():
            return []
        return self._uses(lambda db: window_log.recent(db, accounts, now), kept)

    def _uses(
        self, records_of: Callable[[sqlite3.Connection], Sequence[WindowRecord]], kept: Path | None
    ) -> list[WindowUse]:
        from providers.ledger import kept_uses, window_use

        before = kept_uses.load(kept)
        with self._place.opened(SHORT_WAIT) as db, closing(db.execute("BEGIN")):  # one state for all queries
            found, read = window_use.read(db, records_of(db), before)
        kept_uses.save(kept, before, read)
        return found

    def rows(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[LimitRow]:
        """How the windows of all accounts changed from `since` until before `until`, by account, window and time.
        Raises LedgerError.
        """
        if not self._place.has_ledger():
            return
        with self._place.opened() as db:
            yield from limits(db, *span_ms(since, until))
