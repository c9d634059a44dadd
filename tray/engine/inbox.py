"""What an engine's queue holds besides the events of `transitions`."""

from __future__ import annotations

from msgspec import Struct

from providers.domain.limits import AccountUsage
from providers.domain.live import SessionsLook
from providers.polling.targets import Target


class Refresh(Struct, frozen=True):
    """Ask again: everybody, or the accounts of a provider, or one account."""

    scope: str | None
    user_initiated: bool


class Targets(Struct, frozen=True):
    """Who is signed in where, and what is known of those that are new."""

    targets: tuple[Target, ...]
    read: tuple[AccountUsage, ...]


class MenuOpened(Struct, frozen=True):
    """A person looks at the figures."""


class FacesShow(Struct, frozen=True):
    """So many more faces show live sessions; fewer, where it is negative."""

    faces: int


class Looked(Struct, frozen=True):
    """A look at the live sessions has ended; None: it takes too long."""

    look: SessionsLook | None


class Close(Struct, frozen=True):
    """The end."""
