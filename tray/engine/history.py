"""The limits over time: each reading is recorded in the ledger, which knows early resets and the rates of use."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, tzinfo

from msgspec.structs import replace

from providers.domain.limits import AccountUsage
from providers.ledger.database import LedgerError
from providers.ledger.ledger import Ledger
from providers.ledger.limit_news import LimitNews
from tray.engine.state import EARLY_RESET_NEWS


def note(ledger: Ledger, usage: AccountUsage, now: datetime, zone: tzinfo, work_days: str) -> AccountUsage:
    """The same account with its early resets and rates, after recording its windows. Never raises."""
    try:
        news = ledger.limits.note(usage, now, now - EARLY_RESET_NEWS, zone, work_days)
    except LedgerError:  # shown when logs are counted; the limits are no worse for it
        return with_news(ledger, usage, now, zone, work_days)
    return replace(usage, early_resets=news.early_resets, rates=news.rates, used_today=news.used_today)


def with_news(
    ledger: Ledger, usage: AccountUsage, now: datetime, zone: tzinfo, work_days: str
) -> AccountUsage:
    """The same account with the early resets that are still recent, and the rates of use. Never raises."""
    if usage.account is None:
        return usage
    news = LimitNews()
    with suppress(LedgerError):
        news = ledger.limits.news(usage, now, now - EARLY_RESET_NEWS, zone, work_days)
    return replace(usage, early_resets=news.early_resets, rates=news.rates, used_today=news.used_today)
