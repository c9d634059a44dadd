"""A reason for a notice."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain.limits import AccountUsage, EarlyReset, RateWindow, furthest_reset
from tray.engine.budgets import Budget

OccasionId = tuple[str, str, str]
"""Kind, account and window: there is one such occasion at a time."""
LOGIN = "login"
UNKNOWN_LENGTH = timedelta(days=1)
ALL_ACCOUNTS = AccountUsage(provider="", title="All accounts", homes=(), key="all")
"""Stands for all of them, where a budget is one of dollars."""


class Occasion(Struct, frozen=True, kw_only=True):
    """Something that holds now. `account` is the key of the account, `window` an id, or another topic's name.

    `ends` is when it is over, or when its window was or will be reset; None if unknown. `read_at` is when the
    value behind it was fetched, None where it is certain by itself; `is_official` if a server reported it just
    then, rather than a log or a file. `usage` is what is known of the account, of which it concerns `limit`;
    `early` is the reset that came too soon, `budget` one that was set for the account, or for all of them.
    """

    kind: str
    account: str
    window: str
    ends: datetime | None = None
    read_at: datetime | None = None
    is_official: bool = True
    usage: AccountUsage
    limit: RateWindow | None = None
    early: EarlyReset | None = None
    budget: Budget | None = None

    @property
    def longest(self) -> timedelta:
        """How far ahead of now it may end, by the window or the period that it is about."""
        length: timedelta | None = UNKNOWN_LENGTH
        if self.limit is not None:
            length = self.limit.duration
        elif self.budget is not None and self.budget.starts_at and self.budget.ends_at:
            length = self.budget.ends_at - self.budget.starts_at
        return furthest_reset(length)

    @property
    def id(self) -> OccasionId:
        return self.kind, self.account, self.window
