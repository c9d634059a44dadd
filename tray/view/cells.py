"""How many columns of a terminal a text takes. Pure, with the standard library alone: bars need it, too."""

from __future__ import annotations

_FIRST_MARK = "\u0300"
"""Below it all characters have one column."""


def cells_of(text: str) -> int:
    """Marks on other characters have none, and those of East Asia two."""
    if text.isascii() or max(text) < _FIRST_MARK:
        return len(text)
    from unicodedata import category, combining, east_asian_width

    return sum(
        0 if combining(each) or category(each) in ("Me", "Mn") else 2 if east_asian_width(each) in "WF" else 1
        for each in text
    )
