"""What the tray shows, at one moment: the snapshot and what is going on."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from providers.domain.limits import UsageSnapshot

TOLD_FOR = timedelta(days=1)
"""How long an early reset is news."""


class State(Struct, frozen=True, kw_only=True):
    """`snapshot` is None until the first look; `refreshing`: servers are being asked; `counting`: logs read.

    `progress` is the share of the logs that is read, 0-1; None while nothing is counted or nobody can tell.
    `trouble` is a sentence on what keeps the logs from being counted; the figures of the last count stay.
    `settings_trouble` is one on what in the settings does not count.
    """

    snapshot: UsageSnapshot | None = None
    refreshing: bool = False
    counting: bool = False
    progress: float | None = None
    trouble: str | None = None
    settings_trouble: str | None = None
