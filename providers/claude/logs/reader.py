"""Takes the lines of one of Claude Code's transcripts and keeps, of each response, the best usage and
earliest line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath, PureWindowsPath
from sys import intern

from msgspec.structs import replace

from providers.claude.logs import wire
from providers.claude.logs.transcript import (
    Claim,
    Location,
    Observation,
    ResponseRow,
    Served,
    SessionTotal,
    claim,
    encode,
    observed,
    sums,
)
from providers.domain import project
from providers.ledger.scan import UsageEnd
from providers.logs import stable_hash

# Decoded values may keep the whole line in memory: only short ones are remembered.
_SHORT = 1 << 20

# Of one response: its own id, its earliest line, and its best one.
_Best = tuple[int, tuple[float, Location], tuple[Claim, Served]]

_DISTINCT = 7  # of the last bytes of a message's id: within a session they tell messages apart
_STANDARD = frozenset({"", "standard", "global", "not_available"})
_NO_PLACE = Location(False, "", "", "", "")


class TranscriptReader:
    """Implements providers.ledger.line_scanner.LineParser."""

    usage_end = wire.USAGE_END

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        kept = Observation("claude 3", 0, [], [], [], [], 0.0, "", None)
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
        self._states = [(kept.places[state.place], state) for state in kept.states]
        self._account = kept.account
        self._unnamed = kept.unnamed
        self._folder, self._root, self._name = _path_parts(path)
        self._want: Callable[[re.Pattern[bytes], UsageEnd], None] = lambda *_: None
        self._last_at = kept.last_at
        self._before: tuple[wire.ResponseLine, Location] | None = None
        self._recent_place: tuple[object, Location] = None, _NO_PLACE
        self._recent_served: tuple[object, Served] = None, Served("", "", "")

    @property
    def unwanted(self) -> re.Pattern[bytes]:
        """Prompts are needed only where responses have no request ids."""
        return wire.UNWANTED if self._unnamed is None else wire.unwanted_but_prompts()

    def follow(self, want: Callable[[re.Pattern[bytes], UsageEnd], None]) -> None:
        self._want = want

    @property
    def skipped(self) -> int:
        return self._skipped

    def links(self) -> Iterable[int]:
        """Its responses, its sessions, and the first processes of these."""
        sessions = {place.root for _, (_, place), _ in self._responses.values()}
        sessions.update(place.root for place, _ in self._states)
        return self._responses.keys() | _shared(sessions, (state for _, state in self._states))

    def last_ms(self) -> int:
        return round(self._last_at * 1000)

    def observation(self) -> bytes:
        return encode(self._kept())

    def take(self, line: bytes | bytearray) -> None:
        try:
            found = wire.decode(line)
        except wire.MalformedLine:
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
            self._recent_place = None, _NO_PLACE
        elif isinstance(line, wire.CostState):
            self._take_state(line)
        elif isinstance(line, wire.Boundary):
            self._last_at = max(self._last_at, line.at)
        elif self._unnamed is not None and line.is_prompt:
            self._unnamed = {}

    def _take_response(self, answer: wire.ResponseLine, is_short: bool) -> None:
        self._last_at = max(self._last_at, answer.at)
        place, before = self._place(answer.line), self._before
        if (
            before is not None
            and answer.line.request_id
            and answer.line.request_id == before[0].line.request_id
            and answer.message == before[0].message
            and answer.message.id
            and place is before[1]
            and answer.at >= before[0].at
        ):
            return  # it repeats the line before it: each part of a response repeats its usage
        try:
            advice = wire.advice(answer.usage)
        except wire.MalformedLine:
            advice = ()
            self._skipped += 1
        self._count(answer, place, advice)
        self._before = (answer, place) if is_short else None

    def _take_state(self, state: wire.CostState) -> None:
        place = self._make_place(False, _text(state.session_id), "", False, "")
        _, before = self._states[-1] if self._states else (None, None)
        totals = {model: sums(total) for model, total in state.model_usage.items()}
        if before is None or (before.started_ms, before.sums) != (state.start_time, totals):
            if not self._last_at:  # no line before it has a time
                self._last_at = state.start_time / 1000
            kept = SessionTotal(0, self._last_at, state.start_time, state.total_duration, totals)
            self._states.append((place, kept))

    def _count(
        self, answer: wire.ResponseLine, place: Location, advice: Sequence[tuple[int, wire.Advice]]
    ) -> None:
        message = answer.message
        stopped = bool(message.stop_reason)
        best = claim(answer.usage, stopped=stopped)
        if stopped and not best.total:  # a fork's copy of what was compacted
            place = replace(place, copied=True)
        key = stable_hash(encode(self._identity(answer, best)))
        first = answer.at, place
        number = int.from_bytes(message.id.encode()[-_DISTINCT:]) if message.id else 0
        self._merge(key, number, first, best, self._served(answer))
        for index, each in advice:
            advised = Served(intern(each.model or ""), "", _tier(each))
            self._merge(stable_hash(encode((key, index))), 0, first, claim(each, stopped=stopped), advised)

    def _merge(
        self, key: int, number: int, first: tuple[float, Location], best: Claim, served: Served
    ) -> None:
        known = self._responses.get(key)
        if known is None:
            self._responses[key] = number, first, (best, served)
        else:
            self._responses[key] = number, min(first, known[1]), max((best, served), known[2])

    def _identity(self, answer: wire.ResponseLine, best: Claim) -> object:
        """What all lines of a response have in common, and no other response has."""
        if answer.message.id:
            if answer.line.request_id:
                return answer.message.id, answer.line.request_id
            return answer.message.id, self._first_line(answer)
        if answer.line.uuid:
            return answer.line.uuid
        return answer.at, best, answer.message.model

    def _first_line(self, answer: wire.ResponseLine) -> str:
        """The first line of a response without a request id, by its uuid, which the copies in a fork share.

        Gateways give any number of messages the same id, so it names one only until the person asks again.
        """
        line = answer.line
        if self._unnamed is None:
            self._unnamed = {}
            self._want(self.unwanted, self.usage_end)
        name = repr((line.session_id, line.agent_id, answer.message.id))
        return self._unnamed.setdefault(name, line.uuid or repr(answer.at))

    def _served(self, answer: wire.ResponseLine) -> Served:
        usage, line = answer.usage, answer.line
        fields = answer.message.model, line.effort, usage.speed, usage.inference_geo
        if fields != self._recent_served[0]:
            model = intern(answer.message.model or "")
            self._recent_served = fields, Served(model, _text(line.effort), _tier(usage))
        return self._recent_served[1]

    def _place(self, line: wire.TranscriptLine) -> Location:
        fields = (
            line.session_id,
            line.agent_id,
            line.is_sidechain is True,  # not what is equal to it
            line.cwd,
            line.forked_from,
            line.request_session_id,
        )
        if fields != self._recent_place[0]:
            asker = line.request_session_id
            copied = line.forked_from is not None or (isinstance(asker, str) and asker != line.session_id)
            agent = _text(line.agent_id)
            place = self._make_place(
                copied, _text(line.session_id), agent, line.is_sidechain is True, _text(line.cwd)
            )
            self._recent_place = fields, place
        return self._recent_place[1]

    def _make_place(self, copied: bool, session: str, agent: str, sidechain: bool, cwd: str) -> Location:
        if self._name.startswith("agent-"):
            root = self._root or session
            session = agent or self._name.removeprefix("agent-")
        else:
            root = session = session or self._name
            if agent and sidechain:
                session = agent
        account = "" if copied else self._account
        return Location(copied, session, root, _project(cwd, self._folder), account)

    def _kept(self) -> Observation:
        places: dict[Location, int] = {}
        served: dict[Served, int] = {}
        rows = [
            ResponseRow(
                key,
                number,
                at,
                places.setdefault(place, len(places)),
                served.setdefault(terms, len(served)),
                best,
            )
            for key, (number, (at, place), (best, terms)) in self._responses.items()
        ]
        states = [
            replace(state, place=places.setdefault(place, len(places))) for place, state in self._states
        ]
        return Observation(
            "claude 3",
            self._skipped,
            list(places),
            list(served),
            rows,
            states,
            self._last_at,
            self._account,
            self._unnamed,
        )


def links(kept: Observation) -> set[int]:
    """The names that a transcript may share: its responses, its sessions, and where the totals of these began."""
    return {row.key for row in kept.rows} | _shared({place.root for place in kept.places}, kept.states)


def _shared(sessions: Iterable[str], states: Iterable[SessionTotal]) -> set[int]:
    names = {("session", session) for session in sessions} | {
        ("started", state.started_ms) for state in states
    }
    return {stable_hash(repr(name).encode()) for name in names}


def _tier(spent: wire.Spent) -> str:
    """The vendor's names for a dearer service: "fast", the region where the answer must be made, or "fast+us"."""
    words = (spent.speed, spent.inference_geo)
    return "+".join(word for word in words if isinstance(word, str) and word not in _STANDARD)


def _path_parts(path: str) -> tuple[str, str, str]:
    """Of `…/projects/<project>/<session>/subagents/…/agent-<id>.jsonl`: project, session ("" if none) and name."""
    name, folders = PurePath(path).stem, PurePath(path).parts[:-1]
    folder = session = ""
    if "projects" in folders:
        below = folders[len(folders) - folders[::-1].index("projects") :]
        folder = below[0] if below else ""
        if "subagents" in below[2:]:
            session = below[below.index("subagents", 2) - 1]
    return folder, session, name


_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9]")


def _project(cwd: str, folder: str) -> str:
    """The folder a session was started in: Claude Code names the transcripts' folder for it, and may go deeper.

    The mapping is not reversible, so without a `cwd` the name stays as it is.
    """
    named = project.canonical(cwd)
    windows = project.is_windows(cwd)
    parents = PureWindowsPath(named).parents if windows else PurePath(named).parents
    for path in (named, *map(str, parents)):
        plain = _NOT_PLAIN.sub("-", path)
        if cwd and (plain == folder or (windows and plain.casefold() == folder.casefold())):
            return path
    return named or folder


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
