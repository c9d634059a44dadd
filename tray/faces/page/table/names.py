"""Names that others chose, as a page shows them: nothing in them that cannot be read, and not too long. Pure."""

from __future__ import annotations

from msgspec import Struct

from providers.domain.visible import sound, visible

LONGEST = 48
"""Characters of a name in a table; the rest is in the markup."""


class ShownName(Struct, frozen=True, kw_only=True):
    """`full` is all that can be read of it, `address` that of the page with this filter, "" if there is none."""

    shown: str
    full: str
    address: str = ""


def named(text: str, address: str = "", *, longest: int = LONGEST) -> ShownName:
    full = readable(text)
    return ShownName(shown=middle(full, longest), full=full, address=address)


def readable(text: str) -> str:
    """On one line, with a blank for each character that is none to be read."""
    return visible(sound(text)).replace("\n", " ")


def middle(text: str, longest: int) -> str:
    """Shortened in the middle: paths differ at their ends."""
    if len(text) <= longest:
        return text
    head = (longest - 1) // 3
    return f"{text[:head]}…{text[head + 1 - longest :]}"
