"""When a source may be fetched again: its minimum interval, the server's Retry-After, our own backoff. Pure.

A rejected login is not sent by that source again until its home has another one, or for half an hour. Each source
backs off by itself and does not hold up the others, unless the server rate-limits: all sources use the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.errors import LoginExpired, ProviderError, TimedOut, as_error
from providers.domain.limits import ErrorKind, Identity, UsageError
from providers.polling.account_store import AccountState, RejectedLogin, SourceState
from providers.source import RENEWED_EVERY, Home, Source

_BACKOFF: dict[ErrorKind, timedelta] = {
    "rate_limited": timedelta(minutes=5),
    "server_error": timedelta(minutes=2),
    "denied": timedelta(minutes=5),
    "blocked": timedelta(minutes=5),
}
_LONGEST_BACKOFF = timedelta(hours=1)
_REJECTED_FOR = timedelta(minutes=30)
_OFFLINE_FOR = timedelta(minutes=1)


class LoginPlace(Struct, frozen=True, kw_only=True):
    """A home of an account: since when it is known to be theirs, and since when it claims to have this login."""

    home: Home
    since: datetime
    attested_at: datetime | None = None


class Client(Struct, frozen=True, kw_only=True):
    """An account to fetch, and its homes."""

    key: str
    identity: Identity
    places: tuple[LoginPlace, ...]


def is_due(
    client: Client, chain: Sequence[Source], known: AccountState, interval: timedelta, now: datetime
) -> bool:
    """Whether any source in the chain may be fetched. A clock that was set back a little makes none due."""
    if known.asked_at is not None and abs(now - known.asked_at) < _between(known, interval):
        return False
    errors: list[ProviderError] = []
    for source in chain:
        if not is_fallback_for_all(source, errors):
            continue
        if may_ask(client, source, known, now):
            return True
        last = known.of(source.id).error
        if last is None:
            return False  # it succeeded, and is not due yet
        errors.append(as_error(last))
    return False


def _between(known: AccountState, interval: timedelta) -> timedelta:
    """The time between two requests; a try that reached no server was none."""
    error = known.error
    if error is None or error.kind != "offline" or error.reached or known.under_way:
        return interval
    return min(interval, _OFFLINE_FOR)


def is_fallback_for_all(source: Source, errors: Sequence[ProviderError]) -> bool:
    """Whether it is a fallback for every source before it: a login rejected for one of them stays rejected."""
    return all(source.is_fallback_for(error) for error in errors)


def may_ask(client: Client, source: Source, known: AccountState, now: datetime) -> bool:
    """Whether its minimum interval and its backoff are over, and it has a login that was not rejected."""
    last = known.of(source.id)
    if last.asked_at is not None and abs(now - last.asked_at) < source.rest:
        return False
    if last.retry_at is not None and now < last.retry_at:
        return False
    if any(_is_rate_limited(other) and now < (other.retry_at or now) for other in known.sources.values()):
        return False
    return not all(_is_rejected(place, source, known, now) for place in client.places)


def in_turn(
    client: Client, source: Source, known: AccountState, now: datetime, *, also_refused: bool
) -> list[LoginPlace]:
    """The homes to try, in order. Each failure moves on to the account's next home: its login may work."""
    turn = known.failures % len(client.places)
    places = (*client.places[turn:], *client.places[:turn])
    refused = [place for place in places if _is_rejected(place, source, known, now)]
    return [place for place in places if place not in refused] + (refused if also_refused else [])


def while_asked(
    known: AccountState, source: Source, after: ProviderError | None, now: datetime
) -> AccountState:
    """The state that the next process must find, should this one die before the response arrives.

    A source fetched after an expired login may be renewing it; repeating that too soon risks the login.
    """
    last = known.of(source.id)
    retry_at = now + RENEWED_EVERY if isinstance(after, LoginExpired) else None
    interrupted = TimedOut("tankful quit before the response arrived.", retry_at=retry_at).as_data()
    asked = replace(last, asked_at=now, retry_at=retry_at or last.retry_at, error=interrupted)
    return replace(known, sources=known.sources | {source.id: asked})


def after_answer(known: AccountState, source: Source, now: datetime) -> AccountState:
    """The state after a success: it lifts any rate limit, for all sources."""
    others = {
        ident: replace(other, retry_at=None) if _is_rate_limited(other) else other
        for ident, other in known.sources.items()
    }
    return replace(
        known,
        sources=others | {source.id: SourceState(asked_at=now)},
        refused=tuple(each for each in known.refused if each.source != source.id),
    )


def after_error(
    known: AccountState,
    source: Source,
    error: UsageError,
    *,
    asked: bool,
    refused: LoginPlace | None,
    now: datetime,
) -> tuple[AccountState, UsageError]:
    """The state after an error, and the error with the time of its retry.

    `asked` is False if the source was unavailable, `refused` is where a login was rejected.
    """
    last = known.of(source.id)
    own = _BACKOFF.get(error.kind)
    refusals = last.refusals + 1 if own else 0
    retry_at = error.retry_at
    if retry_at is None and own is not None:
        retry_at = now + min(own * 2 ** min(refusals - 1, 10), _LONGEST_BACKOFF)
    waiting = replace(error, retry_at=retry_at)
    memory = SourceState(
        asked_at=now if asked else last.asked_at, retry_at=retry_at, refusals=refusals, error=waiting
    )
    known = replace(
        known,
        sources=known.sources | {source.id: memory},
        refused=_with_rejected(known.refused, source, refused, now),
    )
    return known, waiting


def _is_rate_limited(source: SourceState) -> bool:
    return source.error is not None and source.error.kind == "rate_limited"


def _is_rejected(place: LoginPlace, source: Source, known: AccountState, now: datetime) -> bool:
    """Whether this very login was rejected recently; one that was renewed since is another."""
    return any(
        (refused.source, refused.home, refused.attested_at)
        == (source.id, place.home.label, place.attested_at)
        and abs(now - refused.at) < _REJECTED_FOR
        for refused in known.refused
    )


def _with_rejected(
    refused: tuple[RejectedLogin, ...], source: Source, place: LoginPlace | None, now: datetime
) -> tuple[RejectedLogin, ...]:
    recent = tuple(each for each in refused if abs(now - each.at) < _REJECTED_FOR)
    if place is None:
        return recent
    newest = RejectedLogin(source=source.id, home=place.home.label, attested_at=place.attested_at, at=now)
    others = (each for each in recent if (each.source, each.home) != (newest.source, newest.home))
    return (*others, newest)
