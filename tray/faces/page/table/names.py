"""Names that others chose, as a page shows them: nothing in them that cannot be read, and not too long. Pure."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.visible import sound, visible
from tray.view.cost_groups import folder_name

LONGEST = 48
"""Characters of a name in a table; the rest is in the markup."""
_LONGEST_PROJECT = 32


class ShownName(Struct, frozen=True, kw_only=True):
    """`full` is all that can be read of it, `address` that of the page with this filter, "" if there is none."""

    shown: str
    full: str
    address: str = ""


def named(text: str, address: str = "", *, longest: int = LONGEST) -> ShownName:
    full = readable(text)
    return ShownName(shown=middle(full, longest), full=full, address=address)


def project_named(folder: str, address: str = "") -> ShownName:
    """A project by its last folder: the whole of it is in the markup."""
    return replace(named(folder, address), shown=named(folder_name(folder), longest=_LONGEST_PROJECT).shown)


def readable(text: str) -> str:
    """On one line, with a blank for each character that is none to be read."""
    return visible(sound(text)).replace("\n", " ")


def middle(text: str, longest: int) -> str:
    """Shortened in the middle: paths differ at their ends."""
    if len(text) <= longest:
        return text
    head = (longest - 1) // 3
    return f"{text[:head]}…{text[head + 1 - longest :]}"
