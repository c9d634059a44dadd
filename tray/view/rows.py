"""What a menu is made of, on every desktop."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Action = Literal["refresh", "quit"]


class Row(Struct, frozen=True, kw_only=True):
    """One line of the menu.

    `key` names the row for as long as it lives, so that an open menu can be changed in place; a key never
    changes from text to separator. `action` is None for a row that only tells.
    """

    key: str
    text: str = ""
    action: Action | None = None
    separator: bool = False
