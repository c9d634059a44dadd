"""What was used in each week, and in each of the last windows of five hours: tokens and cost."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from providers.domain.cost import Tally
from providers.ledger.window_use import WindowUse
from providers.ledger.windows import WindowRecord
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount, limit_accounts
from tray.faces.page.limits.messages import messages_in
from tray.faces.page.limits.percent import use_of
from tray.faces.page.limits.windows import EVER, asked_span, by_account, filter_note, is_within, used_between
from tray.faces.page.parts import Head, Link
from tray.faces.page.table.columns import NO_NUMBER, ShownCell, cost_cell, count_cell
from tray.faces.page.table.table import row_id, toggled
from tray.view import format as fmt
from tray.view.window_events import end_of, used_text
from tray.view.window_sums import WindowSum, window_sums

SHORT = timedelta(days=3)
"""Windows of five hours are many: those of the last days of the range."""
_MOST = 60
_FEW = 6
"""Rows, until all are asked for."""
_ROUNDED = 2.0
"""Percent. Servers round: so much may seem to rise where nothing was used."""
_WINDOWS = ("weekly", "monthly", "session")
_BEFORE = {"weekly": timedelta(days=35), "monthly": timedelta(days=95), "session": timedelta(days=1)}
"""How long before the range the window is looked for that its first one is compared with."""
_TITLES = ("Window", "Used", "Tokens", "Cost", "Messages", "Responses", "Change")
_NONE = "No windows are recorded in this period."


class WindowUsageRow(Struct, frozen=True, kw_only=True):
    """`change` is that of the tokens to the window before, "" where there is nothing to compare; `elsewhere` how
    far it rose while nothing was logged here, "" where that is next to nothing.
    """

    span: str
    began_at: str
    used: str
    used_full: str
    tokens: ShownCell
    cost: ShownCell
    messages: ShownCell | None
    responses: ShownCell
    change: str
    current: bool
    incomplete: bool
    early: bool
    elsewhere: str = ""


class WindowUsageTable(Struct, frozen=True, kw_only=True):
    """The windows of one account and one kind; `note` says which are left out, and `toggle` leads to all of them
    or back to the newest, None where there are no more.
    """

    account: str
    window: str
    rows: tuple[WindowUsageRow, ...]
    note: str = ""
    toggle: Link | None = None


class WindowUsage(Struct, frozen=True, kw_only=True):
    heads: tuple[Head, ...] = ()
    tables: tuple[WindowUsageTable, ...] = ()
    notes: tuple[str, ...] = ()
    empty: str = _NONE


def build(data: PageData) -> WindowUsage:
    """Raises LedgerError."""
    known = {window: by_account(_known(data, window)) for window in _WINDOWS}
    tables = tuple(
        table
        for account in limit_accounts(data)
        for window in _WINDOWS
        if (table := _table(data, account, known[window].get(account.id, []))) is not None
    )
    note = filter_note(data)
    without = any(row.messages is None for table in tables for row in table.rows)
    heads = tuple(
        Head(title=title, number=title != "Window")
        for title in _TITLES
        if not (without and title == "Messages")
    )
    return WindowUsage(heads=heads, tables=tables, notes=(note,) if note is not None else ())


def _known(data: PageData, window: str) -> list[WindowRecord]:
    """Those of the range, and enough before it to compare the first one with."""
    since, until = _span(data, window)
    if since - EVER[0] > _BEFORE[window]:
        since -= _BEFORE[window]
    return data.costs.ledger.limits.windows(since, until, window=window)


def _span(data: PageData, window: str) -> tuple[datetime, datetime]:
    since, until = asked_span(data)
    return (max(since, min(until, data.now) - SHORT), until) if window == "session" else (since, until)


def _table(data: PageData, account: LimitAccount, known: list[WindowRecord]) -> WindowUsageTable | None:
    if not known:
        return None
    window = known[0].window
    span = _span(data, window)
    shown = [record for record in known if is_within(record, *span)][-_MOST:]
    if not shown:
        return None
    count = len(shown)
    is_open, toggle = toggled(data.query, row_id(account.id, window))
    shown = shown if is_open else shown[-_FEW:]
    place = known.index(shown[0])
    first_look = None if place else _first_look(data, shown[0])
    compared = known[max(place - 1, 0) : place]
    sums = window_sums([*compared, *shown], used_between(data, account), data.now, first_look)
    return WindowUsageTable(
        account=account.label,
        window=account.window_title(window),
        rows=tuple(
            _row(each, sent, data)
            for each, sent in zip(sums, _newest_first(messages_in(data, account, shown), shown), strict=False)
        ),
        note=_note(data, window, count),
        toggle=_toggle(toggle, count, is_open=is_open),
    )


def _toggle(address: str, count: int, *, is_open: bool) -> Link | None:
    if count <= _FEW:
        return None
    return Link(title="Show fewer" if is_open else f"Show all {count}", address=address, current=is_open)


def _note(data: PageData, window: str, rows: int) -> str:
    if rows == _MOST:
        return f"The newest {_MOST} windows."
    return f"Windows of the last {SHORT.days} days." if _span(data, window) != asked_span(data) else ""


def _first_look(data: PageData, record: WindowRecord) -> datetime | None:
    """The first reading of the window, or one before it began."""
    until = end_of(record) or data.now
    changes = data.costs.ledger.limits.series(record.account, record.window, record.starts_at, until)
    return changes[0].at if changes else None


def _newest_first(messages: list[int] | None, records: list[WindowRecord]) -> list[int | None]:
    return [None for _ in records] if messages is None else [*reversed(messages)]


def _row(each: WindowSum, messages: int | None, data: PageData) -> WindowUsageRow:
    record, now = each.record, data.now
    return WindowUsageRow(
        span=_spanned(record.starts_at, end_of(record), data),
        began_at=record.starts_at.isoformat(timespec="seconds"),
        used=used_text(record, now),
        used_full=f"{record.used_percent:g}",
        tokens=count_cell(each.tally.usage.total_tokens),
        cost=cost_cell(each.tally),
        messages=None if messages is None else _messages(messages, each.tally),
        responses=count_cell(each.tally.responses),
        change="" if each.change is None else _signed(each.change),
        current=each.current,
        incomplete=each.incomplete,
        early=record.reset_early,
        elsewhere=_elsewhere(use_of(data, record)),
    )


def _elsewhere(use: WindowUse | None) -> str:
    """Where it is more than rounding."""
    return (
        f"{use.rise.elsewhere:.0f} % elsewhere" if use is not None and use.rise.elsewhere >= _ROUNDED else ""
    )


def _messages(count: int, tally: Tally) -> ShownCell:
    """Unknown where something was answered and nothing sent: logs that were gone before messages counted."""
    return ShownCell(shown=NO_NUMBER) if not count and tally.responses else count_cell(count)


def _signed(percent: float) -> str:
    whole = round(percent)
    return f"{'+' if whole > 0 else '−' if whole else ''}{abs(whole):,} %"


def _spanned(begin: datetime, end: datetime | None, data: PageData) -> str:
    """`10 Nov 06:00 – 17 Nov 06:00`; of one day `19 Nov 14:00 – 19:00`."""
    began = fmt.moment(begin, data.now, data.zone)
    if end is None:
        return began
    same_day = fmt.local_minute(begin, data.zone).date() == fmt.local_minute(end, data.zone).date()
    return f"{began} – {fmt.clock(end, data.zone) if same_day else fmt.moment(end, data.now, data.zone)}"
