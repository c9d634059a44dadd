"""When a source may be asked again: its rest, the time that a server named, a back-off of ours. Pure.

A login that was refused to a source is left alone by it until there is another one in its home, or for half an
hour. Each source waits by itself, and keeps no other from being asked, unless the server was asked too often: all
sources lead to the same one.
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

_BACK_OFF: dict[ErrorKind, timedelta] = {
    "rate_limited": timedelta(minutes=5),
    "server_error": timedelta(minutes=2),
    "denied": timedelta(minutes=5),
    "blocked": timedelta(minutes=5),
}
_LONGEST_BACK_OFF = timedelta(hours=1)
_REFUSED_FOR = timedelta(minutes=30)


class LoginPlace(Struct, frozen=True, kw_only=True):
    """A home of an account: since when it is known to be theirs, and since when it says to have this login."""

    home: Home
    since: datetime
    attested_at: datetime | None = None


class Client(Struct, frozen=True, kw_only=True):
    """An account to be asked, and where."""

    key: str
    identity: Identity
    places: tuple[LoginPlace, ...]


def is_due(
    client: Client, chain: Sequence[Source], known: AccountState, interval: timedelta, now: datetime
) -> bool:
    """Whether anybody in the chain may be asked. A clock that was set back a little is no reason for it."""
    if known.asked_at is not None and abs(now - known.asked_at) < interval:
        return False
    met: list[ProviderError] = []
    for source in chain:
        if not is_fallback_for_all(source, met):
            continue
        if may_ask(client, source, known, now):
            return True
        last = known.of(source.id).error
        if last is None:
            return False  # it answered, and rests
        met.append(as_error(last))
    return False


def is_fallback_for_all(source: Source, met: Sequence[ProviderError]) -> bool:
    """Whether it may know what nobody before it could tell: a login that one of them was refused stays refused."""
    return all(source.is_fallback_for(trouble) for trouble in met)


def may_ask(client: Client, source: Source, known: AccountState, now: datetime) -> bool:
    """Whether this source has rested, waited, and has a login that was not refused to it."""
    last = known.of(source.id)
    if last.asked_at is not None and abs(now - last.asked_at) < source.rest:
        return False
    if last.retry_at is not None and now < last.retry_at:
        return False
    if any(_asked_too_often(other) and now < (other.retry_at or now) for other in known.sources.values()):
        return False
    return not all(_is_refused(place, source, known, now) for place in client.places)


def in_turn(
    client: Client, source: Source, known: AccountState, now: datetime, *, also_refused: bool
) -> list[LoginPlace]:
    """Where to ask. Each failure moves on to the account's next home: its login may be the one that works."""
    turn = known.failures % len(client.places)
    places = (*client.places[turn:], *client.places[:turn])
    refused = [place for place in places if _is_refused(place, source, known, now)]
    return [place for place in places if place not in refused] + (refused if also_refused else [])


def while_asked(
    known: AccountState, source: Source, after: ProviderError | None, now: datetime
) -> AccountState:
    """What the next process must know, should this one end before the answer is in.

    Who is asked after a login that expired may be renewing it, and to press that is to risk the login.
    """
    last = known.of(source.id)
    retry_at = now + RENEWED_EVERY if isinstance(after, LoginExpired) else None
    cut_off = TimedOut("tankful quit before the response arrived.", retry_at=retry_at).as_data()
    asked = replace(last, asked_at=now, retry_at=retry_at or last.retry_at, error=cut_off)
    return replace(known, sources=known.sources | {source.id: asked})


def after_answer(known: AccountState, source: Source, now: datetime) -> AccountState:
    """What is known then: whoever was asked too often is not any more, and nobody need wait for that."""
    others = {
        ident: replace(other, retry_at=None) if _asked_too_often(other) else other
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
    trouble: UsageError,
    *,
    asked: bool,
    refused: LoginPlace | None,
    now: datetime,
) -> tuple[AccountState, UsageError]:
    """What is known then, and the trouble with the time at which it is tried again.

    `asked` is False for who could not be asked at all, `refused` is where a login was not taken.
    """
    last = known.of(source.id)
    own = _BACK_OFF.get(trouble.kind)
    refusals = last.refusals + 1 if own else 0
    retry_at = trouble.retry_at
    if retry_at is None and own is not None:
        retry_at = now + min(own * 2 ** min(refusals - 1, 10), _LONGEST_BACK_OFF)
    waiting = replace(trouble, retry_at=retry_at)
    memory = SourceState(
        asked_at=now if asked else last.asked_at, retry_at=retry_at, refusals=refusals, error=waiting
    )
    known = replace(
        known,
        sources=known.sources | {source.id: memory},
        refused=_with_refused(known.refused, source, refused, now),
    )
    return known, waiting


def _asked_too_often(source: SourceState) -> bool:
    return source.error is not None and source.error.kind == "rate_limited"


def _is_refused(place: LoginPlace, source: Source, known: AccountState, now: datetime) -> bool:
    """Whether this very login was refused lately; one that was renewed since is another."""
    return any(
        (refused.source, refused.home, refused.attested_at)
        == (source.id, place.home.label, place.attested_at)
        and abs(now - refused.at) < _REFUSED_FOR
        for refused in known.refused
    )


def _with_refused(
    refused: tuple[RejectedLogin, ...], source: Source, place: LoginPlace | None, now: datetime
) -> tuple[RejectedLogin, ...]:
    lately = tuple(each for each in refused if abs(now - each.at) < _REFUSED_FOR)
    if place is None:
        return lately
    newest = RejectedLogin(source=source.id, home=place.home.label, attested_at=place.attested_at, at=now)
    others = (each for each in lately if (each.source, each.home) != (newest.source, newest.home))
    return (*others, newest)
