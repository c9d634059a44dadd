"""The usage in one of Claude Code's transcripts, as its reader returns it and as the format resolves it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from providers.claude.logs.lines import ModelTotal, Spent
from providers.domain.account import account_id
from providers.domain.cause import Cause
from providers.domain.cost import TokenUsage
from providers.domain.stable_hash import stable_hash
from providers.domain.typed import msgpack_decoder
from providers.logs import unpacked


class Claim(Struct, frozen=True, order=True, array_like=True, gc=False):
    """A line's claim on what a response used. The greatest is the best; what follows `total` only breaks ties."""

    complete: bool  # it has a stop_reason, and is not one of the copies with zeroed counts
    output: int
    total: int
    fresh: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    thinking: int
    web_searches: int


class Location(Struct, frozen=True, order=True, array_like=True, cache_hash=True):
    """Where a line was logged; "" for what is unknown. Of locations with the same time the least is taken.

    `copied` is for lines of the session that this one was forked from, and `account` the vendor's id.
    """

    copied: bool
    session: str
    root: str
    project: str
    account: str


class Served(Struct, frozen=True, order=True, array_like=True, cache_hash=True):
    """By which model, and on which terms, a response was made; "" for what is unknown or standard."""

    model: str
    effort: str
    tier: str


WITHOUT_REQUEST = "?"


class ResponseRow(Struct, array_like=True, gc=False):
    """A response in an observation; `place` and `served` are indexes there.

    `message` is the end of its own id, "" where it has none; before it stands WITHOUT_REQUEST where it has no
    request id.
    """

    key: int
    message: str
    at: float
    place: int
    served: int
    claim: Claim


class SentRow(Struct, frozen=True, array_like=True, gc=False):
    """A message of the person; `at` in epoch seconds, `place` is an index."""

    key: int
    at: float
    place: int


class Sums(TokenUsage, frozen=True, array_like=True, gc=False):
    """What several responses used."""

    web_searches: int = 0

    def usage(self) -> TokenUsage:
        """The tokens alone."""
        return TokenUsage(*astuple(self)[:-1])


class SessionTotal(Struct, frozen=True, array_like=True):
    """What a session had used in all, by model, as it logged; `at` is the time of the dated line before
    (epoch seconds).

    `started_ms` names the process in which the sum began, and `ran_ms` is how long it and all since then ran.
    `usd` is what the program takes it to have cost, None if unknown.
    """

    place: int
    at: float
    started_ms: float
    ran_ms: float
    sums: dict[str, Sums]
    usd: float | None = None


Row = TypeVar("Row")


class ObservationOf(Struct, Generic[Row], array_like=True):
    """What is kept of a transcript; `make` is that of Transcripts, and `rows` are decoded or not.

    `last_at` is the latest time of a line (epoch seconds), `account` that of the session now. `unnamed` is
    for a transcript without request ids: of each message id since the last prompt the first line, by its
    uuid; None where there was none yet. `beside` are the causes of requests without a line that were seen, by
    session, and `versions` those of the program at the first and at the last response; older makes have neither.
    """

    make: Literal["claude 4", "claude 5"]
    skipped: int
    places: list[Location]
    messages: list[SentRow]
    served: list[Served]
    rows: list[Row]
    states: list[SessionTotal]
    last_at: float
    account: str
    unnamed: dict[str, str] | None
    beside: dict[str, list[Cause]] = {}
    versions: tuple[str, str] = ("", "")


Observation = ObservationOf[ResponseRow]
PackedObservation = ObservationOf[msgspec.Raw]


class RowStart(Struct, array_like=True, gc=False):
    """How a row begins: enough to tell which response it is, and when and where it was logged."""

    key: int
    message: str
    at: float
    place: int


MAKE = "claude 5"


@lru_cache(maxsize=64)  # most logs of a home are of one
def known_account(account: str) -> str | None:
    """The name of an account by the vendor's id; None for an unknown one."""
    return account_id("claude", account) if account else None


encode = msgspec.msgpack.Encoder().encode
_decoder = msgpack_decoder(Observation)
_packed = msgpack_decoder(PackedObservation)
row = msgpack_decoder(ResponseRow).decode
row_start = msgpack_decoder(RowStart).decode


def observed(observation: bytes) -> Observation:
    """Raises ValueError for one of another make."""
    return unpacked(observation, _decoder)


def packed(observation: bytes) -> PackedObservation:
    """Raises ValueError for one of another make."""
    return unpacked(observation, _packed)


def claim(spent: Spent, stopped: bool) -> Claim:
    """What a line claims. A part never exceeds its whole; a whole that is missing is the sum of its parts."""
    fresh, output = spent.input_tokens or 0, spent.output_tokens or 0
    read, lasting = spent.cache_read_input_tokens or 0, spent.cache_creation
    hour = lasting.ephemeral_1h_input_tokens or 0 if lasting else 0
    written = spent.cache_creation_input_tokens
    if written is None:
        written = hour + (lasting.ephemeral_5m_input_tokens or 0) if lasting else 0
    details, tools = spent.output_tokens_details, spent.server_tool_use
    total = fresh + read + written + output
    return Claim(  # by position: there is one for every line
        stopped and total > 0,
        output,
        total,
        fresh,
        read,
        written,
        min(hour, written),
        min(details.thinking_tokens or 0, output) if details else 0,
        tools.web_search_requests or 0 if tools else 0,
    )


def sums(total: ModelTotal) -> Sums:
    """What a session used of a model; a part never exceeds its whole."""
    return Sums(
        total.input_tokens,
        total.cache_read_input_tokens,
        total.cache_creation_input_tokens,
        min(total.cache_creation_ephemeral_1h_input_tokens, total.cache_creation_input_tokens),
        total.output_tokens,
        min(total.thinking_tokens, total.output_tokens),
        total.web_search_requests,
    )


def links(kept: Observation) -> set[int]:
    """The names that a transcript may share: its responses, its sessions, and where the totals of these began."""
    keys = {row.key for row in kept.rows} | {row.key for row in kept.messages}
    return keys | shared_names({place.root for place in kept.places}, kept.states)


def shared_names(sessions: Iterable[str], states: Iterable[SessionTotal]) -> set[int]:
    names = {("session", session) for session in sessions} | {
        ("started", state.started_ms) for state in states
    }
    return {stable_hash(repr(name).encode()) for name in names}
