"""How loud a window is to be shown: by what is left of it, and by whether it runs out before its reset. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Literal

from providers.domain.limits import AccountUsage, RateWindow
from providers.domain.pace import pace_of
from providers.domain.rules import LOW_PERCENT, SCARCE_PERCENT
from tray.view import format as fmt

Level = Literal["plenty", "low", "scarce", "spent"]


def level(
    usage: AccountUsage, window: RateWindow, now: datetime, zone: tzinfo | None, work_days: str
) -> Level:
    left = fmt.left_percent(window.used_percent)
    if left <= SCARCE_PERCENT:
        return "scarce" if left > 0 else "spent"
    if left <= LOW_PERCENT:
        return "low"
    pace = pace_of(usage, window, now, zone, work_days)
    return "low" if pace is not None and pace.verdict == "runs_out" else "plenty"
