"""What one of Claude Code's transcripts tells of use: of each response the best word and the earliest line."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import PurePath
from sys import intern
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from providers.claude import wire
from providers.logs import unpacked


class Claim(NamedTuple):
    """A line's word on what a response cost. The greatest is the best; what follows `total` only breaks ties."""

    complete: bool  # it has a stop_reason, and is not one of the copies with zeroed counts
    output: int
    total: int
    fresh: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    web_searches: int
    fast: bool
    model: str


class Place(NamedTuple):
    """Where a line stands; "" for what is not told. Of places at the same time the least is taken."""

    copied: bool  # from the session it was forked from
    session: str
    root: str
    project: str


class _Row(Struct, array_like=True, gc=False):
    """A response in an observation; `place` and `model` are indexes there."""

    key: int
    at: float
    place: int
    model: int
    complete: bool
    fast: bool
    fresh: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    output: int
    web_searches: int


class _Observation(Struct, array_like=True):
    """What is kept of a transcript. `make` changes when its shape does: an older one is read anew then."""

    make: Literal["claude 1"]
    skipped: int
    places: list[Place]
    models: list[str]
    rows: list[_Row]


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(_Observation)

# What was read off a line may hold on to the line itself: only short ones are remembered.
_SHORT = 1 << 20

# Of one response: its earliest line, and its best one.
Said = tuple[tuple[float, Place], Claim]


class Transcript:
    """Takes the lines of one transcript and keeps, of each response, the best usage and the earliest line."""

    def __init__(self, path: str, observation: bytes | None = None) -> None:
        kept = (
            _Observation("claude 1", 0, [], [], [])
            if observation is None
            else unpacked(observation, _decoder)
        )
        self._skipped = kept.skipped
        self._said: dict[int, Said] = dict(_said(kept))
        self._folder, self._root, self._name = _whereabouts(path)
        self._before: wire.Answer | None = None
        self._recent_place: tuple[object, Place] = None, Place(False, "", "", "")

    @property
    def skipped(self) -> int:
        return self._skipped

    def links(self) -> Iterable[str]:
        return [f"{key:x}" for key in self._said]

    def observation(self) -> bytes:
        places: dict[Place, int] = {}
        models: dict[str, int] = {}
        rows = [
            _Row(
                key=key,
                at=at,
                place=places.setdefault(place, len(places)),
                model=models.setdefault(claim.model, len(models)),
                complete=claim.complete,
                fast=claim.fast,
                fresh=claim.fresh,
                cache_read=claim.cache_read,
                cache_write=claim.cache_write,
                cache_write_1h=claim.cache_write_1h,
                output=claim.output,
                web_searches=claim.web_searches,
            )
            for key, ((at, place), claim) in self._said.items()
        ]
        return _encode(_Observation("claude 1", self._skipped, list(places), list(models), rows))

    def take(self, line: bytes | bytearray) -> None:
        try:
            answer = wire.decode(line)
            if answer is not None and not self._repeats(answer):
                self._take(answer, wire.advice(answer.usage))
                self._before = answer if len(line) < _SHORT else None
        except wire.NotUnderstood:
            self._skipped += 1

    def _repeats(self, answer: wire.Answer) -> bool:
        """Whether it says what the line before it said, no earlier: each part of a response repeats its usage."""
        before = self._before
        if before is None or not answer.message.id:
            return False
        line, last, message = answer.line, before.line, answer.message
        return (
            message.id == before.message.id
            and line.request_id == last.request_id
            and answer.at >= before.at
            and answer.usage == before.usage
            and message.model == before.message.model
            and message.stop_reason == before.message.stop_reason
            and line.session_id == last.session_id
            and line.cwd == last.cwd
            and line.agent_id == last.agent_id
            and line.is_sidechain is last.is_sidechain  # 1 equals True, and is no flag
            and line.forked_from == last.forked_from
        )

    def _take(self, answer: wire.Answer, advice: Sequence[tuple[int, wire.Advice]]) -> None:
        message = answer.message
        stopped = bool(message.stop_reason)
        claim = _claim(answer.usage, message.model, stopped=stopped)
        key = _stable_hash(_identity(answer, claim))
        first = answer.at, self._place(answer.line)
        self._say(key, first, claim)
        for index, each in advice:
            self._say(_stable_hash((key, index)), first, _claim(each, each.model, stopped=stopped))

    def _say(self, key: int, first: tuple[float, Place], claim: Claim) -> None:
        said = self._said.get(key)
        self._said[key] = (first, claim) if said is None else (min(first, said[0]), max(claim, said[1]))

    def _place(self, line: wire.Line) -> Place:
        aside = line.is_sidechain is True
        told = line.forked_from, line.session_id, line.agent_id, aside, line.cwd
        if told != self._recent_place[0]:
            copied = line.forked_from is not None
            place = self._placed(copied, _text(line.session_id), _text(line.agent_id), aside, _text(line.cwd))
            self._recent_place = told, place
        return self._recent_place[1]

    def _placed(self, copied: bool, session: str, agent: str, aside: bool, cwd: str) -> Place:
        if self._name.startswith("agent-"):
            root = self._root or session
            session = agent or self._name.removeprefix("agent-")
        else:
            root = session = session or self._name
            if agent and aside:
                session = agent
        return Place(copied, session, root, _project(cwd, self._folder))


def said(observation: bytes) -> Iterator[tuple[int, Said]]:
    """The responses in an observation, by their keys; raises ValueError for one of another make."""
    return _said(unpacked(observation, _decoder))


def _said(kept: _Observation) -> Iterator[tuple[int, Said]]:
    places, models = kept.places, [intern(model) for model in kept.models]
    for row in kept.rows:
        claim = Claim(
            complete=row.complete,
            output=row.output,
            total=row.fresh + row.cache_read + row.cache_write + row.output,
            fresh=row.fresh,
            cache_read=row.cache_read,
            cache_write=row.cache_write,
            cache_write_1h=row.cache_write_1h,
            web_searches=row.web_searches,
            fast=row.fast,
            model=models[row.model],
        )
        yield row.key, ((row.at, places[row.place]), claim)


def _claim(spent: wire.Spent, model: str | None, *, stopped: bool) -> Claim:
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
        intern(model or ""),
    )


def _identity(answer: wire.Answer, claim: Claim) -> Hashable:
    """What all lines of a response have in common, and no other response has."""
    if answer.message.id:
        return answer.message.id, answer.line.request_id
    if answer.line.uuid:
        return answer.line.uuid
    return answer.at, *claim


def _stable_hash(identity: Hashable) -> int:
    """63 bits that are the same in every process."""
    return int.from_bytes(blake2b(repr(identity).encode(), digest_size=8).digest(), "big") >> 1


def _whereabouts(path: str) -> tuple[str, str, str]:
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

    Names of folders cannot be told back from theirs, so without a `cwd` it stays as it is.
    """
    for path in (cwd, *map(str, PurePath(cwd).parents)):
        if cwd and _NOT_PLAIN.sub("-", path) == folder:
            return path
    return cwd or folder


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
