"""What the tokens of the chosen days were: the disjoint classes, their parts, and what no line of a log has."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup
from msgspec import Struct

from providers.domain.cost import TOKEN_CLASSES, Tally
from tray.faces.page import amounts, spending
from tray.faces.page.amounts import NOTHING, Amount
from tray.faces.page.data import PageData
from tray.view import format as fmt
from tray.view.charts.class_bar import tokens_bar
from tray.view.usage.change import change
from tray.view.usage.daily import Daily

_TITLES = {
    "input": "Input",
    "cache_read": "Cache reads",
    "cache_write": "Cache writes",
    "cache_write_1h": "of which for 1 hour",
    "output": "Output",
    "reasoning": "of which reasoning",
}


class ClassRow(Struct, frozen=True, kw_only=True):
    """`kind` is "class", "part" of the class above it, or "sum". `before` is that of the period before."""

    name: str
    kind: str
    tokens: Amount
    share: str
    cost: Amount = NOTHING
    before: Amount = NOTHING
    change: str = ""


class Tokens(Struct, frozen=True, kw_only=True):
    """`has_cost` and `has_before` are whether any row has one."""

    rows: tuple[ClassRow, ...]
    bar: Markup
    has_cost: bool
    has_before: bool
    notes: tuple[str, ...]


def build(data: PageData) -> Tokens:
    used = spending.in_range(data)
    if not used.active_days:
        return Tokens(rows=(), bar=Markup(), has_cost=False, has_before=False, notes=())
    rows = tuple(_rows(used, _before(data)))
    return Tokens(
        rows=rows,
        bar=tokens_bar(used.total.usage),
        has_cost=any(row.cost.shown for row in rows),
        has_before=any(row.before.shown for row in rows),
        notes=spending.unpriced_note(data),
    )


def _before(data: PageData) -> Daily | None:
    """Of the period before, if all of its days are known: a part of one says nothing of a class."""
    days, first = spending.days_before(data), spending.logged(data).first
    if days is None or first is None or days.first < first:
        return None
    return spending.daily(data).of(days)


def _rows(used: Daily, before: Daily | None) -> Iterator[ClassRow]:
    lines, beyond, total = Daily(used.lines).total, Daily(used.beyond).total, used.total
    was = None if before is None else Daily(before.lines).total
    whole = total.usage.total_tokens
    for each in TOKEN_CLASSES:
        name = f"{each.name}_tokens"
        count: int = getattr(lines.usage, name)
        earlier: int | None = None if was is None else getattr(was.usage, name)
        if count or earlier or each.part_of is None:
            kind = "part" if each.part_of else "class"
            yield _row(_TITLES[each.name], kind, count, whole, earlier)
    if Daily(used.beyond).active_days:
        yield _sum("In the logs", lines, whole, was)
        yield _sum("Not in the logs", beyond, whole, None if before is None else Daily(before.beyond).total)
    yield _sum("Total", total, whole, None if before is None else before.total)


def _sum(name: str, tally: Tally, whole: int, before: Tally | None) -> ClassRow:
    count = tally.usage.total_tokens
    return _row(
        name, "sum", count, whole, None if before is None else before.usage.total_tokens, amounts.cost(tally)
    )


def _row(
    name: str, kind: str, count: int, whole: int, before: int | None, cost: Amount = NOTHING
) -> ClassRow:
    return ClassRow(
        name=name,
        kind=kind,
        tokens=amounts.tokens(count),
        share=fmt.share(count, whole),
        cost=cost,
        before=NOTHING if before is None else amounts.tokens(before),
        change=amounts.difference(change(count, before), amounts.tokens_shown),
    )
