"""The logs that a walk found, as columns: an object for each would take four times the memory, and as much time as
its `stat`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, repeat
from operator import attrgetter, le, ne
from zlib import adler32, crc32

from msgspec import Struct

# What a column of the ledger holds: some file systems have inodes and times beyond.
_LEAST, _LARGEST = -(2**63), 2**63 - 1


class LogFile(Struct, frozen=True):
    """A log as `stat` describes it.

    Its companions are included (see `providers.logs.LogDiscovery`): `size` is the sum of the sizes, in bytes, and
    `mtime_ns` the latest of the mtimes, in epoch ns. `inode` is 0 where the file system has none.
    """

    path: str
    inode: int
    size: int
    mtime_ns: int


class FoundLogs:
    """Logs in the order in which they were found; each has a place, from 0 on. The columns `inodes`, `sizes` and
    `mtimes` are as in LogFile.
    """

    def __init__(self) -> None:
        self._columns = self.inodes, self.sizes, self.mtimes = array("q"), array("q"), array("q")
        self._names: list[tuple[str, Sequence[str]]] = []
        self._starts: list[int] = []
        self._sums_of_names: tuple[int, int] | None = None

    def add(
        self, prefix: str, names: Sequence[str], inodes: list[int], sizes: list[int], mtimes: list[int]
    ) -> None:
        """Logs whose paths are made of a `prefix`, as of their folder, and their names."""
        if names:
            self._starts.append(len(self))
            self._names.append((prefix, names))
            for column, values in zip(self._columns, (inodes, sizes, mtimes), strict=True):
                try:
                    column.fromlist(values)
                except OverflowError:
                    column.fromlist([max(_LEAST, min(value, _LARGEST)) for value in values])

    def __len__(self) -> int:
        return len(self.inodes)

    def __iter__(self) -> Iterator[LogFile]:
        return map(LogFile, self.paths(), *self._columns)

    def __getitem__(self, place: int) -> LogFile:
        return LogFile(self.path(place), *(column[place] for column in self._columns))

    def __eq__(self, other: object) -> bool:
        """Whether all is the same, and in the same order."""
        if not isinstance(other, FoundLogs):
            return NotImplemented
        return self is other or (self.has_paths_of(other) and self._columns == other._columns)

    __hash__ = None  # type: ignore[assignment]

    def path(self, place: int) -> str:
        at = bisect_right(self._starts, place) - 1
        prefix, names = self._names[at]
        return prefix + names[place - self._starts[at]]

    def paths(self) -> Iterator[str]:
        return (prefix + name for prefix, names in self._names for name in names)

    def has_paths_of(self, other: FoundLogs) -> bool:
        """Whether a place is the same path in both."""
        return self._names == other._names

    def share_names(self, other: FoundLogs) -> None:
        """Of others with the same paths: what was made of them is not made again."""
        if self.has_paths_of(other):
            self._names, self._sums_of_names = other._names, other._sums_of_names

    def changed_places(self, other: FoundLogs) -> list[int]:
        """The places where anything differs between these and others that have the same paths."""
        found: set[int] = set()
        for one, another in zip(self._columns, other._columns, strict=True):
            if one != another:
                found.update(compress(range(len(one)), map(ne, one, another)))
        return sorted(found)

    def written_since(self, since_ns: int) -> Iterator[LogFile]:
        return map(self.__getitem__, compress(range(len(self)), map(le, repeat(since_ns), self.mtimes)))

    def newest(self) -> LogFile | None:
        """The one that was written last; of several the one with the last path."""
        logs = self.written_since(max(self.mtimes)) if self.mtimes else ()
        return max(logs, key=attrgetter("path"), default=None)

    def with_inodes(self, inodes: set[int]) -> Iterator[LogFile]:
        return map(self.__getitem__, compress(range(len(self)), map(inodes.__contains__, self.inodes)))

    def digest(self) -> str:
        """The same for equal ones, in any process."""
        if self._sums_of_names is None:
            texts = ("\0".join((prefix, *names, "\0")) for prefix, names in self._names)
            self._sums_of_names = _added((0, 1), (text.encode(errors="surrogatepass") for text in texts))
        return "{:08x}{:08x}".format(*_added(self._sums_of_names, self._columns))


def _added(sums: tuple[int, int], pieces: Iterable[bytes | array[int]]) -> tuple[int, int]:
    """CRC and Adler checksum, which are there without `hashlib`: that takes 3 ms to import."""
    crc, adler = sums
    for piece in pieces:
        crc, adler = crc32(piece, crc), adler32(piece, adler)
    return crc, adler
