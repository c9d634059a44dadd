"""What a provider's public status page reports. Immutable, no I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Impact = Literal["maintenance", "minor", "major", "critical"]


class Incident(Struct, frozen=True, kw_only=True):
    """The worst unresolved incident of a provider; `title` is its own name for it."""

    title: str
    impact: Impact
    updated_at: datetime | None = None
