"""Usage of each window: a line broken at resets, or columns where there are many windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from markupsafe import Markup
from msgspec import Struct

from providers.domain.limits import ACCOUNT_WINDOWS, RateWindow
from providers.ledger.windows import WindowRecord
from tray.engine.notices import settings as notices
from tray.engine.notices.kinds import THRESHOLD_SCOPES
from tray.faces.page.data import PageData
from tray.faces.page.limits.accounts import LimitAccount, limit_accounts
from tray.faces.page.limits.windows import EVER, asked_span, by_account, windows_of_range
from tray.view.charts.bars import Bars, MarkLine, bars
from tray.view.charts.scale import step_for
from tray.view.charts.series import PERCENT, Series
from tray.view.charts.use_line import Threshold, UseLine, use_line
from tray.view.window_history import days_looked_at, highest_bars, use_stretches

MOST_LINES = 36
"""Windows of a chart that are drawn as lines: more would be a fence."""
_MOST_CHARTS = 12
_LEAST = 2
"""Readings make a line."""
_NONE = "No limits were read in this period."


class LimitHistory(Struct, frozen=True, kw_only=True):
    """`more` are sentences about charts that are left out."""

    charts: tuple[Markup, ...] = ()
    thresholds: str = ""
    more: tuple[str, ...] = ()
    empty: str = _NONE


def build(data: PageData) -> LimitHistory:
    """Raises LedgerError."""
    records = by_account(windows_of_range(data))
    found = [
        (account, window, own)
        for account in limit_accounts(data)
        if (own := records.get(account.id))
        for window in _windows(account, own)
    ]
    drawn = [(each, _chart(data, *each)) for each in found[:_MOST_CHARTS]]
    alone = [_title(account, window) for (account, window, _), chart in drawn if chart is None]
    return LimitHistory(
        charts=tuple(chart for _, chart in drawn if chart is not None),
        more=tuple(_more(alone, len(found) - len(drawn))),
        thresholds=_explained(_warned_at(data, "weekly")),
    )


def _more(alone: Sequence[str], left_out: int) -> Iterator[str]:
    if alone:
        yield f"Too few readings for a line: {', '.join(alone)}."
    if left_out:
        yield f"{left_out} more windows are not shown: choose an account to see them."


def _title(account: LimitAccount, window: str) -> str:
    return f"{account.label} · {account.window_title(window)}"


def _windows(account: LimitAccount, records: Sequence[WindowRecord]) -> list[str]:
    """Those that limit all use first."""
    seen = {record.window for record in records}
    in_order = dict.fromkeys((*ACCOUNT_WINDOWS, *account.titles, *sorted(seen)))
    return [window for window in in_order if window in seen]


def _chart(
    data: PageData, account: LimitAccount, window: str, records: Sequence[WindowRecord]
) -> Markup | None:
    """None where there is nothing to draw a line through."""
    own = [record for record in records if record.window == window]
    title = _title(account, window)
    if len(own) > MOST_LINES:
        return _columns(data, account, own, records, title)
    since, until = _span(data, own)
    changes = data.costs.ledger.limits.series(account.id, window, since, until)
    if len(changes) < _LEAST:
        return None
    return use_line(
        UseLine(
            title=f"{title}, used",
            stretches=use_stretches(changes, own, since, until, account.looked_at.get(window)),
            begin=since,
            end=until,
            zone=data.zone,
            thresholds=tuple(Threshold(100 - left, f"{left} % left") for left in _warned_at(data, window)),
            tint=account.tint,
        )
    )


def _columns(
    data: PageData,
    account: LimitAccount,
    own: Sequence[WindowRecord],
    records: Sequence[WindowRecord],
    title: str,
) -> Markup:
    since, until = (at.astimezone(data.zone).date() for at in _span(data, records))
    step = step_for(since, until)
    return bars(
        Bars(
            title=f"{title}, highest use by {step}",
            unit=PERCENT,
            series=(Series("Used", account.tint),),
            bars=highest_bars(own, _looked(data, account, records), since, until, step, data.now, data.zone),
            step=step,
            lines=tuple(MarkLine(100 - left, "Warned at") for left in _warned_at(data, own[0].window)),
        )
    )


def _looked(data: PageData, account: LimitAccount, records: Sequence[WindowRecord]) -> frozenset[date]:
    """The days on which somebody looked at this account."""
    return data.once(("days looked at", account.id), lambda: days_looked_at(records, data.zone))


def _span(data: PageData, records: Sequence[WindowRecord]) -> tuple[datetime, datetime]:
    """What the chart shows: of all days those since the first window; nothing after now."""
    since, until = asked_span(data)
    if since == EVER[0]:
        since = min((record.starts_at for record in records), default=data.now)
    return since, max(min(until, data.now), since + timedelta(minutes=1))


def _warned_at(data: PageData, window: str) -> tuple[int, ...]:
    """At how many percent left there is a notice."""
    settings = data.scope.settings()
    scope = RateWindow(id=window, title="", used_percent=0).scope
    if not settings.get(notices.ENABLED) or scope not in THRESHOLD_SCOPES:
        return ()
    kinds = {50: notices.AT_50, 25: notices.AT_25, 10: notices.AT_10}
    return tuple(left for left, setting in kinds.items() if settings.get(setting))


def _explained(warned_at: tuple[int, ...]) -> str:
    return "Dashed lines mark your notice thresholds." if warned_at else ""
