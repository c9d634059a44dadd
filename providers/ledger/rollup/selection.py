"""Which responses are asked for, and what their sums are grouped by."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from typing import Literal, get_args

from msgspec import Struct

Dimension = Literal[
    "day",
    "week",
    "month",
    "weekday",
    "part_of_day",
    "provider",
    "account",
    "home",
    "project",
    "model",
    "effort",
    "thread",
    "session",
]
"""`day`, `week` (its Monday) and `month` (its first day) are dates; `weekday` is 0 (Monday) to 6; `part_of_day` an
index of PARTS_OF_DAY; `account` an account's id; `home` a label; `thread` the session that a person started, whose
subagents' own are `session`. All but dates and numbers are text, UNKNOWN where no log says.
"""
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
PARTS_OF_DAY = ((0, 6), (6, 12), (12, 17), (17, 22), (22, 24))
"""Hours of the local day, the second not included."""

Key = tuple[date | int | str, ...]


class Selection(Struct, frozen=True, kw_only=True):
    """Local days in `zone`, both included, None without a bound; of the rest None means all."""

    zone: tzinfo = UTC
    since: date | None = None
    until: date | None = None
    provider: str | None = None
    account: str | None = None
    home: str | None = None
    project: str | None = None
    model: str | None = None
