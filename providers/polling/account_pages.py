"""Asks for an account's pages, at most once an hour for all processes together, and never for its limits' sake.

They are asked for after its limits were read, and what comes of it is no error of the account: where a page is
refused or cannot be read, the old one stays with its age. No login is renewed for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from threading import Thread

from msgspec.structs import replace

from providers.domain.account_pages import PAGES, AccountPage, PageName
from providers.domain.errors import ProviderError
from providers.domain.limits import ErrorKind, UsageSnapshot
from providers.domain.saved_cookie import SavedCookie
from providers.host.faults import logger_of
from providers.host.file_lock import LockHeld
from providers.polling.account_store import AccountState, AccountStore
from providers.polling.accounts import known_of
from providers.polling.backoff import Client
from providers.polling.page_store import PageOutcome, PageStore, StoredPages
from providers.polling.poll import internal_error
from providers.polling.targets import Target, page_sources
from providers.source import PageSource, Question

EVERY = timedelta(hours=1)
_LONGEST = timedelta(days=1)
_ENDS_ROUND: tuple[ErrorKind, ...] = (
    "not_signed_in",
    "login_expired",
    "blocked",
    "rate_limited",
    "offline",
    "timeout",
)
"""What the next page would meet as well."""
_log = logger_of(__name__)


def ask_for_pages(target: Target, memory: AccountStore, clock: Callable[[], datetime]) -> bool:
    """Ask for those that are due; whether any came. Never raises."""
    client, store = target.client, PageStore(memory.folder)
    try:
        sources = page_sources(target)
        if client is None or not sources or not _is_due(store.stored(client.key, clock()), clock()):
            return False
        if not _were_limits_read(target, memory.account(client.key, clock())):
            return False
        with store.asking(client.key):
            stored = store.stored(client.key, clock())
            if not _is_due(stored, clock()):
                return False  # another process asked meanwhile
            # Saved before the first request: who is killed in between must not ask again.
            store.save(client.key, stored := replace(stored, asked_at=clock()))
            return _ask(partial(_read, sources, target.cookie, client), client.key, store, stored, clock)
    except (OSError, LockHeld):  # where nothing can be saved, nobody would know when they were asked for
        return False
    except Exception as error:  # noqa: BLE001 - it must not cost the limits
        internal_error(error, "the account pages")
        return False


def with_pages(
    snapshot: UsageSnapshot,
    targets: Sequence[Target],
    memory: AccountStore,
    clock: Callable[[], datetime],
    seconds: float,
) -> UsageSnapshot:
    """The snapshot of these targets with the pages that come within so many seconds; later ones are saved for the
    next time. Never raises.
    """
    came: set[str] = set()

    def ask(target: Target) -> None:
        if ask_for_pages(target, memory, clock):
            came.add(target.key)

    threads = [Thread(target=ask, args=(target,), name="account-pages", daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    if not came and not any(thread.is_alive() for thread in threads):
        return snapshot
    known = {target.key: known_of(target, memory, clock).pages for target in targets}
    accounts = (replace(each, pages=known.get(each.key, each.pages)) for each in snapshot.accounts)
    return replace(snapshot, accounts=tuple(accounts))


def _were_limits_read(target: Target, known: AccountState) -> bool:
    """Whether the last poll of a server or a program succeeded: then the login is good, and the network is."""
    remote = {source.id for source in target.provider.sources if not source.local}
    return known.error is None and any(each.ok and each.source in remote for each in known.attempts)


def _is_due(stored: StoredPages, now: datetime) -> bool:
    """A clock that was set back a little makes none due."""
    return stored.asked_at is None or abs(now - stored.asked_at) >= EVERY


def _ask(
    read: Callable[[PageName, datetime], AccountPage],
    key: str,
    store: PageStore,
    stored: StoredPages,
    clock: Callable[[], datetime],
) -> bool:
    """One after the other; each is saved when it is there."""
    came = False
    for page in PAGES:
        now, before = clock(), stored.outcome(page)
        if before.retry_at is not None and before.retry_at > now:
            continue
        error = None
        try:
            found = read(page, now)
            stored = replace(stored, pages=replace(stored.pages, **{page: found}))
            came = True
        except ProviderError as refused:
            error = refused
            _log.debug("account page %s: %s", page, refused.message)
        outcome = _outcome(before, error, clock())
        stored = replace(stored, outcomes={**stored.outcomes, page: outcome})
        store.save(key, stored)
        if error is not None and error.kind in _ENDS_ROUND:
            break
    return came


def _read(
    sources: Sequence[PageSource],
    cookie: SavedCookie | None,
    client: Client,
    page: PageName,
    now: datetime,
) -> AccountPage:
    """By the first source, and in the first home, where the login can be used."""
    refused: ProviderError | None = None
    for source, place in product(sources, client.places):
        question = Question(
            home=place.home, identity=client.identity, account_since=place.since, now=now, cookie=cookie
        )
        try:
            return source.read(page, question)
        except ProviderError as error:
            refused = error
            if error.kind not in ("not_signed_in", "login_expired"):
                break
    assert refused is not None  # noqa: S101 - an account has a home
    raise refused


def _outcome(before: PageOutcome, error: ProviderError | None, now: datetime) -> PageOutcome:
    """A page that is refused again and again is asked for less and less often, once a day in the end."""
    if error is None:
        return PageOutcome()
    failures = before.failures + 1
    wait = min(EVERY * 2 ** min(failures - 1, 5), _LONGEST)
    retry_at = max(now + wait - timedelta(minutes=5), error.retry_at or now)
    return PageOutcome(error=error.as_data(), failures=failures, retry_at=retry_at)
