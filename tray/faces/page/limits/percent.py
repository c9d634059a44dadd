"""What one percent of a week is worth for each account: whatever the range and the filters, it is its property."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from providers.ledger.history import without_glitches
from providers.ledger.windows import WindowRecord
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import limit_accounts
from tray.faces.page.limits.windows import EVER, by_account, roughly_used_between
from tray.view.percent_value import HERE, PercentValue, percent_value, samples, share_here

WINDOW = "weekly"
_MOST = 12
"""So many weeks: plans change, and so do limits."""
DAY = timedelta(days=1)

Values = dict[str, PercentValue | None]


def percent_values(data: PageData) -> Values:
    """By the ids of the accounts that have weeks; None where it is not known. Raises LedgerError."""
    return data.once("what one percent is worth", lambda: _values(data))


def _values(data: PageData) -> Values:
    records = by_account(data.costs.ledger.limits.windows(*EVER, window=WINDOW))
    found: Values = {}
    for account in limit_accounts(data):
        weeks = records.get(account.id, [])[-_MOST - 1 :]
        if weeks or WINDOW in account.titles:
            between, is_here = roughly_used_between(data, account), _is_here(data, account.id, weeks)
            found[account.id] = percent_value(samples(weeks, between, data.now, is_here))
    return found


def _is_here(
    data: PageData, account: str, weeks: Sequence[WindowRecord]
) -> Callable[[datetime, datetime], bool]:
    """Whether the account was used on this computer alone in a span: by its readings and the responses here."""
    if not weeks:
        return lambda _since, _until: True
    begin = weeks[0].starts_at
    changes = without_glitches(data.costs.ledger.limits.series(account, WINDOW, begin, data.now))
    quarters = data.rollup.used_quarters(begin - DAY, data.now, {"account": account})

    def is_here(since: datetime, until: datetime) -> bool:
        share = share_here(changes, quarters, since, until)
        return share is None or share >= HERE

    return is_here
