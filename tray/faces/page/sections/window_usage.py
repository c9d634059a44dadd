"""What was used in each week, and in each of the last windows of five hours: tokens and cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain.limits import ACCOUNT_WINDOWS
from providers.ledger.database import LedgerError
from providers.ledger.window_log import window_length
from providers.ledger.windows import WindowRecord
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount, limit_accounts
from tray.faces.page.limits.windows import asked_span, filter_note, records_of, used_between
from tray.faces.page.table.columns import TallyCell, cost_cell, count_cell
from tray.view import format as fmt
from tray.view.window_events import end_of, used_text
from tray.view.window_sums import WindowSum, window_sums

SHORT = timedelta(days=3)
"""Windows of five hours are many: those of the last days of the range."""
_MOST = 60
_FAR = 6
"""In so many times its length the window before is looked for: after a longer pause, nothing compares."""
_NONE = "No window of these days is known."


class WindowUsageRow(Struct, frozen=True, kw_only=True):
    """`change` is that of the tokens to the window before, "" where there is nothing to compare."""

    span: str
    began_at: str
    used: str
    used_full: str
    tokens: TallyCell
    cost: TallyCell
    responses: TallyCell
    change: str
    current: bool
    incomplete: bool
    early: bool


class WindowUsageTable(Struct, frozen=True, kw_only=True):
    """The windows of one account and one kind; `note` says which are left out."""

    account: str
    window: str
    rows: tuple[WindowUsageRow, ...]
    note: str = ""


class WindowUsage(Struct, frozen=True, kw_only=True):
    tables: tuple[WindowUsageTable, ...] = ()
    notes: tuple[str, ...] = ()
    empty: str = _NONE
    problem: str = ""


def build(data: PageData) -> WindowUsage:
    try:
        tables = tuple(table for account in limit_accounts(data) for table in _tables(data, account))
    except LedgerError as error:
        return WindowUsage(problem=str(error))
    note = filter_note(data)
    return WindowUsage(tables=tables, notes=(note,) if note is not None else ())


def _tables(data: PageData, account: LimitAccount) -> Iterator[WindowUsageTable]:
    """Weeks first; a month where there is one."""
    for window in ("weekly", "monthly", "session"):
        records, note = _shown(records_of(data, account, window), data)
        if records:
            yield WindowUsageTable(
                account=account.label,
                window=account.window_title(window),
                rows=tuple(_rows(data, account, records)),
                note=note,
            )


def _shown(records: list[WindowRecord], data: PageData) -> tuple[list[WindowRecord], str]:
    if not records or records[-1].window != ACCOUNT_WINDOWS[0]:
        return records[-_MOST:], f"The newest {_MOST}." if len(records) > _MOST else ""
    _, until = asked_span(data)
    begin = min(until, data.now) - SHORT
    newest = [record for record in records if (end_of(record) or data.now) > begin][-_MOST:]
    note = f"Those of the last {SHORT.days} days of the range." if len(newest) < len(records) else ""
    return newest, note


def _rows(data: PageData, account: LimitAccount, records: list[WindowRecord]) -> Iterator[WindowUsageRow]:
    first, ledger = records[0], data.costs.ledger
    earlier = ledger.windows(
        first.starts_at - _FAR * _length(first), first.starts_at, account.id, first.window
    )
    compared = [record for record in earlier if record.starts_at < first.starts_at][-1:]
    first_look = None if compared else _first_look(data, first)
    sums = window_sums([*compared, *records], used_between(data, account), data.now, first_look)
    for each in sums[: len(records)]:
        yield _row(each, data)


def _length(record: WindowRecord) -> timedelta:
    return window_length(record.window) or SHORT


def _first_look(data: PageData, record: WindowRecord) -> datetime | None:
    """The first reading of the window, or one before it began."""
    until = end_of(record) or data.now
    changes = data.costs.ledger.limit_series(record.account, record.window, record.starts_at, until)
    return changes[0].at if changes else None


def _row(each: WindowSum, data: PageData) -> WindowUsageRow:
    record, now, zone = each.record, data.now, data.zone
    ends = end_of(record)
    began = fmt.moment(record.starts_at, now, zone)
    return WindowUsageRow(
        span=began if ends is None else f"{began} – {fmt.moment(ends, now, zone)}",
        began_at=record.starts_at.isoformat(timespec="seconds"),
        used=used_text(record, now),
        used_full=f"{record.used_percent:g}",
        tokens=count_cell(each.tally.usage.total_tokens),
        cost=cost_cell(each.tally),
        responses=count_cell(each.tally.responses),
        change="" if each.change is None else f"{each.change:+,.0f} %",
        current=each.current,
        incomplete=each.incomplete,
        early=record.reset_early,
    )
