"""Parts of SQL statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

CHUNK = 500


def chunks(values: Iterable[int]) -> Iterator[list[int]]:
    rest = list(values)
    for start in range(0, len(rest), CHUNK):
        yield rest[start : start + CHUNK]


def marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
