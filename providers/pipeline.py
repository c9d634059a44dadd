"""Ask an account's sources, in order, each within its deadline; keep every attempt; never raise.

Local sources cost nothing and are asked each time, in every home of the account. Of the others the first that
answers is enough, and all of them together are asked no more often than manners allow: between two requests
lies the provider's interval, after a refusal the time that the server named, or a back-off of ours. A login
that was refused is left alone until there is another one in its home.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from providers.errors import LoginExpired, NotUnderstood, ProviderError
from providers.memory import LOCK_SECONDS, AccountMemory, Memory, Refused
from providers.merge import prune
from providers.models import Attempt, ErrorKind, Identity, Reading, UsageError
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
_REFUSED_FOR = timedelta(minutes=30)
_PATIENCE_SECONDS = 2.0


class Place(Struct, frozen=True, kw_only=True):
    """A home of an account: since when it is known to be theirs, and since when it says to have this login."""

    home: Home
    since: datetime
    attested_at: datetime | None = None


class Client(Struct, frozen=True, kw_only=True):
    """An account to be asked, and where."""

    key: str
    identity: Identity
    places: tuple[Place, ...]


class _Told(Struct, frozen=True):
    """What came of asking a source: `refused` is where a server did not take the login."""

    attempt: Attempt
    readings: tuple[Reading, ...]
    refused: Place | None


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
    known = memory.account(client.key, clock())
    # Where another process is asking right now, its answer is worth waiting for.
    wanted = mode == "now" or known.under_way or _is_due(client, known, interval, clock())
    if remote and mode != "cached" and wanted:
        known = _ask_alone(client, remote, memory, interval=interval, mode=mode, clock=clock)
    for source in local:
        told = _ask(client, source, client.places, clock, everywhere=True)
        known = replace(
            known,
            attempts=_with(known.attempts, told.attempt),
            readings=prune((*known.readings, *told.readings)),
        )
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
    # Who has something to show need not wait for another process's server.
    brief = mode == "due" and memory.account(client.key, clock()).readings
    try:
        with memory.asking(client.key, _PATIENCE_SECONDS if brief else LOCK_SECONDS):
            known = memory.account(client.key, clock())
            if mode != "now" and not _is_due(client, known, interval, clock()):
                return known  # another process asked while we waited
            # Said before it is done: a crash between the two must not lead to a second request.
            known = replace(known, asked_at=clock(), under_way=True)
            memory.keep_account(client.key, known)
            known = replace(_ask_remote(client, remote, known, clock, mode=mode), under_way=False)
            try:
                memory.keep_account(client.key, known)
            except OSError as error:  # the answer is here all the same
                known = replace(
                    known, error=known.error or _cannot_keep(error, "it forgets this when it ends")
                )
                memory.hold_account(client.key, known)
            return known
    except TimeoutError:
        # Another process is at it; its answer will be here next time.
        return memory.account(client.key, clock())
    except OSError as error:
        return replace(memory.account(client.key, clock()), error=_cannot_keep(error, "it asks nobody"))


def _ask_remote(
    client: Client,
    remote: list[Source],
    known: AccountMemory,
    clock: Callable[[], datetime],
    *,
    mode: Mode,
) -> AccountMemory:
    places = _in_turn(client, known, clock(), mode)
    attempts: list[Attempt] = []
    refused: Place | None = None
    for source in remote:
        told = _ask(client, source, places, clock)
        attempts.append(told.attempt)
        refused = refused or told.refused
        if told.readings:
            return replace(
                known,
                readings=prune((*known.readings, *told.readings)),
                attempts=tuple(attempts),
                error=None,
                retry_at=None,
                failures=0,
                refusals=0,
                refused=(),
                offline_since=None,
            )
    return _after_failure(replace(known, attempts=tuple(attempts)), refused, clock())


def _in_turn(client: Client, known: AccountMemory, now: datetime, mode: Mode) -> list[Place]:
    """Where to ask. Each failure moves on to the account's next home: its login may be the one that works."""
    turn = known.failures % len(client.places)
    places = (*client.places[turn:], *client.places[:turn])
    refused = [place for place in places if _is_refused(place, known, now)]
    # A person who asks may know more than we do.
    return [place for place in places if place not in refused] + (refused if mode == "now" else [])


