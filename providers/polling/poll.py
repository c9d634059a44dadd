"""Ask an account's sources, in order, each within its deadline; keep every attempt; never raise.

Local sources cost nothing and are asked each time, in every home of the account. Of the others the first is asked,
and the next only where it can stand in for all that those before it met; the first that answers is enough. All of
them together are asked no more often than the provider's interval allows, and each has `manners` of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.errors import LoginExpired, NotUnderstood, ProviderError, as_error
from providers.domain.limits import Attempt, ErrorKind, Reading, UsageError
from providers.domain.merge import of_last_owner, prune
from providers.polling.account_store import LOCK_SECONDS, AccountMemory, Memory
from providers.polling.backoff import (
    Client,
    Place,
    after_answer,
    after_trouble,
    in_turn,
    is_due,
    may_ask,
    stands_in_for_all,
    while_asked,
)
from providers.source import Question, Source

Mode = Literal["cached", "due", "now"]
"""Ask nobody; ask who may be asked again by now; ask now, because the person said so."""

_OF_THE_LOGIN: tuple[ErrorKind, ...] = ("not_signed_in", "login_expired", "denied")
_PATIENCE_SECONDS = 2.0


class Round(Struct, frozen=True, kw_only=True):
    """One look at one account: who is asked about whom, how often, by which clock.

    `only` is the one source that the person chose; `program` the path they gave for the provider's own.
    """

    client: Client
    sources: tuple[Source, ...]
    interval: timedelta
    mode: Mode
    clock: Callable[[], datetime]
    only: str | None = None
    program: Path | None = None

    @property
    def chosen(self) -> tuple[Source, ...]:
        return tuple(source for source in self.sources if self.only in (None, source.id))

    @property
    def chain(self) -> tuple[Source, ...]:
        return tuple(source for source in self.chosen if not source.local)

    @property
    def speaks_for_all(self) -> bool:
        """Whether what its chain runs into is what stands between the person and fresh numbers."""
        return self.chain[:1] == tuple(source for source in self.sources if not source.local)[:1]


class _Told(Struct, frozen=True):
    """What came of asking a source: `refused` is where a server did not take the login.

    `asked` is False for one that could not be asked anywhere; `trouble` is None where it answered.
    """

    attempt: Attempt
    trouble: ProviderError | None
    readings: tuple[Reading, ...]
    asked: bool
    refused: Place | None


def poll(this: Round, memory: Memory) -> AccountMemory:
    """What is known of the account after this poll; kept for the next one and for other processes."""
    known = memory.account(this.client.key, this.clock())
    # Where another process is asking right now, its answer is worth waiting for.
    wanted = this.mode == "now" or known.under_way or _is_due(this, known)
    if this.chain and this.mode != "cached" and wanted:
        known = _ask_alone(this, memory)
    for source in this.chosen:
        if source.local:
            told = _ask(this, source, this.client.places, everywhere=True)
            known = replace(
                known,
                attempts=_with(known.attempts, told.attempt),
                readings=prune((*known.readings, *told.readings)),
            )
    return known


def _is_due(this: Round, known: AccountMemory) -> bool:
    return is_due(this.client, this.chain, known, this.interval, this.clock())


def _ask_alone(this: Round, memory: Memory) -> AccountMemory:
    key = this.client.key
    # Who has something to show need not wait for another process's server.
    brief = this.mode == "due" and memory.account(key, this.clock()).readings
    try:
        with memory.asking(key, _PATIENCE_SECONDS if brief else LOCK_SECONDS):
            known = memory.account(key, this.clock())
            if this.mode != "now" and not _is_due(this, known):
                return known  # another process asked while we waited
            # Said before it is done: a crash between the two must not lead to a second request.
            known = replace(known, asked_at=this.clock(), under_way=True)
            memory.keep_account(key, known)
            known = replace(_ask_remote(this, known, memory), under_way=False)
            try:
                memory.keep_account(key, known)
            except OSError as error:  # the answer is here all the same
                known = replace(
                    known, error=known.error or _cannot_keep(error, "it forgets this when it ends")
                )
                memory.hold_account(key, known)
            return known
    except TimeoutError:
        # Another process is at it; its answer will be here next time.
        return memory.account(key, this.clock())
    except OSError as error:
        return replace(memory.account(key, this.clock()), error=_cannot_keep(error, "it asks nobody"))


def _ask_remote(this: Round, known: AccountMemory, memory: Memory) -> AccountMemory:
    """Along the chain, as far as each can stand in for those before."""
    attempts: tuple[Attempt, ...] = ()
    stands: _Standing | None = None
    met: list[ProviderError] = []
    for source in this.chain:
        if not stands_in_for_all(source, met):
            continue
        now = this.clock()
        if this.mode != "now" and not may_ask(this.client, source, known, now):
            attempts += tuple(each for each in known.attempts if each.source == source.id)
            if (last := known.of(source.id).error) is None:
                return _settled(this, known, attempts)  # its last answer still stands in
            stands = _Standing(last, was_asked=True).or_earlier(stands)
            met.append(as_error(last))
            continue
        places = in_turn(this.client, source, known, now, also_refused=this.mode == "now")
        after = met[-1] if met else None
        if source.rest:
            before = _failed(this, known, attempts, stands.error if stands else None)
            memory.keep_account(this.client.key, while_asked(before, source, after, now))
        told = _ask(this, source, places, after=after, known=known)
        if told.trouble is None:
            readings = (*known.readings, *told.readings)
            if this.client.identity.email is None:  # only the answer tells whose login it is
                readings = of_last_owner(readings)
            known = replace(after_answer(known, source, now), readings=prune(readings))
            return _settled(this, known, (*attempts, told.attempt))
        known, waiting = after_trouble(
            known, source, told.trouble.as_data(), asked=told.asked, refused=told.refused, now=this.clock()
        )
        attempts += (replace(told.attempt, error=waiting),)
        stands = _Standing(waiting, was_asked=told.asked).or_earlier(stands)
        met.append(told.trouble)
    return _failed(this, known, attempts, stands.error if stands else None)


class _Standing(Struct, frozen=True):
    """The trouble that the person is told of, out of all that the chain ran into."""

    error: UsageError
    was_asked: bool

    def or_earlier(self, earlier: _Standing | None) -> _Standing:
        """The first trouble is what keeps the best source from answering, so it stays.

        But who stood in may know more of the login; and a way that was closed from the start, other than by
        a login that expired, is no trouble in itself.
        """
        if earlier is None or self.error.kind in _OF_THE_LOGIN:
            return self
        closed = not earlier.was_asked and earlier.error.kind != "login_expired"
        return self if closed else earlier


def _settled(this: Round, known: AccountMemory, attempts: tuple[Attempt, ...]) -> AccountMemory:
    if not this.speaks_for_all:
        return replace(known, attempts=_with(known.attempts, *attempts))
    return replace(known, attempts=attempts, error=None, failures=0, offline_since=None)


def _failed(
    this: Round, known: AccountMemory, attempts: tuple[Attempt, ...], error: UsageError | None
) -> AccountMemory:
    if not this.speaks_for_all:
        return replace(known, attempts=_with(known.attempts, *attempts))
    offline = error is not None and error.kind == "offline"
    return replace(
        known,
        attempts=attempts,
        error=error,
        failures=known.failures + 1,
        offline_since=(known.offline_since or this.clock()) if offline else None,
    )


def _ask(
    this: Round,
    source: Source,
    places: Sequence[Place],
    *,
    after: ProviderError | None = None,
    known: AccountMemory | None = None,
    everywhere: bool = False,
) -> _Told:
    """Ask once, in the first place where the source can be asked, or in each of them."""
    began = time.monotonic()
    readings: list[Reading] = []
    trouble: ProviderError | None = None
    answered, ever_asked, refused = False, False, None
    for place in places:
        question = _question(this, source, place, after, known or AccountMemory())
        asked, reading, trouble = _ask_at(source, question)
        ever_asked = ever_asked or asked
        answered = answered or (asked and trouble is None)
        if reading is not None:
            readings.append(reading)
        if asked and not everywhere:
            refused = place if isinstance(trouble, LoginExpired) else None
            break
    if answered:
        trouble = None
    attempt = Attempt(
        source=source.id,
        ok=trouble is None,
        ms=round((time.monotonic() - began) * 1000),
        error=trouble.as_data() if trouble else None,
        notes=tuple(dict.fromkeys(note for reading in readings for note in reading.dropped)),
    )
    return _Told(attempt, trouble, tuple(readings), ever_asked, refused)


def _question(
    this: Round, source: Source, place: Place, after: ProviderError | None, known: AccountMemory
) -> Question:
    return Question(
        home=place.home,
        identity=this.client.identity,
        account_since=place.since,
        now=this.clock(),
        after=after,
        last=_last(known, source),
        last_trouble=known.of(source.id).error,
        program=this.program,
        by_hand=this.mode == "now",
    )


def _last(known: AccountMemory, source: Source) -> Reading | None:
    said = (reading for reading in known.readings if reading.source == source.id)
    return max(said, key=lambda reading: reading.fetched_at, default=None)


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


def _with(attempts: tuple[Attempt, ...], *newer: Attempt) -> tuple[Attempt, ...]:
    again = {attempt.source for attempt in newer}
    return (*(other for other in attempts if other.source not in again), *newer)


def _cannot_keep(error: OSError, so: str) -> UsageError:
    return NotUnderstood(
        f"tankful cannot write its own state ({error.strerror or 'unknown error'}), so {so}.",
        remedy="Make room on the disk, or check the permissions of tankful's state folder.",
    ).as_data()
