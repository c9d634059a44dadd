"""Parts of SQL statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T", int, str)

CHUNK = 500
"""Below 999, the most placeholders that an old SQLite takes in one statement."""


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most CHUNK of them."""
    rest = list(values)
    for start in range(0, len(rest), CHUNK):
        yield rest[start : start + CHUNK]


def placeholders(values: Sequence[object]) -> str:
    """As many as there are values, for `IN (…)` and `VALUES (…)`."""
    return ", ".join("?" * len(values))
