"""What a round does next, and what it knows then: pure functions of what is known, the round and the time.

A round asks an account's remote sources along its chain: the first, and the next only where it can stand in for
all that those before it ran into; the first answer ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.errors import ProviderError, as_error
from providers.domain.limits import Attempt, ErrorKind, Reading, UsageError
from providers.domain.merge import of_last_owner, prune
from providers.polling.account_store import AccountState
from providers.polling.backoff import (
    Client,
    LoginPlace,
    after_answer,
    after_error,
    in_turn,
    is_due,
    is_fallback_for_all,
    may_ask,
    while_asked,
)
from providers.source import Source

Mode = Literal["cached", "due", "now"]
"""Ask nobody; ask who may be asked again by now; ask now, because the person said so."""

_OF_THE_LOGIN: tuple[ErrorKind, ...] = ("not_signed_in", "login_expired", "denied")


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


class Standing(Struct, frozen=True):
    """The error that the person is shown, out of all that the chain ran into."""

    error: UsageError
    was_asked: bool

    def or_earlier(self, earlier: Standing | None) -> Standing:
        """The first error is what keeps the best source from answering, so it stays.

        But who stood in may know more of the login; and a way that was closed from the start, other than by
        a login that expired, is no error in itself.
        """
        if earlier is None or self.error.kind in _OF_THE_LOGIN:
            return self
        closed = not earlier.was_asked and earlier.error.kind != "login_expired"
        return self if closed else earlier


class ChainProgress(Struct, frozen=True, kw_only=True):
    """How far along its chain a round is: the next source's `position`, and what those before it ran into."""

    position: int = 0
    attempts: tuple[Attempt, ...] = ()
    standing: Standing | None = None
    errors: tuple[ProviderError, ...] = ()


class Ask(Struct, frozen=True, kw_only=True):
    """Ask this source next, in the first of `places` where that can be done."""

    source: Source
    places: tuple[LoginPlace, ...]
    progress: ChainProgress

    @property
    def after(self) -> ProviderError | None:
        """What the source before it ran into."""
        return self.progress.errors[-1] if self.progress.errors else None


class RoundEnd(Struct, frozen=True):
    """The round is over."""

    known: AccountState


class Fetched(Struct, frozen=True):
    """What came of asking a source.

    `asked` is False for one that could not be asked anywhere, `error` None where it answered, `refused` is where a
    server did not accept the login.
    """

    attempt: Attempt
    error: ProviderError | None
    readings: tuple[Reading, ...]
    asked: bool
    refused: LoginPlace | None


def wants_to_ask(this: Round, known: AccountState, now: datetime) -> bool:
    """Whether the round has anybody to ask. Where another process is asking, its answer is worth waiting for."""
    if not this.chain or this.mode == "cached":
        return False
    return this.mode == "now" or known.under_way or may_begin(this, known, now)


def may_begin(this: Round, known: AccountState, now: datetime) -> bool:
    """Whether the intervals let anybody in the chain be asked by now, or the person wants it at once."""
    return this.mode == "now" or is_due(this.client, this.chain, known, this.interval, now)


def decide(this: Round, known: AccountState, progress: ChainProgress, now: datetime) -> Ask | RoundEnd:
    """The next source to ask, or what is known at the end."""
    for position in range(progress.position, len(this.chain)):
        source = this.chain[position]
        if not is_fallback_for_all(source, progress.errors):
            continue
        if this.mode == "now" or may_ask(this.client, source, known, now):
            places = in_turn(this.client, source, known, now, also_refused=this.mode == "now")
            return Ask(source=source, places=tuple(places), progress=replace(progress, position=position + 1))
        attempts = progress.attempts + tuple(each for each in known.attempts if each.source == source.id)
        last = known.of(source.id).error
        if last is None:  # its last answer still stands in
            return RoundEnd(_succeeded(this, known, attempts))
        progress = replace(
            progress,
            attempts=attempts,
            standing=Standing(last, was_asked=True).or_earlier(progress.standing),
            errors=(*progress.errors, as_error(last)),
        )
    return RoundEnd(failed(this, known, progress, now))


def checkpoint(this: Round, known: AccountState, step: Ask, now: datetime) -> AccountState | None:
    """What the next process must find, should this one end before the answer is in; None where nothing differs."""
    if not step.source.rest:
        return None
    return while_asked(failed(this, known, step.progress, now), step.source, step.after, now)


def record(
    this: Round, known: AccountState, step: Ask, fetched: Fetched, began: datetime, now: datetime
) -> RoundEnd | tuple[AccountState, ChainProgress]:
    """What is known after this answer, and how the round goes on where there was none."""
    source, progress = step.source, step.progress
    if fetched.error is None:
        readings = (*known.readings, *fetched.readings)
        if this.client.identity.email is None:  # only the answer says whose login it is
            readings = of_last_owner(readings)
        known = replace(after_answer(known, source, began), readings=prune(readings))
        return RoundEnd(_succeeded(this, known, (*progress.attempts, fetched.attempt)))
    known, waiting = after_error(
        known, source, fetched.error.as_data(), asked=fetched.asked, refused=fetched.refused, now=now
    )
    return known, replace(
        progress,
        attempts=(*progress.attempts, replace(fetched.attempt, error=waiting)),
        standing=Standing(waiting, was_asked=fetched.asked).or_earlier(progress.standing),
        errors=(*progress.errors, fetched.error),
    )


def with_local(known: AccountState, fetched: Fetched) -> AccountState:
    """What is known with what a local source says now."""
    return replace(
        known,
        attempts=_with(known.attempts, fetched.attempt),
        readings=prune((*known.readings, *fetched.readings)),
    )


def failed(this: Round, known: AccountState, progress: ChainProgress, now: datetime) -> AccountState:
    """What is known of an account when nobody in the chain answered."""
    if not this.speaks_for_all:
        return replace(known, attempts=_with(known.attempts, *progress.attempts))
    error = progress.standing.error if progress.standing else None
    offline = error is not None and error.kind == "offline"
    return replace(
        known,
        attempts=progress.attempts,
        error=error,
        failures=known.failures + 1,
        offline_since=(known.offline_since or now) if offline else None,
    )


def _succeeded(this: Round, known: AccountState, attempts: tuple[Attempt, ...]) -> AccountState:
    if not this.speaks_for_all:
        return replace(known, attempts=_with(known.attempts, *attempts))
    return replace(known, attempts=attempts, error=None, failures=0, offline_since=None)


def _with(attempts: tuple[Attempt, ...], *newer: Attempt) -> tuple[Attempt, ...]:
    again = {attempt.source for attempt in newer}
    return (*(other for other in attempts if other.source not in again), *newer)
