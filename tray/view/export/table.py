"""A table that is written while it is read."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

Cell = str | int | float | bool | None
Row = tuple[tuple[Cell, ...], tuple[Cell, ...]]
"""The cells of Table's `shared`, and those of its `lead` and `tail`. An unknown one is None."""


class Table(Struct, frozen=True, kw_only=True):
    """The names of its columns from left to right, and its rows.

    Cells in `shared` may be any text. Rows that have these in common share the tuple: a writer looks at it once.
    All others are numbers, and in the columns of `texts` texts of our own that need no quotes: times and days.
    """

    lead: tuple[str, ...]
    shared: tuple[str, ...]
    tail: tuple[str, ...]
    texts: frozenset[str]
    rows: Iterable[Row]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.lead, *self.shared, *self.tail)
