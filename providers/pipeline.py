"""Ask an account's sources, in order, each within its deadline; keep every attempt; never raise.

Local sources cost nothing and are asked each time. Of the others the first that answers is enough, and all of
them together are asked no more often than manners allow: between two requests lies the provider's interval,
after a refusal the time that the server named, or a back-off of ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from providers.errors import NotUnderstood, ProviderError
from providers.memory import AccountMemory, Memory
from providers.merge import prune
from providers.models import Attempt, ErrorKind, Identity, Reading, UsageError
from providers.outside.retry_after import LONGEST
from providers.source import Home, Question, Source

Mode = Literal["cached", "due", "now"]
"""Ask nobody; ask who may be asked again by now; ask now, because the person said so."""

_BACK_OFF: dict[ErrorKind, timedelta] = {
    "rate_limited": timedelta(minutes=5),
    "server_error": timedelta(minutes=2),
    "denied": timedelta(minutes=5),
    "blocked": timedelta(minutes=5),
}
_LONGEST_BACK_OFF = timedelta(hours=1)


class Client(Struct, frozen=True, kw_only=True):
    """An account to be asked: its homes, each with the moment since which it is known to be theirs."""

    key: str
    identity: Identity
    homes: tuple[tuple[Home, datetime], ...]


def poll(
    client: Client,
    sources: Sequence[Source],
    memory: Memory,
    *,
    interval: timedelta,
    mode: Mode,
    clock: Callable[[], datetime],
) -> AccountMemory:
    """What is known of the account after this poll; kept for the next one and for other processes."""
    remote = [source for source in sources if not source.local]
    local = [source for source in sources if source.local]
    known = memory.account(client.key)
    # Where another process is asking right now, its answer is worth waiting for.
    wanted = mode == "now" or known.under_way or _is_due(known, interval, clock())
    if remote and mode != "cached" and wanted:
        known = _ask_alone(client, remote, memory, interval=interval, mode=mode, clock=clock)
    for source in local:
        attempt, reading = _ask(client, source, clock)
        known = replace(known, attempts=_with(known.attempts, attempt))
        if reading is not None:
            known = replace(known, readings=prune((*known.readings, reading)))
    return known


def _ask_alone(
    client: Client,
    remote: list[Source],
    memory: Memory,
    *,
    interval: timedelta,
    mode: Mode,
    clock: Callable[[], datetime],
) -> AccountMemory:
    try:
        with memory.asking(client.key):
            known = memory.account(client.key)
            if mode != "now" and not _is_due(known, interval, clock()):
                return known  # another process asked while we waited
            # Said before it is done: a crash between the two must not lead to a second request.
            known = replace(known, asked_at=clock(), under_way=True)
            memory.keep_account(client.key, known)
            known = replace(_ask_remote(client, remote, known, clock), under_way=False)
            try:
                memory.keep_account(client.key, known)
            except OSError as error:  # the answer is here all the same
                known = replace(known, error=_cannot_keep(error))
            return known
    except TimeoutError:
        return memory.account(client.key)  # another process is at it; its answer will be here next time
    except OSError as error:
        return replace(memory.account(client.key), error=_cannot_keep(error))


def _ask_remote(
    client: Client, remote: list[Source], known: AccountMemory, clock: Callable[[], datetime]
) -> AccountMemory:
    attempts: list[Attempt] = []
    for source in remote:
        # Each failure moves on to the account's next home: its login may be the one that works.
        attempt, reading = _ask(client, source, clock, first_home=known.failures)
        attempts.append(attempt)
        if reading is not None:
            return replace(
                known,
                readings=prune((*known.readings, reading)),
                attempts=tuple(attempts),
                error=None,
                retry_at=None,
                failures=0,
                offline_since=None,
            )
    error = next((attempt.error for attempt in reversed(attempts) if attempt.error), None)
    return _after_failure(replace(known, attempts=tuple(attempts)), error, clock())


def _ask(
    client: Client, source: Source, clock: Callable[[], datetime], *, first_home: int = 0
) -> tuple[Attempt, Reading | None]:
    """Ask once, in the first home where the source can be asked."""
    began = time.monotonic()
    turn = first_home % len(client.homes)
    trouble: ProviderError | None = None
    try:
        for home, since in (*client.homes[turn:], *client.homes[:turn]):
            question = Question(home=home, identity=client.identity, account_since=since, now=clock())
            trouble = source.unavailable(question)
            if trouble is None:
                reading = source.read(question)
                return _attempt(source, began, notes=reading.dropped if reading else ()), reading
    except ProviderError as error:
        trouble = error
    except Exception as error:  # noqa: BLE001 - a fault of ours must not blank what is known
        trouble = NotUnderstood(
            f"tankful stumbled over this answer ({type(error).__name__}).", remedy="Please report this."
        )
    return _attempt(source, began, trouble), None


def _attempt(
    source: Source, began: float, trouble: ProviderError | None = None, notes: tuple[str, ...] = ()
) -> Attempt:
    return Attempt(
        source=source.id,
        ok=trouble is None,
        ms=round((time.monotonic() - began) * 1000),
        error=trouble.as_data() if trouble else None,
        notes=notes,
    )


def _is_due(known: AccountMemory, interval: timedelta, now: datetime) -> bool:
    """Whether manners allow a request; a moment that only a moved clock can have written does not count."""
    if known.asked_at is not None and timedelta(0) <= now - known.asked_at < interval:
        return False
    return known.retry_at is None or not now < known.retry_at <= now + LONGEST


def _after_failure(known: AccountMemory, error: UsageError | None, now: datetime) -> AccountMemory:
    failures = known.failures + 1
    offline = error is not None and error.kind == "offline"
    own = _BACK_OFF.get(error.kind) if error else None
    retry_at = error.retry_at if error else None
    if retry_at is None and own is not None:
        retry_at = now + min(own * 2 ** min(failures - 1, 10), _LONGEST_BACK_OFF)
    if error is not None:
        error = replace(error, retry_at=retry_at)
    return replace(
        known,
        error=error,
        retry_at=retry_at,
        failures=failures,
        offline_since=(known.offline_since or now) if offline else None,
    )


def _with(attempts: tuple[Attempt, ...], attempt: Attempt) -> tuple[Attempt, ...]:
    return (*(other for other in attempts if other.source != attempt.source), attempt)


def _cannot_keep(error: OSError) -> UsageError:
    return NotUnderstood(
        f"tankful cannot write its own state ({error.strerror or 'unknown error'}), so it asks nobody.",
        remedy="Make room on the disk, or check the permissions of tankful's state folder.",
    ).as_data()
