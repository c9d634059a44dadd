"""The stored state of each account, shared by all processes of a user.

One small file per account holds its readings and its last fetch; another file holds which account was in which
home. A process that fetches an account holds its lock, so two processes never fetch at once. Nothing in these
files is trusted: they may be truncated, or written with a wrong clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.domain import typed
from providers.domain.limits import CLOCK_SLACK, Attempt, Reading, UsageError
from providers.domain.scalars import usable
from providers.host.atomic import write_whole
from providers.host.file_lock import locked
from providers.host.files import read_small
from providers.host.holder import WaitListener
from providers.host.http.retry_after import LONGEST_WAIT
from providers.host.private import make_folder
from providers.host.shown_path import printable

LOCK_SECONDS = 45.0
HOMES_LOCK_SECONDS = 5.0
SIZE_LIMIT = 1 << 24
_LARGEST = 10**18
T = TypeVar("T")


class RejectedLogin(Struct, frozen=True, kw_only=True):
    """A login that was rejected for this source: the one in this home since `attested_at`."""

    source: str
    home: str
    attested_at: datetime | None
    at: datetime


class SourceState(Struct, frozen=True, kw_only=True):
    """The last fetch of an account from a source: when, and its error, None if it succeeded.

    There is no automatic retry before `retry_at`. `refusals` counts its latest consecutive errors that called for
    a backoff.
    """

    asked_at: datetime | None = None
    retry_at: datetime | None = None
    refusals: int = 0
    error: UsageError | None = None


class AccountState(Struct, frozen=True, kw_only=True):
    """The readings that still contribute, and the outcome of the last poll.

    `asked_at` is when any source was last fetched, `under_way` whether that is still in progress; `sources` has
    the state of each source by its id. `failures` counts consecutive failed polls; `refused` are logins not worth
    a request.
    """

    readings: tuple[Reading, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    error: UsageError | None = None
    asked_at: datetime | None = None
    under_way: bool = False
    sources: dict[str, SourceState] = {}
    failures: int = 0
    refused: tuple[RejectedLogin, ...] = ()
    offline_since: datetime | None = None

    @property
    def retry_at(self) -> datetime | None:
        """When the fetch that failed is retried."""
        return self.error.retry_at if self.error else None

    def of(self, source: str) -> SourceState:
        return self.sources.get(source, SourceState())


class HomeState(Struct, frozen=True, kw_only=True):
    """The account last seen in a home, and since when it is known to be there."""

    account: str
    since: datetime


class AccountStore:
    """The files. Unreadable ones count as empty: the next poll restores what they hold.

    Who is the `owner` of the engine goes on without them where they cannot be written: nobody else asks all day.
    `waiting` hears for whom a poll waits.
    """

    def __init__(self, folder: Path, *, owner: bool = False, waiting: WaitListener | None = None) -> None:
        self.folder = folder
        self.owner = owner
        self._folder = folder
        self._waiting = waiting
        self._held: dict[str, AccountState] = {}
        self._hindrances: dict[str, UsageError] = {}

    def account(self, key: str, now: datetime) -> AccountState:
        """The stored state, without anything that only a clock that was ahead can have written."""
        known = load(self.file_of(key), AccountState) or AccountState()
        held = self._held.get(key)
        if held is not None and (known.asked_at is None or _is_as_new(held, known.asked_at)):
            known = held
        known = replace(known, error=self._hindrances.get(key, known.error))
        return _without_future(known, now)

    def file_of(self, key: str) -> Path:
        """The file of an account, whether it exists or not."""
        return self._folder / f"account-{key}.json"

    def save_account(self, key: str, memory: AccountState) -> None:
        """Raises OSError if it cannot be saved."""
        write_whole(self.file_of(key), msgspec.json.encode(memory))
        self._held.pop(key, None)

    def forget(self, key: str, source: str, now: datetime) -> None:
        """Drop the last error of a source whose login was just replaced, but no rate limit. Raises as `asking`."""
        with self.asking(key):
            known = self.account(key, now)
            last = known.of(source)
            if last.error is None or last.error.kind == "rate_limited":
                return
            others = {ident: state for ident, state in known.sources.items() if ident != source}
            refused = tuple(each for each in known.refused if each.source != source)
            self.save_account(key, replace(known, sources=others, refused=refused))

    def hold_account(self, key: str, memory: AccountState) -> None:
        """Keep it in this process only, when it cannot be saved."""
        self._held[key] = memory

    @contextmanager
    def asking(self, key: str, seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """Exclusive access to the account; raises OSError if the folder is not writable, or LockHeld."""
        make_folder(self._folder)
        with locked(self.file_of(key).with_suffix(".lock"), seconds, "asking for limits", self.tell):
            self._hindrances.pop(key, None)
            yield

    def hinder(self, key: str, error: UsageError) -> None:
        """Until this process gets the lock of the account, that is what its state has for an error."""
        self._hindrances[key] = error

    def tell(self, sentence: str) -> None:
        """To who waits for this poll."""
        if self._waiting is not None:
            self._waiting(sentence)

    def account_since(
        self, home: Path, account: str, attested_at: datetime | None, now: datetime
    ) -> datetime:
        """Since when this account is known to be in this home; stores it on first sight.

        If no other account was seen here before, the login's own time counts; after another account, only what is
        written from now on is surely this one's. The same account with a newer login has renewed it; an account
        that came and went unseen in between cannot be detected.
        """
        last = self._homes().get(_name(home))
        if last is not None and last.account == account:
            return min(last.since, now)
        since = min(attested_at or now, now) if last is None else now
        with suppress(OSError), self._homes_locked():
            # Reported when the account is fetched; the next run tries again.
            homes = self._homes()  # another process may have added another home meanwhile
            homes[_name(home)] = HomeState(account=account, since=since)
            write_whole(self._folder / "homes.json", msgspec.json.encode(homes))
        return since

    @contextmanager
    def _homes_locked(self) -> Iterator[None]:
        make_folder(self._folder)
        with locked(self._folder / "homes.lock", HOMES_LOCK_SECONDS, "noting who is signed in", self.tell):
            yield

    def _homes(self) -> dict[str, HomeState]:
        return load(self._folder / "homes.json", dict[str, HomeState]) or {}


def load(file: Path, kind: type[T]) -> T | None:
    try:
        data = typed.json_decode(read_small(file, SIZE_LIMIT), kind)
        return data if _is_sound(msgspec.to_builtins(data, builtin_types=(datetime, Decimal))) else None
    except (OSError, msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return None


def _is_sound(data: object) -> bool:
    """Whether all its numbers can be shown, and all its times have a time zone and can be calculated with.

    Raises ArithmeticError for a Decimal that is not a number.
    """
    if isinstance(data, datetime):
        return data.tzinfo is not None and usable(data)
    if isinstance(data, int | float | Decimal):
        return -_LARGEST <= data <= _LARGEST
    if isinstance(data, dict):
        return all(_is_sound(value) for value in data.values())
    return not isinstance(data, list | tuple) or all(_is_sound(value) for value in data)


def _without_future(known: AccountState, now: datetime) -> AccountState:
    """Without anything in the future: such a reading would win forever, such a wait would never end."""
    latest = now + CLOCK_SLACK
    furthest = latest + LONGEST_WAIT + CLOCK_SLACK
    error = known.error
    if error is not None:
        error = replace(error, retry_at=_unless_after(error.retry_at, furthest))
    return replace(
        known,
        readings=tuple(reading for reading in known.readings if reading.fetched_at <= latest),
        asked_at=_unless_after(known.asked_at, latest),
        error=error,
        sources={
            ident: replace(
                source,
                asked_at=_unless_after(source.asked_at, latest),
                retry_at=_unless_after(source.retry_at, furthest),
            )
            for ident, source in known.sources.items()
        },
        refused=tuple(login for login in known.refused if login.at <= latest),
        offline_since=_unless_after(known.offline_since, latest),
    )


def _unless_after(moment: datetime | None, latest: datetime) -> datetime | None:
    return None if moment is None or moment > latest else moment


def _is_as_new(held: AccountState, asked_at: datetime) -> bool:
    return held.asked_at is not None and held.asked_at >= asked_at


def _name(home: Path) -> str:
    return printable(str(home))
