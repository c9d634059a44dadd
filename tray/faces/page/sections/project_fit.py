"""Whether another session like those of the chosen project fits into what is left of each window."""

from __future__ import annotations

from msgspec import Struct

from providers.ledger.project_sessions import NoSuchProject
from tray.engine import published
from tray.engine.project_fit import ProjectFit, project_fit, with_fit
from tray.faces.page.data import PageData
from tray.faces.page.limits.percent import uses_by_window
from tray.faces.page.parts import Head
from tray.faces.page.table.columns import NO_NUMBER
from tray.view import format as fmt
from tray.view.project_fit import UNKNOWN, account_name, percent_text, spread_text

_TITLES = ("Limit", "Fits", "A session took", "Middle 50 %", "Left", "Sessions")
_METHOD = (
    "An estimate: what each session of this project cost, divided by what one percent was worth in the windows it"
    " was used in; the median, and the middle 50 % of all sessions. Sessions that were used in the last hour are"
    " left out: they may still be at work."
)


class FitRow(Struct, frozen=True, kw_only=True):
    """`took` and `left` are shown and with all their digits; `left_full` is "" where nobody knows what is left."""

    window: str
    took: str
    took_full: str
    spread: str
    sessions: str
    left: str
    left_full: str
    fits: str


class ProjectFits(Struct, frozen=True, kw_only=True):
    heads: tuple[Head, ...] = ()
    rows: tuple[FitRow, ...] = ()
    note: str = _METHOD
    unknown: str = UNKNOWN


def build(data: PageData) -> ProjectFits | None:
    """None unless a project is chosen. Raises LedgerError."""
    if not data.query.project or data.usage is None:
        return None
    try:
        fit = project_fit(data.costs.ledger, data.query.project, uses_by_window(data), data.now)
    except NoSuchProject:
        return None
    heads = tuple(Head(title=title, number=title != "Limit") for title in _TITLES)
    return ProjectFits(heads=heads, rows=_rows(data, fit))


def _rows(data: PageData, fit: ProjectFit) -> tuple[FitRow, ...]:
    try:
        document = with_fit(data.usage or {"providers": []}, fit)
        return tuple(
            _row(fmt.plain(f"{account_name(entry, document)} · {window['title']}", longest=80), window)
            for entry in document["providers"]
            if data.wants(entry["provider"], entry["account"] and entry["account"]["id"], entry["homes"])
            for window in entry["windows"]
            if "session_percent" in window
        )
    except published.DAMAGED:  # the next round rewrites it
        return ()


def _row(title: str, window: published.Document) -> FitRow:
    taken = window["session_percent"]
    count, left, stale = taken["fits"], window["remaining_percent"], window["stale"]
    return FitRow(
        window=title,
        took=f"{percent_text(taken['median'])} %",
        took_full=f"{taken['median']}",
        spread=spread_text(taken),
        sessions=f"{taken['sessions']}",
        left=NO_NUMBER if stale else fmt.percent(left),
        left_full="" if stale else f"{left:g}",
        fits=NO_NUMBER if stale else "often" if count is None else f"{count} ×" if count else "no",
    )
