"""The windows of the range of the address, and what was used in each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from providers.domain.cost import Tally
from providers.ledger.report import day_span
from providers.ledger.rollup.selection import Filter
from providers.ledger.windows import WindowRecord
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount
from tray.view.window_sums import Between

EVER = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def asked_span(data: PageData) -> tuple[datetime, datetime]:
    """From when until before when, by the days of the address."""
    start, end = day_span(data.selection.since, data.selection.until, data.zone)
    return start or EVER[0], end or EVER[1]


def records_of(data: PageData, account: LimitAccount, window: str | None = None) -> list[WindowRecord]:
    """Those that were open at some time in the range, oldest first. Raises LedgerError."""
    since, until = asked_span(data)
    return data.costs.ledger.windows(since, until, account.id, window)


def used_between(data: PageData, account: LimitAccount, *, filtered: bool = True) -> Between:
    """What the account used between two moments; `filtered`: of the home, project and model of the address.

    What it returns raises LedgerError.
    """
    filters: dict[Filter, str] = {**(data.selection.filters if filtered else {}), "account": account.id}

    def between(since: datetime, until: datetime) -> Tally:
        if until - since <= timedelta(0):
            return Tally(usd=0.0)
        found = data.rollup.tallies_between(since, until, (), filters)
        return found.get((), Tally(usd=0.0))

    return between


def filter_note(data: PageData) -> str | None:
    """That limits know nothing of the filters by project and model, where there are any."""
    given = [name for name in ("project", "model") if getattr(data.query, name)]
    if not given:
        return None
    return (
        "Limits are those of whole accounts: the filter by"
        f" {' and '.join(given)} counts for tokens and cost alone."
    )
