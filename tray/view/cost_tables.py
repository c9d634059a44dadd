"""Cost reports as tables for people: one for each provider, and a grand total. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import CostReport, NotOnLines, Tally, tallied
from providers.ledger.prices.pricing import Rates
from providers.source import Provider
from tray.view import format as fmt
from tray.view.columns import GAP, Columns, TableLine, layout, padded, safe, wrapped
from tray.view.cost_groups import Group, by_cost, groups, used
from tray.view.output import Paper
from tray.view.price_list import rate_lines

_HEADINGS = {
    "responses": "responses",
    "input": "input",
    "cache_read": "cache read",
    "cache_write": "cache write",
    "cache": "cache",
    "output": "output",
    "total": "tokens",
    "usd": "≈ API price",
}
_LEVELS = (
    ("responses", "input", "cache_read", "cache_write", "output", "total", "usd"),
    ("input", "cache_read", "cache_write", "output", "total", "usd"),
    ("input", "cache", "output", "total", "usd"),
    ("total", "usd"),
)
_BESIDE_BARS = ("responses", *_LEVELS[-1])
_WIDE = 110
"""Columns from which on a chart has room for more than cost and tokens."""
_EIGHTHS = "▏▎▍▌▋▊▉█"
_SHORTEST_BAR, _LONGEST_BAR = 8, 40
_LONGEST_MACHINE = 40


class CostTable(Struct, frozen=True, kw_only=True):
    """A provider: its name, its rows, and notes below them."""

    title: str
    report: CostReport
    groups: Sequence[Group]
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Tally:
        """With what is not in the logs, of which it is unknown how many responses it was."""
        both = tallied((self.report.totals, self.report.not_on_lines.tally))
        return replace(both, responses=self.report.totals.responses)

    @property
    def is_complete(self) -> bool:
        """Whether all was counted, and has a price."""
        return self.report.up_to_date and not (self.total.unpriced or self.report.unreadable_files)


class _Row(Struct, frozen=True):
    """A line and its sum, which a chart draws."""

    line: TableLine
    tally: Tally


NOT_IN_LOGS = "not in the logs"
WHAT_IS_NOT = "compaction, web search, titles and the like"
_FILES = 5
"""So many logs are named that could not be read; JSON has all of them."""


class _Part(Struct, frozen=True):
    """A table: its heading, rows, total and notes. One without rows says so, or that not all could be counted."""

    head: str
    rows: Sequence[_Row]
    total: TableLine
    notes: tuple[str, ...] = ()
    is_whole: bool = True


class _Chart(Struct, frozen=True):
    """Bars of cost, or of tokens where nothing has a price; the row with the `most` fills the width."""

    priced: bool
    most: float
    width: int

    def bar(self, tally: Tally) -> str:
        """At least a trace where there is anything; nothing where it is not known."""
        value = _value(tally, self.priced)
        if not value or self.most <= 0:
            return ""
        whole, eighths = divmod(max(1, round(value / self.most * self.width * 8)), 8)
        return "█" * whole + (_EIGHTHS[eighths - 1] if eighths else "")


def with_emails(reports: Mapping[str, CostReport], emails: Mapping[str, str]) -> dict[str, CostReport]:
    """The reports with accounts named for people: the email address where it is known, and the id."""

    def named(account: str) -> str:
        return f"{emails[account]}  {account}" if account in emails else account

    return {
        provider: replace(
            report,
            by_account={named(account): tally for account, tally in report.by_account.items()},
            models_of={named(row): models for row, models in report.models_of.items()},
        )
        for provider, report in reports.items()
    }


def on_lines(reports: Mapping[str, CostReport]) -> dict[str, CostReport]:
    """The same reports of what is on the lines of logs alone."""
    nothing = NotOnLines(tally=Tally(usd=0.0), month_to_date_usd=None, unpriced_models=())
    return {provider: replace(report, not_on_lines=nothing) for provider, report in reports.items()}


def tables(
    reports: Mapping[str, CostReport],
    providers: Iterable[Provider],
    by: str,
    zone: tzinfo,
    now: datetime,
    rates: Rates | None = None,
    log_only: Collection[str] = (),
) -> list[CostTable]:
    """One for each report, with the `rates` that apply where they are given. The homes that are `log_only`, by
    their labels, are not known to the provider's CLI.
    """
    known = {each.id: each for each in providers}
    return [
        CostTable(
            title=known[name].title,
            report=report,
            groups=groups(report, by, zone, now, known[name].resume, log_only),
            notes=(*notes(report), *(() if rates is None else rate_lines(report, rates, now))),
        )
        for name, report in reports.items()
    ]


def text(
    tables: Sequence[CostTable],
    paper: Paper,
    by: str,
    *,
    models: bool = False,
    chart: bool = False,
    machines: Sequence[str] = (),
) -> str:
    """All tables in one layout, and a grand total where there are several. With `models` each row has them below
    it, with `chart` a bar beside it. `machines` are those that were added up, if they are several.
    """
    parts = [_part(table, by, models=models) for table in tables]
    in_use = [table for table in tables if table.total.responses or table.total.usage.total_tokens]
    total = [_grand_total(in_use)] if len(in_use) > 1 else []
    lines = [TableLine(part.head, {}) for part in (*parts, *total)]
    lines += [line for part in (*parts, *total) for line in (*(row.line for row in part.rows), part.total)]
    narrow = replace(paper, width=paper.width - len(GAP) - _SHORTEST_BAR) if chart else paper
    beside = (_BESIDE_BARS,) if paper.width >= _WIDE else _LEVELS[-1:]
    shape = replace(layout(lines, _HEADINGS, beside if chart else _LEVELS, narrow), paper=paper)
    days = tables[0].report
    period = f"{days.since}" if days.since == days.until else f"{days.since} – {days.until}"
    title = f"{period}{fmt.DOT}at API prices, not your bill"
    if len(machines) > 1:
        names = (fmt.plain(name, longest=_LONGEST_MACHINE) for name in machines)
        title += f"{fmt.DOT}{safe(', '.join(names), paper)}"
    shown = ["\n".join(wrapped(title, paper))]
    for group in (parts, total):  # a chart for each: a grand total would make all its rows short
        bars = _chart(group, shape) if chart else None
        shown += ["\n".join(_text(part, shape, bars)) for part in group]
    return "\n\n".join(shown)


def _part(table: CostTable, by: str, *, models: bool) -> _Part:
    rows = []
    for group in table.groups:
        rows.append(
            _Row(TableLine(group.name, _cells(group.tally), group.below, group.cut, group.whole), group.tally)
        )
        if models:
            rows += [
                _Row(TableLine(f"  {model}", _cells(tally)), tally)
                for model, tally in sorted(group.models.items(), key=by_cost)
            ]
    unlogged = table.report.not_on_lines.tally
    if unlogged.responses:
        cells = _cells(unlogged) | {"responses": "–"}
        rows.append(_Row(TableLine(NOT_IN_LOGS, cells, (WHAT_IS_NOT,)), unlogged))
    total = _total(table.total, complete=table.is_complete)
    return _Part(f"{table.title} by {by}", rows, total, table.notes, is_whole=table.is_complete)


def _grand_total(tables: Sequence[CostTable]) -> _Part:
    sums = sorted(((table.title, table.total) for table in tables), key=by_cost)
    rows = [_Row(TableLine(title, _cells(total)), total) for title, total in sums]
    total = tallied(total for _, total in sums)
    return _Part("All providers", rows, _total(total, complete=all(table.is_complete for table in tables)))


def _total(tally: Tally, *, complete: bool) -> TableLine:
    """Of what is not complete the sum is a lower bound."""
    cells = _cells(tally)
    if tally.usd is not None:
        cells["usd"] = fmt.priced(tally.usd, complete=complete)
    return TableLine("Total", cells)


def _chart(parts: Sequence[_Part], shape: Columns) -> _Chart:
    tallies = [row.tally for part in parts for row in part.rows]
    priced = any(tally.usd for tally in tallies)
    most = max((_value(tally, priced) or 0 for tally in tallies), default=0)
    return _Chart(priced, most, min(shape.paper.width - shape.width - len(GAP), _LONGEST_BAR))


def _value(tally: Tally, priced: bool) -> float | None:
    return tally.usd if priced else tally.usage.total_tokens


def _text(part: _Part, shape: Columns, bars: _Chart | None) -> Iterator[str]:
    if part.rows:
        yield shape.head(part.head)
        yield shape.rule()
    else:
        yield shape.paper.strong(safe(part.head, shape.paper))
        yield ("Nothing was used in this period." if part.is_whole else "No usage is known for this period.")
    for row in part.rows:
        first, *below = shape.row(row.line)
        bar = shape.paper.plain(bars.bar(row.tally)) if bars else ""
        yield f"{padded(first, shape.width)}{GAP}{bar}" if bar else first
        yield from below
    if part.rows:
        yield shape.rule()
        yield from map(shape.paper.strong, shape.row(part.total))
    for note in part.notes:
        yield from wrapped(note, shape.paper)


def notes(report: CostReport) -> tuple[str, ...]:
    """What the table does not say: how fast tokens are used, and what is missing."""
    return (*_speed(report), *_gaps(report))


def _speed(report: CostReport) -> Iterator[str]:
    parts = []
    if report.burn is not None:
        rate = used(report.burn.usd_per_hour, report.burn.tokens_per_hour)
        parts.append(f"Last {report.burn.over_minutes // 60} hours: {rate} an hour.")
    month = (report.month_to_date_usd or 0) + (report.not_on_lines.month_to_date_usd or 0)
    if month:
        parts.append(f"This month: {fmt.priced(month, complete=report.priced == 'full')}.")
    if parts:
        yield " ".join(parts)


def _gaps(report: CostReport) -> Iterator[str]:
    unpriced = sorted({*report.unpriced_models, *report.not_on_lines.unpriced_models})
    if unpriced:
        yield (
            f"Not included (no known price): {', '.join(unpriced)}. Run `tankful prices update`, or"
            " add a price to prices.toml."
        )
    if report.skipped_lines:
        yield f"Unreadable lines: {report.skipped_lines}."
    if not report.up_to_date:
        yield "Not all logs could be counted this time: recent usage may be missing."
    if report.unreadable_files:
        shown, left = report.unreadable_files[:_FILES], len(report.unreadable_files) - _FILES
        more = f" and {left} more" if left > 0 else ""
        yield f"Logs that could not be read completely: {', '.join(shown)}{more}."


def _cells(tally: Tally) -> dict[str, str]:
    tokens = tally.usage
    counts = {
        "input": tokens.input_tokens,
        "cache_read": tokens.cache_read_tokens,
        "cache_write": tokens.cache_write_tokens,
        "cache": tokens.cache_read_tokens + tokens.cache_write_tokens,
        "output": tokens.output_tokens,
        "total": tokens.total_tokens,
    }
    return {
        "responses": f"{tally.responses:,}",
        **{name: _in_line(fmt.tokens(count)) for name, count in counts.items()},
        "usd": _usd(tally),
    }


def _usd(tally: Tally) -> str:
    if tally.usd is None:
        return "no price"
    return fmt.at_least(tally.usd) if tally.unpriced else fmt.money(tally.usd)


def _in_line(count: str) -> str:
    """With spaces for the unit that it does not have, so that digits stand below digits."""
    return count if " " in count else f"{count}  "
