"""What starts tankful at login, whichever platform reads it, and how a change of it may fail."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct


class AutostartError(Exception):
    """It cannot be switched here; str() is what is in the way, and what to do about it."""


class LoginItemStatus(Struct, frozen=True):
    """`changed`: there is a login item, but not as this tankful would write it. `starts`: whether a login starts
    a tankful, as far as can be seen. `detail` is for a person: where, and what to do.
    """

    kind: Literal["on", "off", "changed"]
    starts: bool
    detail: str = ""


class LoginItem(Protocol):
    """All of it reads and writes the disk, and may be called from any thread."""

    def status(self) -> LoginItemStatus:
        """As it is now; never raises."""

    def switch_on(self) -> str:
        """Write it, or leave it where it is right already; says where. Raises AutostartError."""

    def switch_off(self) -> str:
        """Remove what `switch_on` wrote, and nothing else; says what was done. Raises AutostartError."""
