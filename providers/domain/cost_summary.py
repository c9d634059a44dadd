"""The cost figures that faces show at a glance."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from providers.domain.cost import Burn


class DayCost(Struct, frozen=True, kw_only=True):
    """A local day; `usd` is None if no price of its models is known."""

    day: date
    usd: float | None
    tokens: int


class CostSummary(Struct, frozen=True, kw_only=True):
    """The cost figures of the menu, as in HomeFigures. `has_logs` is False if no log was ever written.

    `unpriced_models` are those whose responses of the 30 days have no price. `last_days` are those of the last
    DAYS_SHOWN that are known, oldest first. `month_usd` is None if this month was never counted. `burn` is None if
    unknown, or while nothing is used. `not_on_lines` are part of the 30 days.
    """

    today_usd: float | None
    today_tokens: int
    days_30_usd: float | None
    days_30_tokens: int
    priced: Literal["full", "partial", "none"]
    complete: bool
    has_logs: bool
    unpriced_models: tuple[str, ...] = ()
    days_7_usd: float | None = None
    days_7_tokens: int = 0
    month_usd: float | None = None
    month_tokens: int = 0
    burn: Burn | None = None
    last_days: tuple[DayCost, ...] = ()
    not_on_lines_usd: float | None = None
    not_on_lines_tokens: int = 0
