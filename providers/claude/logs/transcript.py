"""The usage in one of Claude Code's transcripts: of each response the best claim and the earliest line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from sys import intern
from typing import Literal

import msgspec
from msgspec import Struct

from providers.claude.logs import wire
from providers.logs import stable_hash, unpacked


class Claim(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A line's claim on what a response used. The greatest is the best; what follows `total` only breaks ties."""

    complete: bool  # it has a stop_reason, and is not one of the copies with zeroed counts
    output: int
    total: int
    fresh: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    web_searches: int
    fast: bool


class Location(Struct, frozen=True, order=True, array_like=True, cache_hash=True):
    """Where a line was logged; "" for what is unknown. Of locations with the same time the least is taken."""

    copied: bool  # from the session it was forked from
    session: str
    root: str
    project: str


class ResponseRow(Struct, array_like=True, gc=False):
    """A response in an observation; `place` and `model` are indexes there."""

    key: int
    at: float
    place: int
    model: int
    claim: Claim


class Observation(Struct, array_like=True):
    """What is kept of a transcript; `make` is that of Transcripts."""

    make: Literal["claude 2"]
    skipped: int
    places: list[Location]
    models: list[str]
    rows: list[ResponseRow]


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Observation)

# Decoded values may keep the whole line in memory: only short ones are remembered.
_SHORT = 1 << 20

# Of one response: its earliest line, and its best one with the model.
_Best = tuple[tuple[float, Location], tuple[Claim, str]]


class Transcript:
    """Takes the lines of one transcript and keeps, of each response, the best usage and the earliest line."""

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        kept = Observation("claude 2", 0, [], [], []) if observation is None else observed(observation)
        self._skipped = kept.skipped
        self._responses: dict[int, _Best] = {
            row.key: ((row.at, kept.places[row.place]), (row.claim, intern(kept.models[row.model])))
            for row in kept.rows
        }
        self._folder, self._root, self._name = _path_parts(path)
        self._before: tuple[wire.ResponseLine, Location] | None = None
        self._recent_location: tuple[object, Location] = None, Location(False, "", "", "")

    @property
    def skipped(self) -> int:
        return self._skipped

    def links(self) -> Iterable[int]:
        return self._responses.keys()

    def last_ms(self) -> int:
        return round(max((at for (at, _), _ in self._responses.values()), default=0) * 1000)

    def observation(self) -> bytes:
        places: dict[Location, int] = {}
        models: dict[str, int] = {}
        rows = [
            ResponseRow(
                key, at, places.setdefault(place, len(places)), models.setdefault(model, len(models)), claim
            )
            for key, ((at, place), (claim, model)) in self._responses.items()
        ]
        return _encode(Observation("claude 2", self._skipped, list(places), list(models), rows))

    def take(self, line: bytes | bytearray) -> None:
        try:
            answer = wire.decode(line)
            if answer is not None:
                place = self._location(answer.line)
                if not self._repeats(answer, place):
                    self._count(answer, place, wire.advice(answer.usage))
                    self._before = (answer, place) if len(line) < _SHORT else None
        except wire.MalformedLine:
            self._skipped += 1

    def _repeats(self, answer: wire.ResponseLine, place: Location) -> bool:
        """Whether it repeats the line before it, no earlier: each part of a response repeats its usage."""
        if self._before is None or not answer.message.id:
            return False
        before, its_place = self._before
        return (
            answer.message == before.message
            and place is its_place
            and answer.at >= before.at
            and answer.line.request_id == before.line.request_id
        )

    def _count(
        self, answer: wire.ResponseLine, place: Location, advice: Sequence[tuple[int, wire.Advice]]
    ) -> None:
        message = answer.message
        stopped = bool(message.stop_reason)
        claim = _claim(answer.usage, stopped=stopped)
        key = stable_hash(_encode(_identity(answer, claim)))
        first = answer.at, place
        self._merge(key, first, claim, message.model)
        for index, each in advice:
            self._merge(stable_hash(_encode((key, index))), first, _claim(each, stopped=stopped), each.model)

    def _merge(self, key: int, first: tuple[float, Location], claim: Claim, model: str | None) -> None:
        best = claim, intern(model or "")
        known = self._responses.get(key)
        self._responses[key] = (first, best) if known is None else (min(first, known[0]), max(best, known[1]))

    def _location(self, line: wire.TranscriptLine) -> Location:
        sidechain = line.is_sidechain is True
        fields = line.forked_from, line.session_id, line.agent_id, sidechain, line.cwd
        if fields != self._recent_location[0]:
            copied = line.forked_from is not None
            place = self._make_location(
                copied, _text(line.session_id), _text(line.agent_id), sidechain, _text(line.cwd)
            )
            self._recent_location = fields, place
        return self._recent_location[1]

    def _make_location(self, copied: bool, session: str, agent: str, sidechain: bool, cwd: str) -> Location:
        if self._name.startswith("agent-"):
            root = self._root or session
            session = agent or self._name.removeprefix("agent-")
        else:
            root = session = session or self._name
            if agent and sidechain:
                session = agent
        return Location(copied, session, root, _project(cwd, self._folder))


def observed(observation: bytes) -> Observation:
    """Raises ValueError for one of another make."""
    return unpacked(observation, _decoder)


def _claim(spent: wire.Spent, *, stopped: bool) -> Claim:
    fresh, output = spent.input_tokens or 0, spent.output_tokens or 0
    read, written = spent.cache_read_input_tokens or 0, spent.cache_creation_input_tokens or 0
    lasting, tools = spent.cache_creation, spent.server_tool_use
    total = fresh + read + written + output
    return Claim(  # by position: there is one for every line
        stopped and total > 0,
        output,
        total,
        fresh,
        read,
        written,
        min(lasting.ephemeral_1h_input_tokens or 0, written) if lasting else 0,
        tools.web_search_requests or 0 if tools else 0,
        spent.speed == "fast",
    )


def _identity(answer: wire.ResponseLine, claim: Claim) -> object:
    """What all lines of a response have in common, and no other response has."""
    if answer.message.id:
        return answer.message.id, answer.line.request_id
    if answer.line.uuid:
        return answer.line.uuid
    return answer.at, claim, answer.message.model


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
    for path in (cwd, *map(str, PurePath(cwd).parents)):
        if cwd and _NOT_PLAIN.sub("-", path) == folder:
            return path
    return cwd or folder


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
