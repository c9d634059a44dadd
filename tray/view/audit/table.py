"""The rows of an audit as tables for people: one for each kind of row of each provider. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.audit import AuditRow, AuditTotals, CountedUse, UsedTokens, What, totals
from providers.domain.cause import Cause
from providers.source import Provider
from tray.view import format as fmt
from tray.view.columns import Columns, TableLine, layout, wrapped
from tray.view.output import Paper

_HEADINGS = {
    "on_lines": "on lines",
    "not_on_lines": "not on lines",
    "counted": "counted",
    "reported": "reported",
    "difference": "difference",
    "usd": "≈ USD",
    "explained": "explained by",
}
_LEVELS = (
    ("on_lines", "not_on_lines", "counted", "reported", "difference", "usd", "explained"),
    ("counted", "reported", "difference", "usd", "explained"),
    ("counted", "reported", "difference", "explained"),
    ("difference", "explained"),
    ("difference",),
)
_LEFT = ("explained",)
_WORDS: dict[Cause, str] = {
    "no_total": "no total",
    "killed": "killed process",
    "deleted": "deleted log",
    "another_machine": "another machine",
    "compaction": "compaction",
    "web_search": "web search",
    "titles": "titles",
    "hooks": "hooks",
    "subagents": "subagents",
    "late": "counted late",
}
_NOTES: dict[Cause, str] = {
    "no_total": "No total: none was reported for these.",
    "killed": "Killed process: it ended without reporting its total, or still runs.",
    "deleted": "Deleted log: what it held was never counted.",
    "another_machine": "Another machine: its usage is in the reported sum, but its logs are not here.",
    "subagents": "Subagents: the server's sums include their subagents.",
    "late": "Counted late: the server had not counted everything yet when it was asked.",
}
_WHY = {"older_version": "older version", "killed": "killed"}
_SAME_PRICE = 0.01
"""Prices that differ by no more than this share are one."""
_KINDS: dict[What, tuple[str, str]] = {
    "session": ("session", "sessions"),
    "thread": ("thread", "threads"),
    "day": ("day", "days"),
}
NOTHING_REPORTED = "Nothing to compare: neither the programs nor the servers have reported what they counted."
NOTHING_THEN = "Nothing to compare: nothing was last used in these days."


class _AuditTable(Struct, frozen=True):
    """Rows of one kind of one provider."""

    title: str
    shown: Sequence[TableLine]
    total: TableLine
    notes: tuple[str, ...]


def text(
    rows: Sequence[AuditRow],
    providers: Iterable[Provider],
    zone: tzinfo,
    now: datetime,
    paper: Paper,
    *,
    every: bool = False,
    some_days: bool = False,
) -> str:
    """With `every` row, or else with those that are equal, or have no reported sum, in a line for each reason.
    `some_days` is whether the rows are of some days alone.
    """
    titles = {each.id: each.title for each in providers}
    accounts = {(row.provider, row.account) for row in rows if row.account is not None}
    several = {
        provider for provider, count in Counter(provider for provider, _ in accounts).items() if count > 1
    }
    tables = [
        _table(
            f"{titles.get(provider, provider)}{f' {account}' if provider in several and account else ''}",
            what,
            list(own),
            zone,
            now,
            every=every,
        )
        for (provider, what, account), own in groupby(rows, lambda row: (row.provider, row.what, row.account))
    ]
    if not tables:
        return "\n".join(wrapped(NOTHING_THEN if some_days else NOTHING_REPORTED, paper))
    lines = [line for table in tables for line in (TableLine(table.title, {}), *table.shown, table.total)]
    shape = layout(lines, _HEADINGS, _LEVELS, paper, left=_LEFT)
    return "\n\n".join("\n".join(_drawn(table, shape)) for table in tables)


def _table(
    title: str, what: What, rows: list[AuditRow], zone: tzinfo, now: datetime, *, every: bool
) -> _AuditTable:
    one, many = _KINDS[what]
    shown = sorted((row for row in rows if every or not _is_plain(row)), key=_order)
    lines = [_line(row, zone, now) for row in shown]
    if not every:
        lines += _summed([row for row in rows if _is_plain(row)], one, many)
    whole = totals(rows)
    seen = {cause for row in rows for cause in row.causes}
    return _AuditTable(
        title=f"{title}: {many}",
        shown=lines,
        total=TableLine("Total", _cells(whole.counted, whole.reported)),
        notes=(_summary(whole, one, many), *(note for cause, note in _NOTES.items() if cause in seen)),
    )


def _is_plain(row: AuditRow) -> bool:
    return row.difference is None or row.is_equal


def _has_other_prices(row: AuditRow) -> bool:
    return row.is_equal and row.exceeds(_SAME_PRICE)


def _summed(rows: Iterable[AuditRow], one: str, many: str) -> Iterator[TableLine]:
    """Lines of many rows, those that are equal first, and then by how many there are."""
    groups: dict[tuple[bool, str], list[AuditRow]] = {}
    for row in rows:
        groups.setdefault((row.difference is None, _main(row)), []).append(row)
    for (is_alone, why), own in sorted(groups.items(), key=lambda group: (group[0][0], -len(group[1]))):
        both = totals(own)
        if is_alone:
            name, cells = fmt.plural(len(own), one, many), _cells(both.counted_alone, None)
        else:
            name = fmt.plural(len(own), f"equal {one}", f"equal {many}")
            cells = _cells(both.counted, both.reported)
        yield TableLine(name, cells | {"explained": why})


def _main(row: AuditRow) -> str:
    """The main cause, in words."""
    if _has_other_prices(row):
        return "other prices"
    return "" if row.explained is None else _words(row, row.explained)


def _words(row: AuditRow, cause: Cause) -> str:
    why = _WHY.get(row.reported.why or "") if cause == "no_total" else None
    return f"{_WORDS[cause]} ({why})" if why else _WORDS[cause]


def _order(row: AuditRow) -> tuple[int, float]:
    """What has no explanation first, and the newest first."""
    last = row.counted.last_at
    return -abs(row.unexplained_tokens), -(last.timestamp() if last else 0.0)


def _line(row: AuditRow, zone: tzinfo, now: datetime) -> TableLine:
    counted = row.counted
    cells = {
        **_cells(counted, row.reported.used),
        "explained": ", ".join(_words(row, cause) for cause in row.causes),
    }
    if row.unexplained_tokens:
        known = ", ".join(_words(row, cause) for cause in row.reported.explains)
        cells["explained"] = f"{known} in part" if known else "unknown"
    elif _has_other_prices(row):
        cells["explained"] = "other prices"
    return TableLine(_name(row, zone, now), cells)


def _name(row: AuditRow, zone: tzinfo, now: datetime) -> str:
    if row.what == "day" or row.counted.last_at is None:
        return row.id
    return f"{row.id[:8]}  {fmt.moment(row.counted.last_at, now, zone)}"


def _cells(counted: CountedUse, reported: UsedTokens | None) -> dict[str, str]:
    cells = {
        "on_lines": _in_line(counted.on_lines.tokens),
        "not_on_lines": _in_line(counted.not_on_lines.tokens),
        "counted": _in_line(counted.whole.tokens),
    }
    if reported is None:
        return cells | {"reported": "–  ", "difference": "–  "}
    difference = counted.whole - reported
    usd = "" if difference.usd is None else _signed_money(difference.usd)
    return cells | {
        "reported": _in_line(reported.tokens),
        "difference": _signed(difference.tokens),
        "usd": usd,
    }


def _in_line(count: int, sign: str = "") -> str:
    """With spaces for the unit that it does not have, so that digits stand below digits."""
    shown = f"{sign}{fmt.tokens(count)}"
    return shown if " " in shown else f"{shown}  "


def _signed(count: int) -> str:
    return _in_line(abs(count), "" if not count else "+" if count > 0 else "−")


def _signed_money(usd: float) -> str:
    if abs(usd) < 0.005:
        return "0"
    return f"{'+' if usd > 0 else '−'}{fmt.money(abs(usd))}"


def _summary(whole: AuditTotals, one: str, many: str) -> str:
    parts = [f"{whole.equal:,} of {fmt.plural(whole.rows, one, many)} equal"]
    if whole.unexplained:
        parts.append(f"{whole.unexplained:,} with an unexplained difference")
    if whole.not_reported:
        parts.append(f"{whole.not_reported:,} without a reported total")
    return f"{', '.join(parts)}."


def _drawn(table: _AuditTable, shape: Columns) -> Iterator[str]:
    yield shape.head(table.title)
    yield shape.rule()
    for line in table.shown:
        why = "" if "explained" in shape.keys else line.cells.get("explained", "")
        yield from shape.row(replace(line, below=(why,)) if why else line)
    yield shape.rule()
    yield from map(shape.paper.strong, shape.row(table.total))
    for note in table.notes:
        yield from wrapped(note, shape.paper)
