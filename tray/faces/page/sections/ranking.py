"""The days of the chosen ones, in the order of what was used in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from tray.faces.page import amounts, spending
from tray.faces.page.amounts import Amount
from tray.faces.page.data import PageData
from tray.faces.page.parts import Column, Head, Pager, Sorting, heads, pager, sorting
from tray.view import format as fmt
from tray.view.charts.row_bar import row_bar
from tray.view.usage.ranking import SORTS, RankedDay, Sort, ranking, value_of

_SIZE = 31
_FIRST_ONES = 3
_TITLES: dict[Sort, str] = {
    "date": "Day",
    "sessions": "Sessions",
    "input": "Input",
    "cache_read": "Cache reads",
    "cache_write": "Cache writes",
    "output": "Output",
    "total": "Total",
    "cost": "Cost",
}
_COLUMNS = tuple(Column(key=key, title=title) for key, title in _TITLES.items())


class RankedDayRow(Struct, frozen=True, kw_only=True):
    """`bar` is its part of the most of what the rows are sorted by; `is_first` marks the first three."""

    rank: int
    is_first: bool
    name: str
    address: str
    bar: Markup
    cells: tuple[Amount, ...]


class RankingTable(Struct, frozen=True, kw_only=True):
    heads: tuple[Head, ...]
    rows: tuple[RankedDayRow, ...]
    page: Pager
    sorted_by: str


def build(data: PageData) -> RankingTable:
    by = sorting(data.query, _COLUMNS, "total")
    sort = next(each for each in SORTS if each == by.key)
    days = _days(data)
    found = ranking(days, sort)
    in_order = _in_order(found, sort, descending=by.reverse)
    page = pager(data.query, len(in_order), _SIZE)
    most = max((_width(each, sort) for each in found), default=0.0)
    priced = any(each.tally.usd is not None for each in days)
    return RankingTable(
        heads=_heads(data, by, priced=priced),
        rows=tuple(
            _row(data, each, rank, sort, most, priced=priced)
            for rank, each in in_order[page.first : page.last]
        ),
        page=page,
        sorted_by=_TITLES[sort],
    )


def _in_order(found: Sequence[RankedDay], sort: Sort, *, descending: bool) -> Sequence[tuple[int, RankedDay]]:
    """With their ranks; those of which it is not known are last either way."""
    ranked = list(enumerate(found, 1))
    if descending:
        return ranked
    known = [each for each in ranked if value_of(each[1], sort) >= 0]
    return [*reversed(known), *ranked[len(known) :]]


def _heads(data: PageData, by: Sorting, *, priced: bool) -> tuple[Head, ...]:
    columns = [each for each in _COLUMNS if priced or each.key != "cost"]
    day, *others = heads(data.query, columns, by)
    return (replace(day, number=False), *others)  # sorted as numbers are, and read as a name


def _days(data: PageData) -> list[RankedDay]:
    counts = {key[0]: count for key, count in spending.session_counts(data, ("day",)).items()}
    return [
        RankedDay(day=day, tally=tally, sessions=counts.get(day, 0))
        for day, tally in spending.in_range(data).by_day.items()
    ]


def _width(each: RankedDay, sort: Sort) -> float:
    """Of its bar: by the date all have that of their tokens."""
    return max(0.0, value_of(each, "total" if sort == "date" else sort))


def _row(
    data: PageData, each: RankedDay, rank: int, sort: Sort, most: float, *, priced: bool
) -> RankedDayRow:
    unknown = sort == "cost" and each.tally.usd is None
    return RankedDayRow(
        rank=rank,
        is_first=rank <= _FIRST_ONES and sort != "date",
        name=f"{fmt.weekday(each.day)} {fmt.day_name(each.day, data.today)}",
        address=_address(data, each.day),
        bar=row_bar(None if unknown else _width(each, sort), most),
        cells=_cells(each, priced=priced),
    )


def _address(data: PageData, day: date) -> str:
    return data.query.with_(range="custom", since=f"{day}", until=f"{day}", page="").address


def _cells(each: RankedDay, *, priced: bool) -> tuple[Amount, ...]:
    usage = each.tally.usage
    counts = (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.output_tokens)
    return (
        amounts.counted(each.sessions),
        *map(amounts.tokens, (*counts, usage.total_tokens)),
        *([amounts.cost(each.tally, in_column=True)] if priced else ()),
    )
