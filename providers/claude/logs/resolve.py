"""Combines transcripts that share responses or sessions: each billed response once, with its time, model and
account.

It also returns what sessions used that is on no line: the summary of /compact, side questions (/btw), titles
and searches (2.1.329 and later log the session's total at the end of a process).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from providers.claude.logs.messages import messages
from providers.claude.logs.not_on_lines import Growth, OwnResponse, RunningTotal, SessionUsage, not_on_lines
from providers.claude.logs.one_total import unlogged_of_one, used
from providers.claude.logs.transcript import (
    WITHOUT_REQUEST,
    Claim,
    Location,
    Observation,
    ObservationOf,
    Served,
    Sums,
    known_account,
    observed,
)
from providers.domain.cost import BilledResponse, Context, TokenUsage
from providers.domain.stable_hash import stable_hash
from providers.logs import Observed, Resolved


class _Place(Struct, frozen=True, order=True, cache_hash=True):
    """The location of a line, over all homes, and whether a subagent wrote it."""

    location: Location
    home: Path
    of_subagent: bool


def _place(location: Location, home: Path) -> _Place:
    return _Place(location, home, location.session != location.root)


class _Response(Struct, frozen=True, gc=False):
    """What is known of a response over all transcripts: its own id, its earliest line and its best claim."""

    message: str
    first: tuple[float, _Place]
    best: tuple[Claim, Served]

    def merged(self, other: _Response) -> _Response:
        return _Response(self.message, min(self.first, other.first), max(self.best, other.best))


_FIRST_AND_BEST = attrgetter("first", "best")
Kept = Sequence[tuple[Path, Observation]]


def resolve(logs: Sequence[Observed]) -> Resolved:
    """Of the responses also what sessions used beyond these; oldest first."""
    kept = [(each.home, observed(each.observation)) for each in logs]
    return Resolved(_all_billed(kept), messages(kept))


def _all_billed(kept: Kept) -> list[BilledResponse]:
    responses = _responses(kept)
    for key in _replayed(responses):
        del responses[key]
    billed = [*_billed(responses), *_unlogged(kept, responses)]
    billed.sort(key=attrgetter("at_ms", "key"))
    return billed


def _responses(kept: Kept) -> dict[int, _Response]:
    found: dict[int, _Response] = {}
    for home, each in kept:
        places = [_place(location, home) for location in each.places]
        for row in each.rows:
            response = _Response(
                row.message, (row.at, places[row.place]), (row.claim, each.served[row.served])
            )
            held = found.setdefault(row.key, response)
            if held is not response:
                found[row.key] = held.merged(response)
    return found


def _replayed(responses: Mapping[int, _Response]) -> list[int]:
    """Responses of a session that a subagent's transcript repeats under another request id.

    The message's id must be that of one single response of the session: gateways give many the same. Without
    any request id it proves nothing, so that usage must be the same as well.
    """
    of_subagents = [
        (key, each) for key, each in responses.items() if each.first[1].of_subagent and each.message
    ]
    if not of_subagents:
        return []
    names = {_name(each) for _, each in of_subagents}
    own: dict[tuple[str, str], list[_Response]] = {}
    for each in responses.values():
        if not each.first[1].of_subagent and (name := _name(each)) in names:
            own.setdefault(name, []).append(each)
    return [key for key, each in of_subagents if _repeats(each, own.get(_name(each), ()))]


def _name(response: _Response) -> tuple[str, str]:
    """The session and the message's id."""
    return response.first[1].location.root, response.message.removeprefix(WITHOUT_REQUEST)


def _repeats(response: _Response, same: Sequence[_Response]) -> bool:
    """Whether these responses with the same name are one, and this one again."""
    if len(same) != 1:
        return False
    is_gateways = all(each.message.startswith(WITHOUT_REQUEST) for each in (response, *same))
    return not is_gateways or response.best[0] == same[0].best[0]


def _billed(responses: Mapping[int, _Response]) -> Iterator[BilledResponse]:
    owners = _owners(responses.values())
    contexts: dict[tuple[_Place, Served, str], Context] = {}
    for key, response in responses.items():
        (at, place), (best, served) = response.first, response.best
        if best.total or best.web_searches:  # an answer without usage was not billed
            account = place.location.account or _owner(owners, at, place.location)
            terms = place, served, account
            context = contexts.get(terms)
            if context is None:
                context = contexts[terms] = _context(*terms)
            # By position: there are very many.
            usage = TokenUsage(
                best.fresh, best.cache_read, best.cache_write, best.cache_write_1h, best.output, best.thinking
            )
            yield BilledResponse(round(at * 1000), key, context, usage, best.web_searches)


_Owners = dict[str, list[tuple[float, str]]]


def _owners(responses: Iterable[_Response]) -> _Owners:
    """The accounts of sessions, each with the time of a line it is on."""
    owners: _Owners = {}
    for each in responses:
        at, place = each.first
        if place.location.account:
            owners.setdefault(place.location.root, []).append((at, place.location.account))
    for known in owners.values():
        known.sort()
    return owners


def _owner(owners: _Owners, at: float, location: Location) -> str:
    """The account of a response whose transcript names none; "" where it is unknown.

    Only the transcripts of sessions name their owner: a subagent's is that of the session at that time.
    """
    if location.copied or location.root not in owners:
        return ""
    known = owners[location.root]
    number = bisect_right(known, at, key=lambda owner: owner[0])
    return known[number - 1][1] if number else ""


