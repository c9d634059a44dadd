"""The log of windows: what became of each, newest first; as long as nothing else is chosen, of those of which
anything became but that they ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from providers.domain.limits import ACCOUNT_WINDOWS
from providers.ledger.windows import WindowRecord
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount, limit_accounts
from tray.faces.page.limits.windows import windows_of_range
from tray.faces.page.parts import Head, Link, Pager, choices, pager
from tray.view import format as fmt
from tray.view.window_events import end_of, events, is_eventful, is_open, used_text

_ROWS = 25
_EVENTFUL, _ALL = "", "all"
_HEADS = tuple(
    Head(title=title, number=title == "Used at end")
    for title in ("Window", "What happened", "Used at end", "Account", "Began", "Ended")
)
_NONE = "No windows are recorded in this period."
_QUIET = "Nothing unusual: no window was used up, reset early, moved or refused in this period."


class LoggedWindow(Struct, frozen=True, kw_only=True):
    """`used` is a lower bound where nobody saw the end; times are shown and as ISO, "" where they are unknown."""

    account: str
    account_address: str
    window: str
    began: str
    began_at: str
    ended: str
    ended_at: str
    used: str
    used_full: str
    events: tuple[str, ...]
    early: bool
    open: bool


class WindowLogTable(Struct, frozen=True, kw_only=True):
    """`choices` are which windows are shown, `count` is how many of them there are on all pages."""

    choices: tuple[Link, ...] = ()
    heads: tuple[Head, ...] = _HEADS
    rows: tuple[LoggedWindow, ...] = ()
    pager: Pager | None = None
    count: int = 0
    empty: str = _NONE


def build(data: PageData) -> WindowLogTable:
    """Raises LedgerError."""
    accounts = {each.id: each for each in limit_accounts(data)}
    known = [record for record in windows_of_range(data) if record.account in accounts]
    titles = _titles(known, accounts)
    by = data.query.by if data.query.by in titles else _EVENTFUL
    records = [record for record in known if _is_chosen(record, by)]
    records.sort(key=lambda each: (each.starts_at, each.account, each.window), reverse=True)
    page = pager(data.query, len(records), _ROWS)
    shown = records[page.first : page.last]
    return WindowLogTable(
        choices=choices(data.query, "by", titles, by) if known else (),
        rows=tuple(_row(record, accounts[record.account], data) for record in shown),
        pager=page,
        count=len(records),
        empty=_QUIET if known else _NONE,
    )


def _titles(records: Iterable[WindowRecord], accounts: Mapping[str, LimitAccount]) -> dict[str, str]:
    """What may be chosen: those with events, all, and those of one kind; those that limit all use come first."""
    kinds = {each.window: accounts[each.account].window_title(each.window) for each in records}
    in_order = [window for window in dict.fromkeys((*ACCOUNT_WINDOWS, *sorted(kinds))) if window in kinds]
    return {_EVENTFUL: "With events", _ALL: "All", **{window: kinds[window] for window in in_order}}


def _is_chosen(record: WindowRecord, by: str) -> bool:
    return is_eventful(record) if by == _EVENTFUL else by in (_ALL, record.window)


def _row(record: WindowRecord, account: LimitAccount, data: PageData) -> LoggedWindow:
    now, zone, ends = data.now, data.zone, end_of(record)
    running = is_open(record, now)
    ended = "" if ends is None else fmt.moment(ends, now, zone)
    return LoggedWindow(
        account=account.label,
        account_address=data.query.with_(account=account.id, page="").address,
        window=account.window_title(record.window),
        began=fmt.moment(record.starts_at, now, zone),
        began_at=record.starts_at.isoformat(timespec="seconds"),
        ended=f"resets {ended}" if running and ended else ended,
        ended_at="" if ends is None else ends.isoformat(timespec="seconds"),
        used=used_text(record, now),
        used_full=f"{record.used_percent:g}",
        events=tuple(events(record, now, zone)),
        early=record.reset_early,
        open=running,
    )
