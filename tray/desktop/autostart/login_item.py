"""What starts tankful at login, whichever platform reads it, and how a change of it may fail."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct


class AutostartError(Exception):
    """It cannot be switched here; str() is the problem and the remedy."""


class LoginItemStatus(Struct, frozen=True):
    """`changed`: there is a login item, but not as this tankful would write it. `starts`: whether a login starts
    a tankful, as far as can be seen. `detail` is for a person: where, and what to do.
    """

    kind: Literal["on", "off", "changed"]
    starts: bool
    detail: str = ""


class LoginItem(Protocol):
    """All methods access the disk, and may be called from any thread."""

    def status(self) -> LoginItemStatus:
        """As it is now; never raises."""

    def switch_on(self) -> str:
        """Write it, unless it is right already; returns a sentence that names the place. Raises AutostartError."""

    def switch_off(self) -> str:
        """Remove what `switch_on` wrote, and nothing else; returns what was done. Raises AutostartError."""
