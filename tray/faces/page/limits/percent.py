"""What one percent of a week is worth for each account: whatever the range and the filters, it is its property."""

from __future__ import annotations

from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import limit_accounts
from tray.faces.page.limits.windows import EVER, by_account, roughly_used_between
from tray.view.percent_value import PercentValue, percent_value, samples

WINDOW = "weekly"
_MOST = 12
"""So many weeks: plans change, and so do limits."""
_KEPT = "what one percent is worth"

Values = dict[str, PercentValue | None]


def percent_values(data: PageData) -> Values:
    """By the ids of the accounts that have weeks; None where it is not known. Raises LedgerError."""
    if _KEPT not in data.kept:
        data.kept[_KEPT] = _values(data)
    found: Values = data.kept[_KEPT]
    return found


def _values(data: PageData) -> Values:
    records = by_account(data.costs.ledger.windows(*EVER, window=WINDOW))
    found: Values = {}
    for account in limit_accounts(data):
        weeks = records.get(account.id, [])[-_MOST - 1 :]
        if weeks or WINDOW in account.titles:
            between = roughly_used_between(data, account)
            found[account.id] = percent_value(samples(weeks, between, data.now))
    return found