def _unlogged(kept: Kept, responses: Mapping[int, _Response]) -> Iterator[BilledResponse]:
    """What the sessions used that is on no line, as one response for each stretch and model."""
    with_totals = [(home, each) for home, each in kept if each.states]
    if not with_totals:
        return
    growths = list(_growths(kept, with_totals, responses))
    if not growths:
        return
    places, projects = _places_of_states(with_totals), _projects(responses)
    for growth in growths:
        place = places[growth.session]
        context = Context(
            home=place.home,
            session=growth.session,
            root=growth.session,
            project=projects.get(growth.session) or place.location.project or None,
            account=known_account(place.location.account),
            model=growth.model,
            not_on_lines=True,
        )
        name = ("not on lines", growth.session, growth.started_ms, growth.model, astuple(growth.total))
        key = stable_hash(repr(name).encode())
        at_ms = round(growth.at * 1000)
        yield BilledResponse(at_ms, key, context, growth.unlogged.usage(), growth.unlogged.web_searches)


def _growths(kept: Kept, with_totals: Kept, responses: Mapping[int, _Response]) -> Iterable[Growth]:
    """Most sessions are short and have one total: of these nothing is sorted."""
    _, first = with_totals[0]
    state = first.states[0]
    session = first.places[state.place].root
    if len(with_totals) > 1 or len(first.states) > 1 or session in forks_of(kept):
        return not_on_lines(_sessions(kept, responses, _places_of_states(with_totals).keys()))
    own = [
        (at, place.of_subagent, served.model, best)
        for (at, place), (best, served) in map(_FIRST_AND_BEST, responses.values())
        if place.location.root == session
    ]
    return [
        Growth(session, state.at, state.started_ms, model, total, unlogged)
        for model, (total, unlogged) in unlogged_of_one(state, own).items()
    ]


def _places_of_states(kept: Kept) -> dict[str, _Place]:
    """By session, the place that its totals were logged in."""
    places: dict[str, _Place] = {}
    for home, each in kept:
        for number in {state.place for state in each.states}:
            place = _place(each.places[number], home)
            places[place.location.root] = max(place, places.get(place.location.root, place))
    return places


def _sessions(
    kept: Kept, responses: Mapping[int, _Response], wanted: Iterable[str]
) -> dict[str, SessionUsage]:
    """The sessions that logged totals; an archived copy repeats them."""
    own: dict[str, list[OwnResponse]] = {session: [] for session in wanted}
    for each in responses.values():
        (at, place), (best, served) = each.first, each.best
        if place.location.root in own and not place.location.copied:
            response = OwnResponse(at, served.model, Sums(*used(best)), place.of_subagent)
            own[place.location.root].append(response)
    states, copied = states_of(kept), _copied_until(kept)
    return {
        session: SessionUsage(
            responses=own[session], states=states.get(session, []), copied_until=copied.get(session)
        )
        for session in own
    }


def sessions_with_totals(kept: Kept) -> dict[str, SessionUsage]:
    """The sessions that logged totals, with their own responses."""
    responses = _responses(kept)
    for key in _replayed(responses):
        del responses[key]
    return _sessions(kept, responses, _places_of_states(kept).keys())


def states_of(kept: Iterable[tuple[Path, ObservationOf[Any]]]) -> dict[str, list[RunningTotal]]:
    """The totals of each session in their order, each once."""
    found: dict[str, dict[object, RunningTotal]] = {}
    for _, observation in kept:
        for sent in observation.states:
            state = RunningTotal(sent.at, sent.started_ms, sent.ran_ms, sent.sums, sent.usd)
            known = found.setdefault(observation.places[sent.place].root, {})
            same = state.started_ms, frozenset(state.sums.items())
            known[same] = min(state, known.get(same, state), key=lambda one: (one.at, one.ran_ms))
    return {
        session: sorted(states.values(), key=lambda state: (state.at, state.ran_ms))
        for session, states in found.items()
    }


def _copied_until(kept: Kept) -> dict[str, float]:
    """The time of the last copied line of each session that has any."""
    found: dict[str, float] = {}
    for _, each in kept:
        copied = {number: place.root for number, place in enumerate(each.places) if place.copied}
        if not copied:  # nearly all logs
            continue
        for root in copied.values():
            found.setdefault(root, 0.0)
        lines = [(row.place, row.at) for row in each.rows] + [(row.place, row.at) for row in each.messages]
        for number, at in lines:
            if number in copied:
                found[copied[number]] = max(at, found[copied[number]])
    return found


def forks_of(kept: Iterable[tuple[Path, ObservationOf[Any]]]) -> set[str]:
    """The sessions that have copied lines."""
    return {place.root for _, each in kept for place in each.places if place.copied}


def _projects(responses: Mapping[int, _Response]) -> dict[str, str]:
    """The project of each session, by its earliest line."""
    earliest: dict[str, tuple[float, str]] = {}
    for each in responses.values():
        at, place = each.first
        if not place.of_subagent:
            mine = at, place.location.project
            earliest[place.location.root] = min(mine, earliest.get(place.location.root, mine))
    return {session: project for session, (_, project) in earliest.items()}


def _context(place: _Place, served: Served, account: str) -> Context:
    location = place.location
    return Context(
        home=place.home,
        model=served.model or None,
        session=location.session or None,
        root=location.root or None,
        project=location.project or None,
        effort=served.effort or None,
        tier=served.tier or None,
        account=known_account(account),
    )
