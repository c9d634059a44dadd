"""A table of sums: its rows, those below them, what is not in any row, and the total. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import TOKEN_CLASSES, Tally, tallied
from providers.ledger.rollup.selection import Key
from tray.faces.page.query import PageQuery
from tray.faces.page.table.columns import COLUMNS, TallyCell
from tray.faces.page.table.names import ShownName
from tray.faces.page.table.ordering import Ordering, SortLink, ordered, ordering, sort_link
from tray.faces.page.table.paging import PageLinks, paged

BY_COST = Ordering("cost")
_MOST_PARTS = 150
"""So many rows below others are sent, whether they are open or not."""


class TallyGroup(Struct, frozen=True, kw_only=True):
    """What a row is made of. `text` is what it is sorted by where that is its name; `place` tells rows of the
    same name apart, as by their provider.
    """

    text: str
    name: ShownName
    tally: Tally = Tally()
    place: str = ""
    parts: tuple[TallyGroup, ...] = ()


class BarSegment(Struct, frozen=True):
    """A part of a bar, which is 100 wide; `name` is a token class."""

    name: str
    start: float
    width: float


class TallyRow(Struct, frozen=True, kw_only=True):
    """`parts` are the rows below it. Where a page would have too many of those, it has only those of open rows,
    and `toggle` is the address that opens or closes this one.
    """

    name: ShownName
    place: str
    cells: tuple[TallyCell, ...]
    bar: tuple[BarSegment, ...]
    parts: tuple[TallyRow, ...] = ()
    is_open: bool = False
    toggle: str = ""


class TallyTable(Struct, frozen=True, kw_only=True):
    """`headings` are of the name and of the cells, `more` the rows below all others."""

    caption: str
    headings: tuple[SortLink, ...]
    place_title: str
    rows: tuple[TallyRow, ...]
    more: tuple[TallyRow, ...]
    links: PageLinks
    open_all: str
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
    return [
        TallyGroup(
            text=text(own),
            name=name(own),
            tally=tallied(parts.values()),
            place=place(parts),
            parts=tuple(replace(part(key), tally=tally) for key, tally in parts.items()),
        )
        for own, parts in below.items()
    ]


def table(
    groups: Sequence[TallyGroup],
    query: PageQuery,
    *,
    caption: str,
    title: str,
    place_title: str = "",
    beyond: Tally | None = None,
    usual: Ordering = BY_COST,
    notes: Iterable[str] = (),
) -> TallyTable:
    """`beyond` is what no row can have, since it is on no line of a log; `title` heads the names."""
    keys = ("name", *(column.key for column in COLUMNS))
    own = ordering(query, keys, usual)
    total = _total(groups, beyond)
    longest = max((group.tally.usage.total_tokens for group in groups), default=0)
    in_order = _ordered(groups, own, total)
    shown, links = paged(in_order, query)
    is_long = sum(len(group.parts) for group in shown) > _MOST_PARTS
    rows = tuple(_row(group, query, total, own, longest, is_long=is_long) for group in shown)
    return TallyTable(
        caption=caption,
        headings=(
            sort_link(query, own, "name", title, is_text=True),
            *(sort_link(query, own, column.key, column.title, column.hint) for column in COLUMNS),
        ),
        place_title=place_title,
        rows=rows,
        more=tuple(_more(groups, beyond, total)),
        links=links,
        open_all=_open_all(rows, query),
        notes=tuple(notes),
    )


def unpriced_note(models: Mapping[str, Tally]) -> Iterable[str]:
    """What the costs leave out, by model."""
    names = sorted({name for name, tally in models.items() if tally.unpriced})
    if names:
        yield f"Not included (no known price): {', '.join(names)}."


def segments(tally: Tally, longest: int) -> tuple[BarSegment, ...]:
    """Its disjoint token classes, beside a sum of `longest` tokens that fills the bar."""
    found, start = [], 0.0
    for each in TOKEN_CLASSES:
        count = getattr(tally.usage, f"{each.name}_tokens")
        if each.part_of is None and count:
            width = 100 * count / longest
            found.append(BarSegment(each.name, round(start, 3), round(width, 3)))
            start += width
    return tuple(found)


def _total(groups: Iterable[TallyGroup], beyond: Tally | None) -> Tally:
    """With what is on no line, of which it is unknown how many responses it was."""
    on_lines = tallied(group.tally for group in groups)
    if beyond is None:
        return on_lines
    return replace(tallied((on_lines, beyond)), responses=on_lines.responses)


def _ordered(groups: Iterable[TallyGroup], own: Ordering, total: Tally) -> list[TallyGroup]:
    numbers = {column.key: column.number for column in COLUMNS}

    def value(group: TallyGroup) -> float | str | None:
        return group.text.casefold() if own.key == "name" else numbers[own.key](group.tally, total)

    return ordered(
        groups, own, value, lambda group: (-group.tally.usage.total_tokens, group.text, group.place)
    )


def _row(
    group: TallyGroup, query: PageQuery, total: Tally, own: Ordering, longest: int, *, is_long: bool = False
) -> TallyRow:
    ident = f"{crc32(f'{group.place} {group.text}'.encode(errors='replace')):08x}"
    opened = [each for each in query.open.split(",") if each]
    is_open = query.open == "all" or ident in opened
    parts = _ordered(group.parts, own, total) if is_open or not is_long else []
    toggle = ""
    if is_long and group.parts and query.open != "all":
        others = [each for each in opened if each != ident]
        toggle = query.with_(open=",".join(others if is_open else (*others, ident))).address
    return TallyRow(
        name=group.name,
        place=group.place,
        cells=tuple(column.cell(group.tally, total) for column in COLUMNS),
        bar=segments(group.tally, longest),
        parts=tuple(_row(part, query, total, own, longest) for part in parts),
        is_open=is_open,
        toggle=toggle,
    )


def _more(groups: Sequence[TallyGroup], beyond: Tally | None, total: Tally) -> Iterable[TallyRow]:
    if beyond is not None:
        cells = {column.key: column.cell(beyond, total) for column in COLUMNS}
        cells["responses"] = TallyCell(shown="–")
        yield _last("Not in the logs", tuple(cells.values()))
    if groups:
        yield _last("Total", tuple(column.cell(total, total) for column in COLUMNS))


def _last(name: str, cells: tuple[TallyCell, ...]) -> TallyRow:
    return TallyRow(name=ShownName(shown=name, full=name), place="", cells=cells, bar=())


def _open_all(rows: Iterable[TallyRow], query: PageQuery) -> str:
    """The address with all rows open, or closed where they are; "" where none can be opened."""
    if not any(row.parts or row.toggle for row in rows):
        return ""
    return query.with_(open="" if query.open == "all" else "all").address
