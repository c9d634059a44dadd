"""How a provider's logs are read: all that the ledger must know to count what they hold.

    LogDiscovery   where a home's logs are, and which files are logs
    LogScanner     reads one log into an observation: line by line (ledger/line_scanner), or as its format needs
    LogFormat      both of these, and how observations become billed responses

An **observation** is bytes of the provider's own making, small, without a word of what was said. What was billed
is decided from the observations of all logs that have to do with each other, and from nothing else; so it does
not matter in which order, in how many pieces, or how often they were read.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from providers.domain.cost import BilledResponse

T = TypeVar("T")


def stable_hash(told: bytes) -> int:
    """63 bits, which fit a column and are the same in every process."""
    return int.from_bytes(blake2b(told, digest_size=8).digest(), "big") >> 1


def unpacked(observation: bytes, decoder: msgspec.msgpack.Decoder[T]) -> T:
    """An observation as its maker knows it; raises ValueError for one of another make."""
    try:
        return decoder.decode(observation)
    except msgspec.MsgspecError as error:
        raise ValueError("an observation of another make") from error


class LogDiscovery(Protocol):
    """Where a home's logs are, and which files are logs."""

    @property
    def folders(self) -> Sequence[str]:
        """Where logs are, below a home, at any depth."""

    def is_log(self, name: str) -> bool:
        """Whether a file of this name, anywhere in `folders`, is a log."""


class Checkpoint(Struct, frozen=True):
    """Where the last scan of a log ended: the ledger keeps what `ScanResult` has under these names."""

    offset: int
    fingerprint: bytes
    skipped: int
    observation: bytes


class ScanResult(Struct, frozen=True, kw_only=True):
    """All that a log holds, from its start to where the scan ended.

    `links` are hashed names that it may share with others: logs with one in common are judged together.
    `last_ms` is a time in epoch ms after which it tells of no response; 0 where it tells of none. `offset` is the
    number of bytes scanned, the file's size for a log that is read whole. `fingerprint` lets the next scan see
    whether what was scanned is still there; it never holds the log's own words. `skipped` counts damaged parts.
    `complete` is False where the log could not be read to its end: the next refresh tries again. `same_log` is
    False where another log has taken the path of the one that the checkpoint is of.
    """

    observation: bytes
    links: frozenset[int]
    last_ms: int
    offset: int
    fingerprint: bytes = b""
    skipped: int = 0
    complete: bool = True
    same_log: bool = True


class LogScanner(Protocol):
    """Reads logs one after another, in one thread: it may hold a buffer."""

    def scan(self, path: str, checkpoint: Checkpoint | None = None) -> ScanResult:
        """Scan a log from its start, or go on from a checkpoint where that is possible.

        The checkpoint may be of another make, or of another content: then the log is scanned from its start.
        Raises OSError or ValueError for a log that cannot be read; what is known of it stays.
        """


class Observed(Struct, frozen=True):
    """An observation and the home it was made in. Its log may be gone by now: what was counted stays counted."""

    home: Path
    observation: bytes


class LogFormat(LogDiscovery, Protocol):
    """How a provider's logs are found, scanned and resolved."""

    @property
    def make(self) -> str:
        """Another word whenever observations come out otherwise: all logs that are there are read anew then."""

    def scanner(self) -> LogScanner:
        """A new scanner; each refresh makes its own."""

    def links(self, observation: bytes) -> frozenset[int]:
        """As `ScanResult` had them; raises ValueError for an observation of another make."""

    def resolve(self, observed: Sequence[Observed]) -> list[BilledResponse]:
        """Each response that these logs tell of once. The same for any order of `observed`."""
