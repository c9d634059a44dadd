"""What is remembered of each account between runs, shared by all processes of a person.

One small file for each account holds its readings and when it was last asked, one file holds which account was
in which home. Who wants to ask an account holds its lock meanwhile, so two processes never ask at once.
Nothing in these files is taken on trust: they may be torn, or written by a clock that was wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.domain.limits import Attempt, Reading, UsageError
from providers.host.files import printable, write_whole
from providers.host.http.retry_after import LONGEST_WAIT

LOCK_SECONDS = 45.0
HOMES_LOCK_SECONDS = 5.0
CLOCK_SLACK = timedelta(minutes=5)
T = TypeVar("T")


class RejectedLogin(Struct, frozen=True, kw_only=True):
    """A login that was refused to this source: the one that was in this home since `attested_at`."""

    source: str
    home: str
    attested_at: datetime | None
    at: datetime


class SourceState(Struct, frozen=True, kw_only=True):
    """How a source was last asked for an account: when, and what came in the way, None where it answered.

    Before `retry_at` it is not asked again of itself. `refusals` is how many of its last answers in a row asked
    for a back-off.
    """

    asked_at: datetime | None = None
    retry_at: datetime | None = None
    refusals: int = 0
    error: UsageError | None = None


class AccountState(Struct, frozen=True, kw_only=True):
    """The readings that still have a say, and how the last poll went.

    `asked_at` is when anybody was last asked, `under_way` that the answer is not in yet; `sources` is how each
    source was last asked, by its id. `failures` is how many polls in a row failed; `refused` are logins not worth
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
        """When what stands in the way is tried again."""
        return self.error.retry_at if self.error else None

    def of(self, source: str) -> SourceState:
        return self.sources.get(source, SourceState())


class HomeState(Struct, frozen=True, kw_only=True):
    """The account that was last seen in a home, and since when it is known to have been there."""

    account: str
    since: datetime


class AccountStore:
    """The files. Unreadable ones count as empty: they hold nothing that the next poll does not bring."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, AccountState] = {}

    def account(self, key: str, now: datetime) -> AccountState:
        """What is known, without what only a clock that was ahead can have written."""
        known = _load(self.file_of(key), AccountState) or AccountState()
        held = self._held.get(key)
        if held is not None and (known.asked_at is None or _is_as_new(held, known.asked_at)):
            known = held
        return _believable(known, now)

    def file_of(self, key: str) -> Path:
        """The file of an account, whether it is there or not."""
        return self._folder / f"account-{key}.json"

    def save_account(self, key: str, memory: AccountState) -> None:
        """Raises OSError when it cannot be kept."""
        write_whole(self.file_of(key), msgspec.json.encode(memory))
        self._held.pop(key, None)

    def hold_account(self, key: str, memory: AccountState) -> None:
        """Remember it for this process alone, where it cannot be kept."""
        self._held[key] = memory

    @contextmanager
    def asking(self, key: str, seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """Alone with the account; raises OSError when the folder cannot be written, TimeoutError after long."""
        with self._locked(self.file_of(key).with_suffix(".lock"), seconds):
            yield

    @contextmanager
    def _locked(self, file: Path, seconds: float) -> Iterator[None]:
        from filelock import FileLock

        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(file, timeout=seconds, mode=0o600):
            yield

    def account_since(
        self, home: Path, account: str, attested_at: datetime | None, now: datetime
    ) -> datetime:
        """Since when this account is known to have been in this home; remembers it on first sight.

        Where no other account was seen here before, the login's own word counts; after another one, only what
        comes from now on is surely this one's. The same account with a newer login has refreshed it; that another
        one was here and gone while nobody looked cannot be told from that.
        """
        last = self._homes().get(_name(home))
        if last is not None and last.account == account:
            return min(last.since, now)
        since = min(attested_at or now, now) if last is None else now
        with suppress(OSError), self._locked(self._folder / "homes.lock", HOMES_LOCK_SECONDS):
            # Told when the account is asked; the next run sees it anew.
            homes = self._homes()  # another process may have written meanwhile, of another home
            homes[_name(home)] = HomeState(account=account, since=since)
            write_whole(self._folder / "homes.json", msgspec.json.encode(homes))
        return since

    def _homes(self) -> dict[str, HomeState]:
        return _load(self._folder / "homes.json", dict[str, HomeState]) or {}


def _load(file: Path, kind: type[T]) -> T | None:
    try:
        told = msgspec.json.decode(file.read_bytes(), type=kind)
        return told if _knows_its_zone(msgspec.to_builtins(told, builtin_types=(datetime,))) else None
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _knows_its_zone(told: object) -> bool:
    """Whether each time in it can be compared with others."""
    if isinstance(told, datetime):
        return told.tzinfo is not None
    if isinstance(told, dict):
        return all(_knows_its_zone(value) for value in told.values())
    return not isinstance(told, list | tuple) or all(_knows_its_zone(value) for value in told)


def _believable(known: AccountState, now: datetime) -> AccountState:
    """Without what lies in the future: such a reading would win for ever, such a wait would silence us."""
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
        refused=tuple(refused for refused in known.refused if refused.at <= latest),
        offline_since=_unless_after(known.offline_since, latest),
    )


def _unless_after(moment: datetime | None, latest: datetime) -> datetime | None:
    return None if moment is None or moment > latest else moment


def _is_as_new(held: AccountState, asked_at: datetime) -> bool:
    return held.asked_at is not None and held.asked_at >= asked_at


def _name(home: Path) -> str:
    return printable(str(home))
