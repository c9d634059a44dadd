"""How a provider's logs are read: all that the ledger must know to keep count of them.

A log is read line by line into an **observation**: bytes of the provider's own making, small, without a word of
what was said, from which reading can go on where it stopped. What was billed is decided from the observations
of all logs that have to do with each other, and from nothing else; so it does not matter in which order, in how
many pieces, or how often they were read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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


class LogReader(Protocol):
    """Takes the lines of one log in their order."""

    def take(self, line: bytes | bytearray) -> None:
        """One wanted line; never raises. One that is not understood is counted in `skipped`."""

    @property
    def skipped(self) -> int: ...

    def links(self) -> Iterable[int]:
        """Hashed names that this log may share with others: logs with one in common are judged together."""

    def last_ms(self) -> int:
        """In epoch ms a time after which it tells of no response; 0 where it tells of none."""

    def observation(self) -> bytes:
        """All that is worth keeping; `LogFormat.reader` goes on from it."""


class Observed(Struct, frozen=True):
    """An observation and the home it was made in. Its log may be gone by now: what was counted stays counted."""

    home: Path
    observation: bytes


class LogFormat(Protocol):
    """How a provider's logs are found, read and judged."""

    @property
    def make(self) -> str:
        """Another word whenever observations come out otherwise: all logs that are there are read anew then."""

    @property
    def folders(self) -> Sequence[str]:
        """Where logs are, below a home."""

    @property
    def unwanted(self) -> re.Pattern[bytes]:
        """Matches the head of a line that is known to be irrelevant."""

    def is_log(self, name: str) -> bool: ...

    def reader(self, path: str, observation: bytes | None = None) -> LogReader:
        """A reader for a new log, or one that goes on; raises ValueError for an observation of another make."""

    def resolve(self, observed: Sequence[Observed]) -> list[BilledResponse]:
        """Each response that these logs tell of once. The same for any order of `observed`."""
