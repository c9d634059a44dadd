"""What a transcript that grew changes, where nothing changes what others say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from msgspec import Struct

from providers.claude.logs.transcript import (
    WITHOUT_REQUEST,
    Claim,
    Location,
    Observation,
    ResponseRow,
    SentRow,
    Served,
    encode,
    links,
    observed,
)
from providers.logs import LogChange, LogGrowth, alike

NO_USE = Claim(False, 0, 0, 0, 0, 0, 0, 0, 0)

_Owner = tuple[str, str, float]
"""A session, the vendor's id of its account, and since when it is its owner (epoch seconds)."""


class Tie(Struct, frozen=True):
    """What matters of another transcript: the names of its messages, the owners of its sessions, and whether it
    says what a session used in all.
    """

    names: frozenset[int]
    owners: frozenset[_Owner]
    has_totals: bool


def tie(observation: bytes) -> Tie:
    """Raises ValueError for an observation of another make."""
    kept = observed(observation)
    names = frozenset(_name(kept, row) for row in kept.rows if row.message)
    return Tie(names, _owners(kept), bool(kept.states))


def growth(change: LogChange, others: Sequence[Tie]) -> LogGrowth | None:
    """None where a message may repeat another one, a session may have another owner, or tells what it used in all.

    Raises ValueError for an observation of another make.
    """
    now = observed(change.now)
    before = _nothing_of(now) if change.before is None else observed(change.before)
    if before.states or now.states or any(each.has_totals for each in others):
        return None
    if now.places[: len(before.places)] != before.places or now.served[: len(before.served)] != before.served:
        return None
    owners = _merged(_owners(before), others)
    if owners is None or owners != _merged(_owners(now), others):
        return None
    same, same_sent = alike(before.rows, now.rows), alike(before.messages, now.messages)
    names = {_name(kept, row) for kept in (before, now) for row in kept.rows[same:] if row.message}
    if names and not all(names.isdisjoint(each.names) for each in others):
        return None
    if names and any(row.message and _name(now, row) in names for row in now.rows[:same]):
        return None
    changed = [(kept, kept.rows[same:], kept.messages[same_sent:]) for kept in (before, now)]
    was, has = (encode(_cut(*each, owners)) for each in changed)
    unshared = {row.key for _, rows, _ in changed for row in rows}
    unshared |= {sent.key for _, _, messages in changed for sent in messages}
    return LogGrowth(was, has, frozenset(links(now) - links(before)), frozenset(unshared))


def _nothing_of(kept: Observation) -> Observation:
    return Observation(kept.make, 0, [], [], [], [], [], 0.0, "", None)


def _name(kept: Observation, row: ResponseRow) -> int:
    return hash((kept.places[row.place].root, row.message.removeprefix(WITHOUT_REQUEST)))


def _owners(kept: Observation) -> frozenset[_Owner]:
    first: dict[Location, float] = {}
    for row in kept.rows:
        place = kept.places[row.place]
        if place.account:
            first[place] = min(row.at, first.get(place, row.at))
    return frozenset((place.root, place.account, at) for place, at in first.items())


def _merged(owners: Iterable[_Owner], others: Iterable[Tie]) -> Mapping[str, tuple[str, float]] | None:
    """The owner of each session; None where one had several."""
    found: dict[str, tuple[str, float]] = {}
    for session, account, since in chain(owners, *(each.owners for each in others)):
        known, at = found.setdefault(session, (account, since))
        if known != account:
            return None
        found[session] = account, min(at, since)
    return found


def _cut(
    kept: Observation,
    rows: Sequence[ResponseRow],
    messages: list[SentRow],
    owners: Mapping[str, tuple[str, float]],
) -> Observation:
    """With these rows alone, and one of no usage for each owner."""
    known = [Location(False, session, session, "", account) for session, (account, _) in owners.items()]
    of_owners = [
        ResponseRow(-1 - number, "", at, len(kept.places) + number, len(kept.served), NO_USE)
        for number, (_, at) in enumerate(owners.values())
    ]
    return Observation(
        kept.make,
        0,
        [*kept.places, *known],
        messages,
        [*kept.served, Served("", "", "")],
        [*rows, *of_owners],
        [],
        0.0,
        "",
        None,
    )
