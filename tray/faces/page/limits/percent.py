"""What one percent of a window is worth for each account, whatever the range and the filters."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from providers.domain.limits import ACCOUNT_WINDOWS
from providers.domain.window_value import LEAST_PERCENT, PercentWorth
from providers.ledger.window_use import WindowUse
from providers.ledger.windows import WindowRecord
from tray.engine.window_figures import KEPT, is_over, worth
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import limit_accounts

WEEKLY = "weekly"


class WindowWorth(Struct, frozen=True):
    """`elsewhere` is how many windows do not count since they were used on other machines, too."""

    percent: PercentWorth
    elsewhere: int


Values = dict[str, dict[str, WindowWorth]]


def percent_values(data: PageData) -> Values:
    """By the ids of the accounts that have such windows, and by window. Raises LedgerError."""
    return data.once("what one percent is worth", lambda: _values(data))


def use_of(data: PageData, record: WindowRecord) -> WindowUse | None:
    """What was logged of that window; None of one of long ago. Raises LedgerError."""
    return _uses(data).get(_name(record))


def uses_by_window(data: PageData) -> dict[tuple[str, str], list[WindowUse]]:
    """By account and window, oldest first. Raises LedgerError."""
    found: dict[tuple[str, str], list[WindowUse]] = {}
    for use in _uses(data).values():
        found.setdefault((use.record.account, use.record.window), []).append(use)
    return found


def _values(data: PageData) -> Values:
    by_window = uses_by_window(data)
    found: Values = {}
    for account in limit_accounts(data):
        shown = [
            each for each in ACCOUNT_WINDOWS if each in account.titles or (account.id, each) in by_window
        ]
        values = {window: _worth(by_window.get((account.id, window), []), data.now) for window in shown}
        if values:
            found[account.id] = values
    return found


def _worth(uses: list[WindowUse], now: datetime) -> WindowWorth:
    over = [each.rise for each in uses if is_over(each.record, now)]
    return WindowWorth(
        worth(uses, now), sum(each.percent >= LEAST_PERCENT and not each.counts for each in over)
    )


Uses = dict[tuple[str, str, datetime], WindowUse]


def _uses(data: PageData) -> Uses:
    def read() -> Uses:
        accounts = {each.id for each in limit_accounts(data)}
        file = data.scope.folders.cache / KEPT
        uses = data.costs.ledger.limits.recent_uses(accounts, data.now, file)
        return {_name(each.record): each for each in uses}

    return data.once("what was logged of windows", read)


def _name(record: WindowRecord) -> tuple[str, str, datetime]:
    return record.account, record.window, record.starts_at