def _ask(
    client: Client,
    source: Source,
    places: Sequence[Place],
    clock: Callable[[], datetime],
    *,
    everywhere: bool = False,
) -> _Told:
    """Ask once, in the first place where the source can be asked, or in each of them."""
    began = time.monotonic()
    readings: list[Reading] = []
    trouble: ProviderError | None = None
    answered, refused = False, None
    for place in places:
        question = Question(home=place.home, identity=client.identity, account_since=place.since, now=clock())
        asked, reading, trouble = _ask_at(source, question)
        answered = answered or (asked and trouble is None)
        if reading is not None:
            readings.append(reading)
        if asked and not everywhere:
            refused = place if isinstance(trouble, LoginExpired) else None
            break
    error = trouble.as_data() if trouble and not answered else None
    attempt = Attempt(
        source=source.id,
        ok=error is None,
        ms=round((time.monotonic() - began) * 1000),
        error=error,
        notes=tuple(dict.fromkeys(note for reading in readings for note in reading.dropped)),
    )
    return _Told(attempt, tuple(readings), refused)


def _ask_at(source: Source, question: Question) -> tuple[bool, Reading | None, ProviderError | None]:
    """Whether it could be asked there, what it said, what went wrong."""
    asked = False
    try:
        trouble = source.unavailable(question)
        if trouble is not None:
            return False, None, trouble
        asked = True
        return True, source.read(question), None
    except ProviderError as error:
        return asked, None, error
    except Exception as error:  # noqa: BLE001 - a fault of ours must not blank what is known
        return asked, None, stumbled(error, "this answer")


def stumbled(error: Exception, over: str) -> NotUnderstood:
    """A fault of ours as a trouble like any other; it names what it was, and quotes nothing."""
    return NotUnderstood(
        f"tankful stumbled over {over} ({type(error).__name__}).", remedy="Please report this."
    )


def _is_due(client: Client, known: AccountMemory, interval: timedelta, now: datetime) -> bool:
    """Whether manners allow a request. A clock that was set back a little is no reason for one."""
    if known.asked_at is not None and abs(now - known.asked_at) < interval:
        return False
    if known.retry_at is not None and now < known.retry_at:
        return False
    return not all(_is_refused(place, known, now) for place in client.places)


def _is_refused(place: Place, known: AccountMemory, now: datetime) -> bool:
    """Whether this very login was refused lately; one that was renewed since is another."""
    return any(
        (refused.home, refused.attested_at) == (place.home.label, place.attested_at)
        and abs(now - refused.at) < _REFUSED_FOR
        for refused in known.refused
    )


def _after_failure(known: AccountMemory, refused: Place | None, now: datetime) -> AccountMemory:
    error = next((attempt.error for attempt in reversed(known.attempts) if attempt.error), None)
    offline = error is not None and error.kind == "offline"
    own = _BACK_OFF.get(error.kind) if error else None
    refusals = known.refusals + 1 if own else 0
    retry_at = error.retry_at if error else None
    if retry_at is None and own is not None:
        retry_at = now + min(own * 2 ** min(refusals - 1, 10), _LONGEST_BACK_OFF)
    waiting = replace(error, retry_at=retry_at) if error else None
    return replace(
        known,
        attempts=tuple(
            replace(attempt, error=waiting) if attempt.error is error else attempt
            for attempt in known.attempts
        ),
        error=waiting,
        retry_at=retry_at,
        failures=known.failures + 1,
        refusals=refusals,
        refused=_with_refused(known.refused, refused, now),
        offline_since=(known.offline_since or now) if offline else None,
    )


def _with_refused(refused: tuple[Refused, ...], place: Place | None, now: datetime) -> tuple[Refused, ...]:
    lately = tuple(each for each in refused if abs(now - each.at) < _REFUSED_FOR)
    if place is None:
        return lately
    newest = Refused(home=place.home.label, attested_at=place.attested_at, at=now)
    return (*(each for each in lately if each.home != newest.home), newest)


def _with(attempts: tuple[Attempt, ...], attempt: Attempt) -> tuple[Attempt, ...]:
    return (*(other for other in attempts if other.source != attempt.source), attempt)


def _cannot_keep(error: OSError, so: str) -> UsageError:
    return NotUnderstood(
        f"tankful cannot write its own state ({error.strerror or 'unknown error'}), so {so}.",
        remedy="Make room on the disk, or check the permissions of tankful's state folder.",
    ).as_data()
