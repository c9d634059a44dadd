"""What is remembered of each account between runs, shared by all processes of a person.

One small file for each account holds its readings and when it was last asked, one file holds which account was
in which home. Who wants to ask an account holds its lock meanwhile, so two processes never ask at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from providers.models import Attempt, Reading, UsageError
from providers.outside.paths import write_whole

LOCK_SECONDS = 45.0
T = TypeVar("T")


class AccountMemory(Struct, frozen=True, kw_only=True):
    """The readings that still have a say, and how the last poll went.

    `asked_at` is when a server was last asked, `under_way` that its answer is not in yet; `retry_at` is before
    when it must not be asked again of itself, `failures` how many polls in a row failed.
    """

    readings: tuple[Reading, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    error: UsageError | None = None
    asked_at: datetime | None = None
    under_way: bool = False
    retry_at: datetime | None = None
    failures: int = 0
    offline_since: datetime | None = None


class HomeMemory(Struct, frozen=True, kw_only=True):
    """The account that was last seen in a home, and since when it is known to have been there."""

    account: str
    since: datetime


class Memory:
    """The files. Unreadable ones count as empty: they hold nothing that the next poll does not bring."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def account(self, key: str) -> AccountMemory:
        return _load(self._account_file(key), AccountMemory) or AccountMemory()

    def keep_account(self, key: str, memory: AccountMemory) -> None:
        """Raises OSError when it cannot be kept."""
        write_whole(self._account_file(key), msgspec.json.encode(memory))

    @contextmanager
    def asking(self, key: str) -> Iterator[None]:
        """Alone with the account; raises OSError when the folder cannot be written, TimeoutError after long."""
        from filelock import FileLock

        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self._account_file(key).with_suffix(".lock"), timeout=LOCK_SECONDS):
            yield

    def account_since(
        self, home: Path, account: str, attested_at: datetime | None, now: datetime
    ) -> datetime:
        """Since when this account is known to have been in this home; remembers it on first sight.

        Where no other account was seen here before, the login's own word counts; after another one, only what
        comes from now on is surely this one's.
        """
        file = self._folder / "homes.json"
        known = _load(file, dict[str, HomeMemory]) or {}
        last = known.get(str(home))
        if last is not None and last.account == account:
            return last.since
        since = min(attested_at or now, now) if last is None else now
        with suppress(OSError):  # told when the account is asked; the next run sees it anew
            known[str(home)] = HomeMemory(account=account, since=since)
            write_whole(file, msgspec.json.encode(known))
        return since

    def _account_file(self, key: str) -> Path:
        return self._folder / f"account-{key}.json"


def _load(file: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
