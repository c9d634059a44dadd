"""The budgets that are set: what the running week and month come to, and what became of past ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from providers.domain.rules import SPENT_PERCENT
from tray.engine import published
from tray.engine.budget_history import PERIODS, history_of, with_history
from tray.faces.page.data import PageData
from tray.faces.page.parts import Head
from tray.view import format as fmt
from tray.view.words import MONTHS

_TITLES = ("Period", "Result", "Used", "Of budget")
_RESULTS = {"kept": ("kept", "good"), "exceeded": ("exceeded", "bad"), "unknown": ("unknown", "plain")}
_VERDICTS = {
    "ok": ("on track", "good"),
    "will_exceed": ("will exceed", "warn"),
    "nearly_spent": ("nearly spent", "warn"),
    "spent": ("spent", "bad"),
    "unknown": ("unknown", "plain"),
}
_NOTE = (
    f"The last {PERIODS} periods at most, judged by the budget that is set today. ≥ is a lower bound: something"
    " has no price, or part of the period is missing from the logs or the readings."
)


class BudgetRow(Struct, frozen=True, kw_only=True):
    """`expected` is what the running period comes to, "" of past ones; `kind` that of a badge."""

    period: str
    starts_at: str
    used: str
    used_full: str
    share: str
    result: str
    kind: str
    expected: str = ""


class BudgetTable(Struct, frozen=True, kw_only=True):
    title: str
    rows: tuple[BudgetRow, ...]


class Budgets(Struct, frozen=True, kw_only=True):
    heads: tuple[Head, ...]
    tables: tuple[BudgetTable, ...]
    note: str = _NOTE


def build(data: PageData) -> Budgets | None:
    """None where no budget of a week or a month is set."""
    if data.usage is None:
        return None
    try:
        document = with_history(data.usage, data.scope, data.costs.ledger, data.now)
        tables = tuple(_table(each, data) for each in document["budgets"] if "history" in each)
    except published.DAMAGED:  # the next round rewrites it
        return None
    heads = tuple(Head(title=title, number=title in ("Used", "Of budget")) for title in _TITLES)
    return Budgets(heads=heads, tables=tables) if tables else None


def _table(budget: Mapping[str, Any], data: PageData) -> BudgetTable:
    whose = f"{budget['title']}: " if budget["title"] else ""
    limit = (
        fmt.money(budget["limit"])
        if budget["unit"] == "usd"
        else f"{budget['limit']:g} % of the weekly limit"
    )
    title = f"{whose}{limit} a {budget['period']}"
    return BudgetTable(title=fmt.plain(title, longest=80), rows=tuple(_rows(budget, data)))


def _rows(budget: Mapping[str, Any], data: PageData) -> Iterator[BudgetRow]:
    if budget["starts_at"] is not None:
        expected = budget["forecast"]
        if expected is not None and budget["unit"] == "percent":
            expected = min(expected, SPENT_PERCENT)  # of a limit no more can be used
        yield _row(budget, budget, _VERDICTS[budget["verdict"]], data, expected=expected)
    for entry in history_of(budget):
        yield _row(budget, entry, _RESULTS[entry["result"]], data)


def _row(
    budget: Mapping[str, Any],
    entry: Mapping[str, Any],
    result: tuple[str, str],
    data: PageData,
    expected: float | None = None,
) -> BudgetRow:
    used = entry["used"]
    is_usd = budget["unit"] == "usd"
    return BudgetRow(
        period=_named(budget, datetime.fromisoformat(entry["starts_at"]), data),
        starts_at=entry["starts_at"],
        used="" if used is None else _amount(used, is_usd=is_usd, at_least=entry["at_least"]),
        used_full="" if used is None else f"{used:g}",
        share="" if used is None else _share(used, budget["limit"], at_least=entry["at_least"]),
        result=result[0],
        kind=result[1],
        expected="" if expected is None else f"heading for {_amount(expected, is_usd=is_usd)}",
    )


def _share(used: float, limit: float, *, at_least: bool) -> str:
    """Rounded, but not up to 100 % for a budget that was kept, nor down to it for one that was not."""
    percent = 100 * used / limit
    whole = min(round(percent), 99) if used < limit else max(round(percent), 101) if used > limit else 100
    return f"{'≥ ' if at_least else ''}{whole} %"


def _amount(used: float, *, is_usd: bool, at_least: bool = False) -> str:
    if is_usd:
        return fmt.priced(used, complete=not at_least)
    return f"{'≥ ' if at_least else ''}{used:.0f} %"


def _named(budget: Mapping[str, Any], begins: datetime, data: PageData) -> str:
    """`Nov 2026`, or `week from 16 Nov`."""
    local = begins.astimezone(data.scope.zone)
    if budget["period"] == "month":
        return f"{MONTHS[local.month - 1]} {local.year}"
    return f"week from {fmt.day_name(local.date(), data.today)}"
