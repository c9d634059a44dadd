"""The next step of a round, and the state after it: pure functions of the state, the round and the time.

A round fetches an account from its remote sources along a chain: from the first, and from the next only if it is a
fallback for the errors of all before it; the first success ends it.
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
from providers.domain.saved_cookie import SavedCookie
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
"""Fetch nothing; fetch what is due; fetch now, because the user asked for it."""

_OF_THE_LOGIN: tuple[ErrorKind, ...] = ("not_signed_in", "login_expired", "denied")


class Round(Struct, frozen=True, kw_only=True):
    """One poll of one account: its sources, interval, mode and clock.

    `only` is the source that the user chose, if any; `program` the path they set for the provider's CLI; `cookie`
    is the one that was saved for this account.
    """

    client: Client
    sources: tuple[Source, ...]
    interval: timedelta
    mode: Mode
    clock: Callable[[], datetime]
    only: str | None = None
    program: Path | None = None
    cookie: SavedCookie | None = None

    @property
    def chosen(self) -> tuple[Source, ...]:
        return tuple(source for source in self.sources if self.only in (None, source.id))

    @property
    def chain(self) -> tuple[Source, ...]:
        return tuple(source for source in self.chosen if not source.local)

    @property
    def speaks_for_all(self) -> bool:
        """Whether its outcome is that of the account: it starts with the same source as the full chain."""
        return self.chain[:1] == tuple(source for source in self.sources if not source.local)[:1]


class Standing(Struct, frozen=True):
    """The error to show, out of all errors of the chain."""

    error: UsageError
    was_asked: bool

    def or_earlier(self, earlier: Standing | None) -> Standing:
        """The first error is that of the best source, so it stays.

        But a fallback may know more about the login; and a source that was unavailable from the start, other than
        for an expired login, is no error in itself.
        """
        if earlier is None or self.error.kind in _OF_THE_LOGIN:
            return self
        unavailable = not earlier.was_asked and earlier.error.kind != "login_expired"
        return self if unavailable else earlier


class ChainProgress(Struct, frozen=True, kw_only=True):
    """How far along its chain a round is: the next source's `position`, and the errors of those before it."""

    position: int = 0
    attempts: tuple[Attempt, ...] = ()
    standing: Standing | None = None
    errors: tuple[ProviderError, ...] = ()


class Ask(Struct, frozen=True, kw_only=True):
    """Fetch from this source next, in the first of `places` where it is available."""

    source: Source
    places: tuple[LoginPlace, ...]
    progress: ChainProgress

    @property
    def after(self) -> ProviderError | None:
        """The error of the source before it."""
        return self.progress.errors[-1] if self.progress.errors else None


class RoundEnd(Struct, frozen=True):
    """The round is over."""

    known: AccountState


class Fetched(Struct, frozen=True):
    """The outcome of a fetch from a source.

    `asked` is False if it was unavailable everywhere, `error` is None if it succeeded, `refused` is where the
    server rejected the login.
    """

    attempt: Attempt
    error: ProviderError | None
    readings: tuple[Reading, ...]
    asked: bool
    refused: LoginPlace | None


def wants_to_ask(this: Round, known: AccountState, now: datetime) -> bool:
    """Whether there is anything to fetch. If another process is fetching, its result is worth waiting for."""
    if not this.chain or this.mode == "cached":
        return False
    return this.mode == "now" or known.under_way or may_begin(this, known, now)


def may_begin(this: Round, known: AccountState, now: datetime) -> bool:
    """Whether any source in the chain is due, or the user wants it now."""
    return this.mode == "now" or is_due(this.client, this.chain, known, this.interval, now)


def decide(this: Round, known: AccountState, progress: ChainProgress, now: datetime) -> Ask | RoundEnd:
    """The next source to fetch from, or the state at the end."""
    for position in range(progress.position, len(this.chain)):
        source = this.chain[position]
        if not is_fallback_for_all(source, progress.errors):
            continue
        if this.mode == "now" or may_ask(this.client, source, known, now):
            places = in_turn(this.client, source, known, now, also_refused=this.mode == "now")
            return Ask(source=source, places=tuple(places), progress=replace(progress, position=position + 1))
        attempts = progress.attempts + tuple(each for each in known.attempts if each.source == source.id)
        last = known.of(source.id).error
        if last is None:  # its last result is still current
            return RoundEnd(_succeeded(this, known, attempts))
        progress = replace(
            progress,
            attempts=attempts,
            standing=Standing(last, was_asked=True).or_earlier(progress.standing),
            errors=(*progress.errors, as_error(last)),
        )
    return RoundEnd(failed(this, known, progress, now))


def checkpoint(this: Round, known: AccountState, step: Ask, now: datetime) -> AccountState | None:
    """The state to save in case this process dies before the response arrives; None if it is unchanged."""
    if not step.source.rest:
        return None
    return while_asked(failed(this, known, step.progress, now), step.source, step.after, now)


def record(
    this: Round, known: AccountState, step: Ask, fetched: Fetched, began: datetime, now: datetime
) -> RoundEnd | tuple[AccountState, ChainProgress]:
    """The state after this fetch, and the progress of the round if it failed."""
    source, progress = step.source, step.progress
    if fetched.error is None:
        readings = (*known.readings, *fetched.readings)
        if this.client.identity.email is None:  # only the response says whose login it is
            readings = of_last_owner(readings)
        known = replace(after_answer(known, source, began), readings=prune(readings))
        return RoundEnd(_succeeded(this, known, (*progress.attempts, fetched.attempt)))
    known, error_with_retry = after_error(
        known, source, fetched.error.as_data(), asked=fetched.asked, refused=fetched.refused, now=now
    )
    return known, replace(
        progress,
        attempts=(*progress.attempts, replace(fetched.attempt, error=error_with_retry)),
        standing=Standing(error_with_retry, was_asked=fetched.asked).or_earlier(progress.standing),
        errors=(*progress.errors, fetched.error),
    )


def with_local(known: AccountState, fetched: Fetched) -> AccountState:
    """The state with the fresh reading of a local source."""
    return replace(
        known,
        attempts=_with(known.attempts, fetched.attempt),
        readings=prune((*known.readings, *fetched.readings)),
    )


def failed(this: Round, known: AccountState, progress: ChainProgress, now: datetime) -> AccountState:
    """The state of an account after every source in the chain failed."""
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
    refetched = {attempt.source for attempt in newer}
    return (*(other for other in attempts if other.source not in refetched), *newer)
