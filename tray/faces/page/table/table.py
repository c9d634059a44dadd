"""A table of sums: its rows, those below them, what is not in any row, and the total. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import TOKEN_CLASSES, Tally, tallied
from providers.ledger.rollup.selection import Key
from tray.faces.page.parts import Column, Head, Pager, Sorting, heads, pager, sorting
from tray.faces.page.query import PageQuery
from tray.faces.page.table.columns import COLUMNS, ShownCell
from tray.faces.page.table.names import ShownName
from tray.view.charts.class_bar import CLASS_TINTS

ROWS = 50
"""On one page."""
ALL = "all"
MOST_PARTS, FEWEST_PARTS = 200, 4
"""Rows below the rows of a page, and below each of them: a page stays small, however many rows are open."""
_NUMBERS = {column.key: column.number for column in COLUMNS}
_Row = TypeVar("_Row")


class TallyGroup(Struct, frozen=True, kw_only=True):
    """What a row is made of. `text` is what it is sorted by where that is its name; `place` tells rows of the
    same name apart, as by their provider. `name` and `parts` are made for rows that are shown: a table of all days
    has thousands of parts.
    """

    text: str
    name: Callable[[], ShownName]
    tally: Tally = Tally()
    place: str = ""
    parts: Callable[[], Sequence[TallyGroup]] | None = None


class BarSegment(Struct, frozen=True):
    """A part of a bar, which is 100 wide; `tint` is that of a token class."""

    tint: str
    start: float
    width: float


class TallyRow(Struct, frozen=True, kw_only=True):
    """`toggle` is the address that opens or closes the row, "" where nothing is below it; `parts` are the rows
    below it where it is open, without `more` of them, which `alone` shows: the address that opens this row alone.
    """

    name: ShownName
    place: str
    cells: tuple[ShownCell, ...]
    bar: tuple[BarSegment, ...]
    parts: tuple[TallyRow, ...] = ()
    is_open: bool = False
    toggle: str = ""
    more: int = 0
    alone: str = ""


class TallyTable(Struct, frozen=True, kw_only=True):
    """`heads` are of the name and of the cells, `more` the rows below all others; `toggle_all` is the address that
    opens or closes all rows. `count` is how many rows there are on all pages.
    """

    caption: str
    heads: tuple[Head, ...]
    tints: tuple[str, ...]
    place_title: str
    rows: tuple[TallyRow, ...]
    more: tuple[TallyRow, ...]
    count: int
    pager: Pager
    toggle_all: str
    is_open: bool
    notes: tuple[str, ...] = ()


def grouped(
    tallies: Mapping[Key, Tally],
    depth: int,
    *,
    text: Callable[[Key], str],
    name: Callable[[Key], ShownName],
    place: Callable[[Collection[Key]], str],
    part: Callable[[Key], TallyGroup],
) -> list[TallyGroup]:
    """A group for each first `depth` members of the keys, which `text` and `name` get; its `place` is made of all
    its keys, and `part` makes a part of one of them, whose tally is set here.
    """
    below: dict[Key, dict[Key, Tally]] = {}
    for key, tally in tallies.items():
        below.setdefault(key[:depth], {})[key] = tally

    def parts(own: Mapping[Key, Tally]) -> list[TallyGroup]:
        return [replace(part(key), tally=tally) for key, tally in own.items()]

    return [
        TallyGroup(
            text=text(key),
            name=partial(name, key),
            tally=tallied(own.values()),
            place=place(own),
            parts=partial(parts, own),
        )
        for key, own in below.items()
    ]


def table(
    groups: Sequence[TallyGroup],
    query: PageQuery,
    *,
    caption: str,
    title: str,
    place_title: str = "Provider",
    beyond: Tally | None = None,
    usual: str = "cost",
    newest_first: bool = False,
    notes: Iterable[str] = (),
) -> TallyTable:
    """`beyond` is what no row can have, since it is on no line of a log; `title` heads the names, which begin with
    the last of them where they are times (`newest_first`).
    """
    columns = (
        Column(key="name", title=title, number=newest_first),
        *(Column(key=each.key, title=each.title) for each in COLUMNS),
    )
    by = sorting(query, columns, usual)
    total = total_of(tallied(group.tally for group in groups), beyond)
    longest = max((group.tally.usage.total_tokens for group in groups), default=0)
    pages = pager(query, len(groups), ROWS)
    shown = _in_order(groups, by, total)[pages.first : pages.last]
    below = Sorting("cost", reverse=True) if newest_first and by.key == "name" else by
    name, *rest = heads(query, columns, by)
    return TallyTable(
        caption=caption,
        heads=(replace(name, number=False), *rest),
        tints=("", *(CLASS_TINTS.get(each.key, "") for each in COLUMNS)),
        place_title=place_title,
        rows=tuple(_rows(shown, query, total, below, longest)),
        more=tuple(_more(groups, beyond, total)),
        count=len(groups),
        pager=pages,
        toggle_all=_toggle_all(groups, query),
        is_open=query.open == ALL,
        notes=tuple(notes),
    )


def in_order(
    rows: Iterable[_Row], by: Sorting, value: Callable[[_Row], Any], tie: Callable[[_Row], Any]
) -> list[_Row]:
    """By their values, those without one last in either direction; equal ones by `tie`."""
    by_tie = sorted(rows, key=tie)
    known = [row for row in by_tie if value(row) is not None]
    unknown = [row for row in by_tie if value(row) is None]
    return sorted(known, key=value, reverse=by.reverse) + unknown


def segments(tally: Tally, longest: int) -> tuple[BarSegment, ...]:
    """Its disjoint token classes, beside a sum of `longest` tokens that fills the bar."""
    found, start = [], 0.0
    for each in TOKEN_CLASSES:
        count = getattr(tally.usage, f"{each.name}_tokens")
        if each.part_of is None and count:
            width = 100 * count / longest
            found.append(BarSegment(CLASS_TINTS[each.name], round(start, 2), round(width, 2)))
            start += width
    return tuple(found)


def row_id(*names: str) -> str:
    """What opens a row in an address: names may be long."""
    return f"{crc32(' '.join(names).encode(errors='replace')):08x}"


def toggled(query: PageQuery, ident: str) -> tuple[bool, str]:
    """Whether a row is open, and the address that turns that around."""
    opened = [each for each in query.open.split(",") if each]
    if query.open == ALL or ident in opened:
        others = [] if query.open == ALL else [each for each in opened if each != ident]
        return True, query.with_(open=",".join(others)).address
    return False, query.with_(open=",".join((*opened, ident))).address


def total_of(on_lines: Tally, beyond: Tally | None) -> Tally:
    """With what is on no line, of which it is unknown how many responses it was."""
    if beyond is None:
        return on_lines
    return replace(tallied((on_lines, beyond)), responses=on_lines.responses)


def _in_order(groups: Iterable[TallyGroup], by: Sorting, total: Tally) -> list[TallyGroup]:
    def value(group: TallyGroup) -> float | str | None:
        return group.text.casefold() if by.key == "name" else _NUMBERS[by.key](group.tally, total)

    return in_order(
        groups, by, value, lambda group: (-group.tally.usage.total_tokens, group.text, group.place)
    )


def _rows(
    groups: Sequence[TallyGroup], query: PageQuery, total: Tally, by: Sorting, longest: int
) -> Iterator[TallyRow]:
    """With the rows below those that are open."""
    idents = [row_id(group.place, group.text) for group in groups]
    opened = sum(
        toggled(query, ident)[0] and group.parts is not None
        for group, ident in zip(groups, idents, strict=True)
    )
    most = max(FEWEST_PARTS, MOST_PARTS // max(opened, 1))
    for group, ident in zip(groups, idents, strict=True):
        row = _row(group, total, longest)
        if group.parts is not None:
            is_open, toggle = toggled(query, ident)
            parts = _in_order(group.parts(), by, total) if is_open else []
            row = replace(
                row,
                is_open=is_open,
                toggle=toggle,
                parts=tuple(_row(part, total, longest) for part in parts[:most]),
                more=max(len(parts) - most, 0),
                alone=query.with_(open=ident).address,
            )
        yield row


def _row(group: TallyGroup, total: Tally, longest: int) -> TallyRow:
    return TallyRow(
        name=group.name(),
        place=group.place,
        cells=tuple(column.cell(group.tally, total) for column in COLUMNS),
        bar=segments(group.tally, longest),
    )


def _more(groups: Sequence[TallyGroup], beyond: Tally | None, total: Tally) -> Iterator[TallyRow]:
    if beyond is not None:
        cells = {column.key: column.cell(beyond, total) for column in COLUMNS}
        cells["responses"] = ShownCell(shown="–")
        yield _last("Not in the logs", tuple(cells.values()))
    if groups or beyond is not None:
        yield _last("Total", tuple(column.cell(total, total) for column in COLUMNS))


def _last(name: str, cells: tuple[ShownCell, ...]) -> TallyRow:
    return TallyRow(name=ShownName(shown=name, full=name), place="", cells=cells, bar=())


def _toggle_all(groups: Iterable[TallyGroup], query: PageQuery) -> str:
    if all(group.parts is None for group in groups):
        return ""
    return query.with_(open="" if query.open == ALL else ALL).address
