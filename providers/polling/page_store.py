"""The stored account pages, shared by all processes of a user: a small file for each account, beside its readings.

As with those, nothing in it is trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.domain.account_pages import PAGES, AccountPage, AccountPages, PageName
from providers.domain.limits import CLOCK_SLACK, UsageError
from providers.host.atomic import write_whole
from providers.host.file_lock import locked
from providers.host.http.retry_after import LONGEST_WAIT
from providers.host.private import make_folder
from providers.polling.account_store import load

KEPT_FOR = timedelta(days=7)
"""A page that could not be fetched again for so long is dropped."""


class PageOutcome(Struct, frozen=True, kw_only=True):
    """The last request for a page: its error, None if it succeeded. `failures` counts the latest consecutive ones,
    and there is none before `retry_at`.
    """

    error: UsageError | None = None
    failures: int = 0
    retry_at: datetime | None = None


class StoredPages(Struct, frozen=True, kw_only=True):
    """The pages of an account; `asked_at` is when the last round of requests for them began."""

    pages: AccountPages = AccountPages()
    asked_at: datetime | None = None
    outcomes: dict[PageName, PageOutcome] = {}

    def outcome(self, page: PageName) -> PageOutcome:
        return self.outcomes.get(page, PageOutcome())


class PageStore:
    """The files, in the folder of the accounts' own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file_of(self, key: str) -> Path:
        return self._folder / f"pages-{key}.json"

    def stored(self, key: str, now: datetime) -> StoredPages:
        """Without what is too old, or only a clock that was ahead can have written."""
        return _current(load(self.file_of(key), StoredPages) or StoredPages(), now)

    def save(self, key: str, stored: StoredPages) -> None:
        """Raises OSError if it cannot be saved."""
        write_whole(self.file_of(key), msgspec.json.encode(stored))

    @contextmanager
    def asking(self, key: str) -> Iterator[None]:
        """Exclusive access, at once or not at all; raises OSError if the folder is not writable, or LockHeld."""
        make_folder(self._folder)
        with locked(self.file_of(key).with_suffix(".lock"), 0.0, "asking for account pages"):
            yield


def _current(stored: StoredPages, now: datetime) -> StoredPages:
    latest = now + CLOCK_SLACK
    furthest = latest + LONGEST_WAIT
    kept: dict[str, AccountPage | None] = {
        name: page
        for name in PAGES
        if (page := getattr(stored.pages, name)) is not None and now - KEPT_FOR <= page.fetched_at <= latest
    }
    asked = stored.asked_at
    return StoredPages(
        pages=replace(AccountPages(), **kept),
        asked_at=None if asked is None or asked > latest else asked,
        outcomes={
            name: replace(each, retry_at=None)
            if each.retry_at is not None and each.retry_at > furthest
            else each
            for name, each in stored.outcomes.items()
        },
    )
