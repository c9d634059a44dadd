"""The log of windows: what became of each, newest first."""

from __future__ import annotations

from msgspec import Struct

from providers.ledger.windows import WindowRecord
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount, limit_accounts
from tray.faces.page.limits.windows import windows_of_range
from tray.faces.page.parts import Head, Pager, pager
from tray.view import format as fmt
from tray.view.window_events import end_of, events, is_open, used_text

_ROWS = 50
_HEADS = tuple(
    Head(title=title, number=title == "Used at its end")
    for title in ("Window", "Account", "Began", "Ended", "Used at its end", "What happened")
)
_NONE = "No window was open in these days, as far as anybody looked."


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
    """`count` is how many windows there are in all."""

    heads: tuple[Head, ...] = _HEADS
    rows: tuple[LoggedWindow, ...] = ()
    pager: Pager | None = None
    count: int = 0
    empty: str = _NONE


def build(data: PageData) -> WindowLogTable:
    """Raises LedgerError."""
    accounts = {each.id: each for each in limit_accounts(data)}
    records = [record for record in windows_of_range(data) if record.account in accounts]
    records.sort(key=lambda each: (each.starts_at, each.account, each.window), reverse=True)
    page = pager(data.query, len(records), _ROWS)
    shown = records[page.first : page.last]
    return WindowLogTable(
        rows=tuple(_row(record, accounts[record.account], data) for record in shown),
        pager=page,
        count=len(records),
    )


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
