"""What `tankful hook` recorded of live sessions, in the state folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from providers.sessions import HookRecord

FOLDER = "live"


def read(_state_folder: str, _now: datetime) -> Mapping[tuple[str, str], HookRecord]:
    return {}
