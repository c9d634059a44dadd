"""The limits over time: each reading is recorded in the ledger, which detects early resets."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from providers.domain.limits import AccountUsage, EarlyReset
from providers.ledger.database import LedgerError
from providers.ledger.ledger import Ledger
from tray.engine.state import EARLY_RESET_NEWS


def note(ledger: Ledger, usage: AccountUsage, now: datetime) -> AccountUsage:
    """The same account with its early resets, after recording its windows. Never raises."""
    if usage.account is None:
        return usage
    with suppress(LedgerError):  # shown when logs are counted; the limits are no worse for it
        ledger.note_limits({usage.account.id: usage.windows})
    return with_early_resets(ledger, usage, now)


def with_early_resets(ledger: Ledger, usage: AccountUsage, now: datetime) -> AccountUsage:
    """The same account with the early resets that are still recent. Never raises."""
    if usage.account is None:
        return usage
    early: dict[str, tuple[EarlyReset, ...]] = {}
    with suppress(LedgerError):
        early = ledger.early_resets([usage.account.id], now - EARLY_RESET_NEWS)
    return replace(usage, early_resets=early.get(usage.account.id, ()))
