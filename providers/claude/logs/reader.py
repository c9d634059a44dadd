"""Takes the lines of one of Claude Code's transcripts and keeps, of each response, the best usage and
earliest line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from sys import intern

from msgspec.structs import replace

from providers.claude.logs import wire
from providers.claude.logs.folders import path_parts, project_of
from providers.claude.logs.transcript import (
    WITHOUT_REQUEST,
    Claim,
    Location,
    Observation,
    ResponseRow,
    SentRow,
    Served,
    SessionTotal,
    claim,
    encode,
    observed,
    shared_names,
    sums,
)
from providers.ledger.scan import UsageEnd
from providers.logs import MalformedLine, stable_hash

# Decoded values may keep the whole line in memory: only short ones are remembered.
_SHORT = 1 << 20

# Of one response: the end of its own id, its earliest line, and its best one.
_Best = tuple[str, tuple[float, Location], tuple[Claim, Served]]

_Terms = tuple[str | None, object, object, object]
"""The model, effort, speed and place of a response, as they are on its line."""

_DISTINCT = 7  # of the last letters of a message's id: within a session they tell messages apart
_STANDARD = ("standard", "global", "not_available", "")
_NO_PLACE = Location(False, "", "", "", "")
_NO_MEMBERS: tuple[object, ...] = ()


class TranscriptReader:
    """Implements providers.ledger.line_scanner.LineParser."""

    unwanted = wire.UNWANTED
    usage_end = wire.USAGE_END

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        kept = Observation("claude 4", 0, [], [], [], [], [], 0.0, "", None)
        if observation is not None:
            kept = observed(observation)
        self._skipped = kept.skipped
        self._responses: dict[int, _Best] = {
            row.key: (
                row.message,
                (row.at, kept.places[row.place]),
                (row.claim, kept.served[row.served]),
            )
            for row in kept.rows
        }
        self._messages = {row.key: (row.at, kept.places[row.place]) for row in kept.messages}
        self._states = [(kept.places[state.place], state) for state in kept.states]
        self._account = kept.account
        self._unnamed = kept.unnamed
        self._folder, self._root, self._name = path_parts(path)
        self._last_at = kept.last_at
        self._repeated: datetime | None = None  # the time of a line that only repeated the one before
        self._before: wire.ResponseLine | None = None
        # Made anew only where the members change that they are made of: most lines have the place of the one
        # before, and a session has few models.
        self._place, self._place_of = _NO_PLACE, _NO_MEMBERS
        self._sent_from, self._sent_from_of = _NO_PLACE, _NO_MEMBERS
        self._served: dict[_Terms, Served] = {}

    def follow(self, want: Callable[[re.Pattern[bytes], UsageEnd], None]) -> None:
        """What it wants is always the same."""

    @property
    def skipped(self) -> int:
        return self._skipped

    def links(self) -> Iterable[int]:
        """Its responses, its sessions, and the first processes of these."""
        sessions = {place.root for _, (_, place), _ in self._responses.values()}
        sessions.update(place.root for place, _ in self._states)
        sessions.update(place.root for _, place in self._messages.values())
        named = shared_names(sessions, (state for _, state in self._states))
        return self._responses.keys() | self._messages.keys() | named

    def last_ms(self) -> int:
        sent = max((at for at, _ in self._messages.values()), default=0.0)
        return round(max(sent, self._latest()) * 1000)

    def observation(self) -> bytes:
        return encode(self._kept())

    def take(self, line: bytes | bytearray) -> None:
        try:
            found = wire.decode(line)
        except MalformedLine:
            salvaged, lost = wire.salvage(line)
            self._skipped += lost
            for each in salvaged:
                self._take(each)
        else:
            if isinstance(found, wire.ResponseLine):  # nearly all
                self._take_response(found, len(line) < _SHORT)
            elif found is not None:
                self._take(found)

    def _take(self, line: wire.Line) -> None:
        if isinstance(line, wire.ResponseLine):
            self._take_response(line, False)
        elif isinstance(line, wire.SessionOwner):
            self._account = line.account
            self._place_of = _NO_MEMBERS
        elif isinstance(line, wire.CostState):
            self._take_state(line)
        elif isinstance(line, wire.Boundary):
            self._last_at = max(self._last_at, line.at.timestamp())
        else:
            if self._unnamed is not None and line.is_prompt:
                self._unnamed = {}
            if line.sent_at is not None:
                self._take_message(line.line, line.sent_at.timestamp())

    def _take_message(self, line: wire.TranscriptLine, at: float) -> None:
        """What a subagent is asked is by the model that started it."""
        if line.is_sidechain is True or line.agent_id is not None or self._name.startswith("agent-"):
            return
        key = stable_hash(line.uuid.encode() if line.uuid else encode((line.session_id, at)))
        place_of = line.session_id, line.cwd, line.forked_from, line.request_session_id, self._account
        if place_of != self._sent_from_of:
            self._sent_from, self._sent_from_of = self._new_place(line), place_of
        sent = at, self._sent_from
        self._messages[key] = min(sent, self._messages.get(key, sent))

    def _take_response(self, answer: wire.ResponseLine, is_short: bool) -> None:
        line, before = answer.line, self._before
        place_of = (
            line.session_id,
            line.agent_id,
            line.is_sidechain is True,  # as `==` takes 1 for True
            line.cwd,
            line.forked_from,
            line.request_session_id,
        )
        if place_of != self._place_of:
            self._place, self._place_of = self._new_place(line), place_of
        elif (
            before is not None
            and answer.message == before.message
            and line.request_id
            and line.request_id == before.line.request_id
            and line.effort == before.line.effort
            and answer.message.id
            and answer.at >= before.at
        ):
            self._repeated = answer.at if self._repeated is None else max(answer.at, self._repeated)
            return  # each part of a response repeats its usage
        self._count(answer)
        self._before = answer if is_short else None

    def _take_state(self, state: wire.CostState) -> None:
        place = self._make_place(False, _text(state.session_id), "", False, "")
        _, before = self._states[-1] if self._states else (None, None)
        totals = {model: sums(total) for model, total in state.model_usage.items()}
        if before is None or (before.started_ms, before.sums) != (state.start_time, totals):
            at = self._last_at = self._latest() or state.start_time / 1000
            kept = SessionTotal(0, at, state.start_time, state.total_duration, totals)
            self._states.append((place, kept))

    def _latest(self) -> float:
        """The latest time of a line, in epoch seconds; 0 without one."""
        if self._repeated is not None:
            self._last_at, self._repeated = max(self._last_at, self._repeated.timestamp()), None
        return self._last_at

    def _count(self, answer: wire.ResponseLine) -> None:
        message, usage, at, place = answer.message, answer.usage, answer.at.timestamp(), self._place
        self._last_at = max(self._last_at, at)
        stopped = bool(message.stop_reason)
        best = claim(usage, stopped)
        if stopped and not best.total:  # a fork's copy of what was compacted
            place = replace(place, copied=True)
        terms = message.model, answer.line.effort, usage.speed, usage.inference_geo
        try:
            served = self._served[terms]
        except (KeyError, TypeError):  # new, or with a list or an object where a text should be
            served = self._new_served(terms)
        key = stable_hash(encode(self._identity(answer, best)))
        first = at, place
        self._merge(key, _name(answer), first, (best, served))
        if wire.ADVICE in bytes(usage.iterations):
            self._count_advice(usage, key, first, stopped)

    def _count_advice(
        self, usage: wire.Usage, key: int, first: tuple[float, Location], stopped: bool
    ) -> None:
        try:
            advice = wire.advice(usage)
        except MalformedLine:
            self._skipped += 1
            return
        for index, each in advice:
            served = Served(intern(each.model or ""), "", _tier(each.speed, each.inference_geo))
            self._merge(stable_hash(encode((key, index))), "", first, (claim(each, stopped), served))

    def _merge(self, key: int, name: str, first: tuple[float, Location], best: tuple[Claim, Served]) -> None:
        known = self._responses.get(key)
        if known is None:
            self._responses[key] = name, first, best
        else:
            self._responses[key] = name, min(first, known[1]), max(best, known[2])

    def _identity(self, answer: wire.ResponseLine, best: Claim) -> object:
        """What all lines of a response have in common, and no other response has."""
        if answer.message.id:
            if answer.line.request_id:
                return answer.message.id, answer.line.request_id
            return answer.message.id, self._first_line(answer)
        if answer.line.uuid:
            return answer.line.uuid
        return answer.at.timestamp(), best, answer.message.model

    def _first_line(self, answer: wire.ResponseLine) -> str:
        """The first line of a response without a request id, by its uuid, which the copies in a fork share.

        Gateways give any number of messages the same id, so it names one only until the person asks again.
        """
        line = answer.line
        if self._unnamed is None:
            self._unnamed = {}
        name = repr((line.session_id, line.agent_id, answer.message.id))
        return self._unnamed.setdefault(name, line.uuid or repr(answer.at.timestamp()))

    def _new_served(self, terms: _Terms) -> Served:
        model, effort, *services = terms
        served = Served(intern(model or ""), _text(effort), _tier(*services))
        if all(isinstance(each, str | None) for each in terms):
            self._served[terms] = served
        return served

    def _new_place(self, line: wire.TranscriptLine) -> Location:
        session, asker = line.session_id, line.request_session_id
        copied = line.forked_from is not None or (isinstance(asker, str) and asker != session)
        sidechain = line.is_sidechain is True
        return self._make_place(copied, _text(session), _text(line.agent_id), sidechain, _text(line.cwd))

    def _make_place(self, copied: bool, session: str, agent: str, sidechain: bool, cwd: str) -> Location:
        if self._name.startswith("agent-"):
            root = self._root or session
            session = agent or self._name.removeprefix("agent-")
        else:
            root = session = session or self._name
            if sidechain:
                session = agent or f"{root}/sidechain"  # not every line names its agent
        account = "" if copied else self._account
        return Location(copied, session, root, project_of(cwd, self._folder), account)

    def _kept(self) -> Observation:
        places: dict[Location, int] = {}
        served: dict[Served, int] = {}
        rows = [
            ResponseRow(
                key,
                name,
                at,
                places.setdefault(place, len(places)),
                served.setdefault(terms, len(served)),
                best,
            )
            for key, (name, (at, place), (best, terms)) in self._responses.items()
        ]
        messages = [
            SentRow(key, at, places.setdefault(place, len(places)))
            for key, (at, place) in self._messages.items()
        ]
        states = [
            replace(state, place=places.setdefault(place, len(places))) for place, state in self._states
        ]
        return Observation(
            "claude 4",
            self._skipped,
            list(places),
            messages,
            list(served),
            rows,
            states,
            self._latest(),
            self._account,
            self._unnamed,
        )


def _name(answer: wire.ResponseLine) -> str:
    """As in `ResponseRow`."""
    name = answer.message.id
    if not name:
        return ""
    return name[-_DISTINCT:] if answer.line.request_id else WITHOUT_REQUEST + name[-_DISTINCT:]


def _tier(*services: object) -> str:
    """The vendor's names for another service: "fast", the region that a request is limited to, or "fast+us"."""
    return "+".join(word for word in services if isinstance(word, str) and word not in _STANDARD)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
