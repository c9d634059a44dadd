"""Takes the lines of one of Claude Code's transcripts and keeps, of each response, the best usage and
earliest line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from sys import intern

from msgspec.structs import replace

from providers.claude.logs import wire
from providers.claude.logs.claims import Claims
from providers.claude.logs.lines import (
    AskedByHook,
    Boundary,
    CostState,
    Line,
    ResponseLine,
    SessionOwner,
    Titled,
    TranscriptLine,
    Usage,
)
from providers.claude.logs.places import Places
from providers.claude.logs.transcript import (
    MAKE,
    WITHOUT_REQUEST,
    Claim,
    Location,
    PackedObservation,
    Served,
    SessionTotal,
    claim,
    encode,
    packed,
    shared_names,
    sums,
)
from providers.domain.cause import Cause
from providers.domain.stable_hash import stable_hash
from providers.ledger.scan import UsageEnd
from providers.logs import MalformedLine

# Decoded values may keep the whole line in memory: only short ones are remembered.
_SHORT = 1 << 20

_DISTINCT = 7  # of the last letters of a message's id: within a session they tell messages apart
_STANDARD = ("standard", "global", "not_available", "")


class TranscriptReader:
    """Implements providers.ledger.line_scanner.LineParser."""

    unwanted = wire.UNWANTED
    usage_end = wire.USAGE_END

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        self._places = Places(path)
        self._skipped = 0
        self._claims = Claims()
        self._messages: dict[int, tuple[float, Location]] = {}
        self._states: list[tuple[Location, SessionTotal]] = []
        self._unnamed: dict[str, str] | None = None
        self._last_at = 0.0
        self._repeated: datetime | None = None  # the time of a line that only repeated the one before
        self._before: ResponseLine | None = None
        self._place: Location | None = None  # of the last response
        self._owner_line = b""  # a session repeats it
        self._beside: dict[str, set[Cause]] = {}
        self._versions = "", ""
        if observation is not None:
            self._go_on(packed(observation))

    def _go_on(self, kept: PackedObservation) -> None:
        if kept.make != MAKE:
            raise ValueError("an observation of another make")
        places = kept.places
        self._places.account, self._unnamed = kept.account, kept.unnamed
        self._skipped, self._last_at = kept.skipped, kept.last_at
        self._claims.go_on(kept)
        self._messages = {row.key: (row.at, places[row.place]) for row in kept.messages}
        self._states = [(places[state.place], state) for state in kept.states]
        self._beside = {session: set(causes) for session, causes in kept.beside.items()}
        self._versions = kept.versions

    def follow(self, want: Callable[[re.Pattern[bytes], UsageEnd], None]) -> None:
        """What it wants is always the same."""

    @property
    def skipped(self) -> int:
        return self._skipped

    def links(self) -> Iterable[int]:
        """Its responses, its sessions, and the first processes of these."""
        sessions = {place.root for place in self._claims.places()}
        sessions.update([place.root for place, _ in self._states])
        sessions.update([place.root for _, place in self._messages.values()])
        names = shared_names(sessions, [state for _, state in self._states])
        names.update(self._claims.keys(), self._messages)
        return names

    def last_ms(self) -> int:
        latest = self._latest()
        if self._messages:
            latest = max(latest, *[at for at, _ in self._messages.values()])
        return round(latest * 1000)

    def take(self, line: bytes | bytearray) -> None:
        if line == self._owner_line:
            return
        try:
            found = wire.decode(line)
        except MalformedLine:
            salvaged, lost = wire.salvage(line)
            self._skipped += lost
            for each in salvaged:
                self._take(each)
        else:
            if isinstance(found, ResponseLine):  # nearly all
                self._take_response(found, len(line) < _SHORT)
            elif found is not None:
                self._take(found)
                if isinstance(found, SessionOwner):
                    self._owner_line = bytes(line)

    def _take(self, line: Line) -> None:
        if isinstance(line, ResponseLine):
            self._take_response(line, False)
        elif isinstance(line, SessionOwner):
            self._places.account, self._owner_line = line.account, b""
        elif isinstance(line, CostState):
            self._take_state(line)
        elif isinstance(line, Boundary):
            self._last_at = max(self._last_at, line.at.timestamp())
            self._note(self._places.of(line.line), "compaction")
        elif isinstance(line, AskedByHook):
            self._note(self._places.of(line.line), "hooks")
        elif isinstance(line, Titled):
            self._note(self._places.of_session(line.session_id), "titles")
        else:
            if self._unnamed is not None and line.is_prompt:
                self._unnamed = {}
            if line.sent_at is not None:
                self._take_message(line.line, line.sent_at.timestamp())

    def _note(self, place: Location, cause: Cause) -> None:
        """That there was a request without a line; of the session that this one was forked from, its own log says
        so.
        """
        if not place.copied:
            self._beside.setdefault(place.root, set()).add(cause)

    def _take_message(self, line: TranscriptLine, at: float) -> None:
        """What a subagent is asked is by the model that started it."""
        if line.is_sidechain is True or line.agent_id is not None or self._places.is_agents:
            return
        key = stable_hash(line.uuid.encode() if line.uuid else encode((line.session_id, at)))
        sent = at, self._places.of(line)
        self._messages[key] = min(sent, self._messages.get(key, sent))

    def _take_response(self, answer: ResponseLine, is_short: bool) -> None:
        before, place = self._before, self._places.of(answer.line)
        if (
            before is not None
            and place is self._place
            and answer.message == before.message
            and answer.line.request_id
            and answer.line.request_id == before.line.request_id
            and answer.line.effort == before.line.effort
            and answer.message.id
            and answer.at >= before.at
        ):
            self._repeated = answer.at if self._repeated is None else max(answer.at, self._repeated)
            return  # each part of a response repeats its usage
        self._count(answer, place)
        self._before, self._place = answer if is_short else None, place

    def _take_state(self, state: CostState) -> None:
        _, before = self._states[-1] if self._states else (None, None)
        totals = {model: sums(total) for model, total in state.model_usage.items()}
        if before is None or (before.started_ms, before.sums) != (state.start_time, totals):
            at = self._last_at = self._latest() or state.start_time / 1000
            kept = SessionTotal(0, at, state.start_time, state.total_duration, totals, state.usd)
            self._states.append((self._places.of_session(state.session_id), kept))

    def _latest(self) -> float:
        """The latest time of a line, in epoch seconds; 0 without one."""
        if self._repeated is not None:
            self._last_at, self._repeated = max(self._last_at, self._repeated.timestamp()), None
        return self._last_at

    def _count(self, answer: ResponseLine, place: Location) -> None:
        message, usage, at = answer.message, answer.usage, answer.at.timestamp()
        self._last_at = max(self._last_at, at)
        if answer.line.version != self._versions[1] and (version := _text(answer.line.version)):
            self._versions = self._versions[0] or version, version
        stopped = bool(message.stop_reason)
        best = claim(usage, stopped)
        if stopped and not best.total:  # a fork's copy of what was compacted
            place = replace(place, copied=True)
        served = _served(message.model, answer.line.effort, usage.speed, usage.inference_geo)
        key = stable_hash(encode(self._identity(answer, best)))
        self._claims.add(key, (_name(answer), at, place, best, served))
        if usage.has_advice:
            self._count_advice(usage, key, at, place, stopped)

    def _count_advice(self, usage: Usage, key: int, at: float, place: Location, stopped: bool) -> None:
        try:
            advice = wire.advice(usage)
        except MalformedLine:
            self._skipped += 1
            return
        for index, each in advice:
            served = Served(intern(each.model or ""), "", _tier(each.speed, each.inference_geo))
            self._claims.add(stable_hash(encode((key, index))), ("", at, place, claim(each, stopped), served))

    def _identity(self, answer: ResponseLine, best: Claim) -> object:
        """What all lines of a response have in common, and no other response has."""
        if answer.message.id:
            if answer.line.request_id:
                return answer.message.id, answer.line.request_id
            return answer.message.id, self._first_line(answer)
        if answer.line.uuid:
            return answer.line.uuid
        return answer.at.timestamp(), best, answer.message.model

    def _first_line(self, answer: ResponseLine) -> str:
        """The first line of a response without a request id, by its uuid, which the copies in a fork share.

        Gateways give any number of messages the same id, so it names one only until the person asks again.
        """
        line = answer.line
        if self._unnamed is None:
            self._unnamed = {}
        name = repr((line.session_id, line.agent_id, answer.message.id))
        return self._unnamed.setdefault(name, line.uuid or repr(answer.at.timestamp()))

    def observation(self) -> bytes:
        places: dict[Location, int] = {}
        served: dict[Served, int] = {}
        # As the structs of `transcript` are encoded, without making them: most transcripts are small.
        rows = self._claims.rows(places, served)
        messages = [
            (key, at, places.setdefault(place, len(places))) for key, (at, place) in self._messages.items()
        ]
        states = [
            replace(state, place=places.setdefault(place, len(places))) for place, state in self._states
        ]
        return encode(
            (
                MAKE,
                self._skipped,
                list(places),
                messages,
                list(served),
                rows,
                states,
                self._latest(),
                self._places.account,
                self._unnamed,
                {session: sorted(self._beside[session]) for session in sorted(self._beside)},
                self._versions,
            )
        )


def _name(answer: ResponseLine) -> str:
    """As in `ResponseRow`."""
    name = answer.message.id
    if not name:
        return ""
    return name[-_DISTINCT:] if answer.line.request_id else WITHOUT_REQUEST + name[-_DISTINCT:]


def _served(*terms: object) -> Served:
    """By model, effort, speed and place, as they are on a line."""
    try:
        return _remembered_served(*terms)
    except TypeError:  # a list or an object where a text should be
        return _remembered_served.__wrapped__(*terms)


@lru_cache(maxsize=64)
def _remembered_served(model: object, effort: object, *services: object) -> Served:
    return Served(intern(_text(model)), _text(effort), _tier(*services))


def _tier(*services: object) -> str:
    """The vendor's names for another service: "fast", the region that a request is limited to, or "fast+us"."""
    return "+".join(word for word in services if isinstance(word, str) and word not in _STANDARD)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
