"""The windows of the range of the address, and what was used in each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from providers.ledger.rollup.selection import Filter
from providers.ledger.spans import day_span
from providers.ledger.windows import WindowRecord
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount
from tray.view.window_events import end_of
from tray.view.window_sums import Between

EVER = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def asked_span(data: PageData) -> tuple[datetime, datetime]:
    """From when until before when, by the days of the address."""
    start, end = day_span(data.selection.since, data.selection.until, data.zone)
    return start or EVER[0], end or EVER[1]


def windows_of_range(data: PageData) -> list[WindowRecord]:
    """Those that were open at some time in it, of all accounts, oldest first. Raises LedgerError."""
    return data.once("windows of the range", lambda: data.costs.ledger.limits.windows(*asked_span(data)))


def by_account(records: Iterable[WindowRecord]) -> dict[str, list[WindowRecord]]:
    found: dict[str, list[WindowRecord]] = {}
    for record in records:
        found.setdefault(record.account, []).append(record)
    return found


def is_within(record: WindowRecord, since: datetime, until: datetime) -> bool:
    """Whether it was open at some time from `since` until before `until`, as far as was seen."""
    return record.starts_at < until and (end_of(record) or record.seen_at) >= since


def used_between(data: PageData, account: LimitAccount) -> Between:
    """What the account used of the home, project and model of the address. What it returns raises LedgerError."""
    filters: dict[Filter, str] = {**data.selection.filters, "account": account.id}
    return lambda spans: data.rollup.sums_between(spans, filters)


def filter_note(data: PageData) -> str | None:
    """That limits know nothing of the filters by project and model, where there are any."""
    given = [name for name in ("project", "model") if getattr(data.query, name)]
    if not given:
        return None
    return (
        "Limits are those of whole accounts: the filter by"
        f" {' and '.join(given)} applies only to tokens and cost."
    )
