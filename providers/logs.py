"""How a provider's logs are read: the interface between the ledger and log formats.

    LogDiscovery   where a home's logs are, and which files are logs
    LogScanner     reads one log into an observation: line by line (ledger/line_scanner), or otherwise
    LogFormat      both of these, and how observations become billed responses

An **observation** is a small payload in the provider's own encoding, without any text of a prompt or answer. What
was billed is resolved from the observations of all logs that share responses, and from nothing else; so it does
not matter in which order, in how many pieces, or how often they were read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from providers.domain.cost import BilledResponse, SentMessage

T = TypeVar("T")


class MalformedLine(ValueError):
    """A line that is no JSON object, has a field of another type than its program writes, or an impossible
    time.
    """


def unpacked(observation: bytes, decoder: msgspec.msgpack.Decoder[T]) -> T:
    """A decoded observation; raises ValueError for one of another format version."""
    try:
        return decoder.decode(observation)
    except msgspec.MsgspecError as error:
        raise ValueError("an observation of another make") from error


def common_prefix_length(one: Sequence[T], other: Sequence[T]) -> int:
    """How many equal members both begin with."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    return next(place for place in range(length) if one[place] != other[place])


class LogDiscovery(Protocol):
    """Where a home's logs are, and which files are logs."""

    @property
    def folders(self) -> Sequence[str]:
        """Folders below a home that hold logs, at any depth."""

    @property
    def files(self) -> Sequence[str]:
        """Logs at a fixed path below a home, outside `folders`; empty for most formats."""

    @property
    def companions(self) -> Sequence[str]:
        """Suffixes of files that are written beside a log and belong to it, such as SQLite's "-wal": a change in
        one is a change of the log. Empty for most formats.
        """

    def is_log(self, name: str) -> bool:
        """Whether a file of this name, anywhere in `folders`, is a log."""


class Checkpoint(Struct, frozen=True):
    """Where the last scan of a log ended: the fields of its `ScanResult`, as the ledger stored them."""

    offset: int
    fingerprint: bytes
    skipped: int
    observation: bytes


class ScanResult(Struct, frozen=True, kw_only=True):
    """Everything that a log holds, from its start to where the scan ended.

    `links` are hashed names that it may share with other logs: those with one in common are resolved together.
    No response is later than `last_ms` (epoch ms, 0 without any response). `offset` is the number of bytes
    scanned, the file's size for a log that is read whole. `fingerprint` lets the next scan recognize what was
    scanned; it never quotes the log. `skipped` counts damaged records. `complete` is False where the log could not
    be read to its end: the next refresh tries again, or, if it is `torn`, the first one after the file has
    changed. `same_log` is False where another log has taken the path of
    the one that the checkpoint belongs to.
    """

    observation: bytes
    links: frozenset[int]
    last_ms: int
    offset: int
    fingerprint: bytes = b""
    skipped: int = 0
    complete: bool = True
    torn: bool = False
    same_log: bool = True


class LogScanner(Protocol):
    """Reads logs one after another, in one thread: it may hold a buffer."""

    def scan(self, path: str, checkpoint: Checkpoint | None = None) -> ScanResult:
        """Scan a log from its start, or go on from a checkpoint where that is possible.

        A checkpoint of another version, or one that the content no longer matches, means a scan from the start.
        Raises OSError or ValueError if the log cannot be read; the ledger then keeps what it has of it.
        """


class Observed(Struct, frozen=True):
    """An observation and the home it was made in. Its log may be deleted by now: what was counted stays so."""

    home: Path
    observation: bytes


class Resolved(Struct, frozen=True):
    """Each response in some logs once, and each message that the person sent: not what a program or a model wrote
    in their place.
    """

    responses: list[BilledResponse]
    messages: list[SentMessage]


class LogChange(Struct, frozen=True):
    """What was observed of a log, and what is now; `before` is None for a log that is new."""

    before: bytes | None
    now: bytes


class LogGrowth(Struct, frozen=True):
    """Observations in which only what changed is left: what is resolved of `now`, less what is resolved of
    `before`, is what changed in all. `links` are the new ones; of `unshared` names no other log may have one.
    """

    before: bytes
    now: bytes
    links: frozenset[int]
    unshared: frozenset[int]


class LogFormat(LogDiscovery, Protocol):
    """How a provider's logs are found, scanned and resolved."""

    @property
    def make(self) -> str:
        """The version of its observations: when it changes, all existing logs are read again."""

    def scanner(self) -> LogScanner:
        """A new scanner; each refresh has its own."""

    def links(self, observation: bytes) -> frozenset[int]:
        """Those of the `ScanResult` with this observation; raises ValueError for one of another version."""

    def resolve(self, observed: Sequence[Observed]) -> Resolved:
        """What these logs hold. The same for any order of `observed`."""

    def pieces(self, observation: bytes) -> Iterator[bytes] | None:
        """A large observation in smaller ones: what is resolved of each adds up to what is resolved of all, where
        no other log is related to it. None where that is not so. Raises ValueError as `links` does.
        """

    def summary(self, observation: bytes) -> Any:
        """What `growth` has to know of another log of the part: small, and only ever kept in memory.

        Raises ValueError for an observation of another version.
        """

    def growth(self, change: LogChange, others: Sequence[Any]) -> LogGrowth | None:
        """What is left of a change in a log; `others` are the summaries of the other logs of its part.

        None where it may change what is resolved of them, so that all must be resolved anew. Raises ValueError as
        `links` does.
        """
