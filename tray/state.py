"""What the tray shows, at one moment: the snapshot and what is going on."""

from __future__ import annotations

from msgspec import Struct

from providers.models import UsageSnapshot


class State(Struct, frozen=True, kw_only=True):
    """`snapshot` is None until the first look; `refreshing`: servers are being asked; `counting`: logs read."""

    snapshot: UsageSnapshot | None = None
    refreshing: bool = False
    counting: bool = False
