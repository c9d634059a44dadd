"""By which column a table is sorted, as an address says it: `cost`, or `-cost` for the largest first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, TypeVar

from msgspec import Struct

from tray.faces.page.query import PageQuery

_Row = TypeVar("_Row")
Direction = Literal["ascending", "descending", "none"]


class Ordering(Struct, frozen=True):
    key: str
    is_descending: bool = True

    @property
    def written(self) -> str:
        return f"-{self.key}" if self.is_descending else self.key


class SortLink(Struct, frozen=True, kw_only=True):
    """The heading of a column: `address` sorts by it, or the other way round where the table already is."""

    key: str
    title: str
    hint: str
    address: str
    direction: Direction


def ordering(query: PageQuery, keys: Collection[str], usual: Ordering) -> Ordering:
    """The one asked for; the usual one where this table has no such column."""
    key = query.sort.removeprefix("-")
    return Ordering(key, query.sort.startswith("-")) if key in keys else usual


def sort_link(
    query: PageQuery, own: Ordering, key: str, title: str, hint: str = "", *, is_text: bool = False
) -> SortLink:
    """Numbers are sorted from the largest first, texts from the first letter."""
    if own.key != key:
        wanted, direction = Ordering(key, not is_text), "none"
    else:
        wanted = Ordering(key, not own.is_descending)
        direction = "descending" if own.is_descending else "ascending"
    address = query.with_(sort=wanted.written, page="").address
    return SortLink(key=key, title=title, hint=hint, address=address, direction=direction)  # type: ignore[arg-type]


def ordered(
    rows: Iterable[_Row], own: Ordering, value: Callable[[_Row], Any], tie: Callable[[_Row], Any]
) -> list[_Row]:
    """By their values, those without one last in either direction; equal ones by `tie`."""
    by_tie = sorted(rows, key=tie)
    known = [row for row in by_tie if value(row) is not None]
    unknown = [row for row in by_tie if value(row) is None]
    return sorted(known, key=value, reverse=own.is_descending) + unknown
