"""What a transcript that grew changes, where nothing changes what others say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from providers.logs import LogChange, LogGrowth, common_prefix_length

NO_USE = Claim(False, 0, 0, 0, 0, 0, 0, 0, 0)

_Owned = Mapping[str, tuple[str, float]]
"""By session, the vendor's id of its account, and since when it is its owner (epoch seconds)."""


class Owner(Struct, frozen=True):
    """The account of a session since the earliest response that is labelled with it: its time, in epoch seconds,
    and key.
    """

    session: str
    account: str
    since: float
    response: int
    is_agents: bool


class LogSummary(Struct, frozen=True):
    """What `growth` has to know of another transcript: the names of its messages, the responses that are no copies
    from another session, the owners of its sessions, and whether it says what a session used in all.
    """

    names: frozenset[int]
    responses: frozenset[int]
    owners: Sequence[Owner]
    has_totals: bool


def summary(observation: bytes) -> LogSummary:
    """Raises ValueError for an observation of another make."""
    kept = observed(observation)
    names = frozenset(_name(kept, row) for row in kept.rows if row.message)
    return LogSummary(names, _responses(kept), _owners(kept), bool(kept.states))


def growth(change: LogChange, others: Sequence[LogSummary]) -> LogGrowth | None:
    """None where a message may repeat another one, a session may have another owner, or tells what it used in all.

    Raises ValueError for an observation of another make.
    """
    now = observed(change.now)
    before = _nothing_of(now) if change.before is None else observed(change.before)
    if before.states or now.states or any(each.has_totals for each in others):
        return None
    if now.places[: len(before.places)] != before.places or now.served[: len(before.served)] != before.served:
        return None
    owners = _merged(before, others)
    if owners is None or owners != _merged(now, others):
        return None
    same, same_sent = (
        common_prefix_length(before.rows, now.rows),
        common_prefix_length(before.messages, now.messages),
    )
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


def _responses(kept: Observation) -> frozenset[int]:
    return frozenset(row.key for row in kept.rows if not kept.places[row.place].copied)


def _owners(kept: Observation) -> list[Owner]:
    first: dict[int, ResponseRow] = {}
    for row in kept.rows:
        if kept.places[row.place].account and row.at < first.setdefault(row.place, row).at:
            first[row.place] = row
    places = [(kept.places[number], row) for number, row in first.items()]
    return [
        Owner(place.root, place.account, row.at, row.key, place.session != place.root)
        for place, row in places
    ]


def _merged(kept: Observation, others: Sequence[LogSummary]) -> _Owned | None:
    """The owner of each session; None where one had several, or another line of the same response may say
    something else.
    """
    owners = [*_owners(kept), *chain.from_iterable(each.owners for each in others)]
    if not owners:
        return {}
    responses = {owner.response for owner in owners}
    lines = [_responses(kept) & responses, *(responses & each.responses for each in others)]
    if sum(map(len, lines)) > len(responses) or any(owner.is_agents for owner in owners):
        return None
    found: dict[str, tuple[str, float]] = {}
    for owner in owners:
        account, since = found.setdefault(owner.session, (owner.account, owner.since))
        if account != owner.account:
            return None
        found[owner.session] = account, min(since, owner.since)
    return found


def _cut(
    kept: Observation,
    rows: Sequence[ResponseRow],
    messages: list[SentRow],
    owners: _Owned,
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
