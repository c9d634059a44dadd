"""Of the accounts what live sessions need: who is signed in to a home, and how far its week is used. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from providers.domain.blocked import blocked
from providers.domain.limits import AccountUsage, RateWindow
from providers.live.compose import Accounts, HomeAccount
from providers.source import Home

_WEEKLY = "weekly"


def home_accounts(accounts: Iterable[AccountUsage], homes: Iterable[Home], now: datetime) -> Accounts:
    """By the paths of these homes; those of which nothing is known are absent."""
    known = {(usage.provider, label): usage for usage in accounts for label in usage.homes}
    return {
        home.path: _home_account(usage, now)
        for home in homes
        if (usage := known.get((home.provider, home.label))) is not None
    }


def _home_account(usage: AccountUsage, now: datetime) -> HomeAccount:
    block = blocked(usage, now)
    week = next((lane.value for lane in usage.windows if lane.value.id == _WEEKLY), None)
    since = _begin(week, now) if week is not None else None
    return HomeAccount(
        id=usage.account.id if usage.account else None,
        is_blocked=block is not None and block.credits_left is not True,
        week_percent=week.used_percent if week is not None and since is not None else None,
        week_since=since,
    )


def _begin(window: RateWindow, now: datetime) -> datetime | None:
    """None where it is not known, and where it has ended since it was read."""
    if window.resets_at is None or window.duration is None or window.resets_at <= now:
        return None
    return window.resets_at - window.duration
