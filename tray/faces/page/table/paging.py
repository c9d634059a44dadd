"""A long list in pages. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct

from tray.faces.page.query import PageQuery

_Row = TypeVar("_Row")
ROWS = 50
"""On one page."""


class PageLinks(Struct, frozen=True, kw_only=True):
    """Rows `first` to `last` of `count` are shown; addresses are "" where there is no page."""

    first: int
    last: int
    count: int
    newer: str = ""
    older: str = ""


def paged(rows: Sequence[_Row], query: PageQuery) -> tuple[Sequence[_Row], PageLinks]:
    """The rows of the page that the address names, from 1; the last one where there are not so many."""
    pages = max(1, -(-len(rows) // ROWS))
    digits = query.page if query.page.isascii() and query.page.isdigit() else "1"
    number = min(max(int(digits[:9]), 1), pages)
    start = (number - 1) * ROWS
    shown = rows[start : start + ROWS]
    return shown, PageLinks(
        first=min(start + 1, len(rows)),
        last=start + len(shown),
        count=len(rows),
        newer=_address(query, number - 1) if number > 1 else "",
        older=_address(query, number + 1) if number < pages else "",
    )


def _address(query: PageQuery, number: int) -> str:
    return query.with_(page="" if number == 1 else f"{number}").address
