"""The rows of an audit as tables for people: one for each kind of row of each provider. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from msgspec import Struct

from providers.domain.audit import AuditRow, AuditTotals, Cause, UsedTokens, What, totals
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
    "no_total": "No total: none was stated for these.",
    "killed": "Killed process: it ended without stating its total, or still runs.",
    "deleted": "Deleted log: what it held was never counted.",
    "another_machine": "Another machine: its use is in the reported sum, and its logs are not here.",
    "subagents": "Subagents: the server's sum of these has that of their subagents in it.",
    "late": "Counted late: the server had not counted all of it yet when it was asked.",
}
_KINDS: dict[What, tuple[str, str]] = {
    "session": ("session", "sessions"),
    "thread": ("thread", "threads"),
    "day": ("day", "days"),
}
NOTHING_REPORTED = "Nothing to compare: neither the programs nor the servers have reported what they counted."


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
) -> str:
    """With `every` row, or else with those that are equal and need no explanation summed up in a line."""
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
        return "\n".join(wrapped(NOTHING_REPORTED, paper))
    lines = [line for table in tables for line in (TableLine(table.title, {}), *table.shown, table.total)]
    shape = layout(lines, _HEADINGS, _LEVELS, paper, left=_LEFT)
    return "\n\n".join("\n".join(_drawn(table, shape)) for table in tables)


def _table(
    title: str, what: What, rows: list[AuditRow], zone: tzinfo, now: datetime, *, every: bool
) -> _AuditTable:
    plain = [] if every else [row for row in rows if row.is_equal and not row.causes]
    hidden = {row.id for row in plain}
    shown = sorted((row for row in rows if row.id not in hidden), key=_order)
    one, many = _KINDS[what]
    lines = [_line(row, zone, now) for row in shown]
    if plain:
        both = totals(plain)
        name = fmt.plural(len(plain), f"equal {one}", f"equal {many}")
        lines.append(TableLine(name, _cells(both.counted, both.reported)))
    whole = totals(rows)
    seen = {cause for row in shown for cause in row.causes}
    return _AuditTable(
        title=f"{title}: {many}",
        shown=lines,
        total=TableLine("Total", _cells(whole.counted, whole.reported)),
        notes=(_summary(whole, one, many), *(note for cause, note in _NOTES.items() if cause in seen)),
    )


def _order(row: AuditRow) -> tuple[int, float]:
    """What has no explanation first, and the newest first."""
    last = row.counted.last_at
    return -abs(row.unexplained_tokens), -(last.timestamp() if last else 0.0)


def _line(row: AuditRow, zone: tzinfo, now: datetime) -> TableLine:
    counted = row.counted
    cells = {
        **_cells(counted.whole, row.reported.used),
        "on_lines": fmt.tokens(counted.on_lines.tokens),
        "not_on_lines": fmt.tokens(counted.not_on_lines.tokens),
        "explained": ", ".join(_WORDS[cause] for cause in row.causes),
    }
    if row.difference is not None and not row.is_equal and row.explained is None:
        cells["explained"] = "unknown"
    return TableLine(_name(row, zone, now), cells)


def _name(row: AuditRow, zone: tzinfo, now: datetime) -> str:
    if row.what == "day" or row.counted.last_at is None:
        return row.id
    return f"{row.id[:8]}  {fmt.moment(row.counted.last_at, now, zone)}"


def _cells(counted: UsedTokens, reported: UsedTokens | None) -> dict[str, str]:
    cells = {"counted": fmt.tokens(counted.tokens)}
    if reported is None:
        return cells | {"reported": "–", "difference": "–"}
    difference = counted - reported
    usd = "" if difference.usd is None else _signed_money(difference.usd)
    return cells | {
        "reported": fmt.tokens(reported.tokens),
        "difference": _signed(difference.tokens),
        "usd": usd,
    }


def _signed(count: int) -> str:
    if not count:
        return "0"
    return f"{'+' if count > 0 else '−'}{fmt.tokens(abs(count))}"


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
        yield from shape.row(line)
    yield shape.rule()
    yield from map(shape.paper.strong, shape.row(table.total))
    for note in table.notes:
        yield from wrapped(note, shape.paper)
