"""What sections give to the macros of `assets/page/parts.html`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from tray.faces.page.query import PageQuery


class Link(Struct, frozen=True, kw_only=True):
    title: str
    address: str
    current: bool


def choices(
    query: PageQuery, member: str, titles: Mapping[str, str], current: str, usual: str = ""
) -> tuple[Link, ...]:
    """Links that set a member of the address; the `usual` value stands for none."""
    return tuple(
        Link(
            title=title,
            address=query.with_(**{member: "" if value == usual else value}, page="").address,
            current=value == current,
        )
        for value, title in titles.items()
    )


class StatCard(Struct, frozen=True, kw_only=True):
    """`value` is what is shown, `full` the same with all its digits; `change` is against the period before."""

    name: str
    value: str
    full: str = ""
    note: str = ""
    change: str = ""


class Head(Struct, frozen=True, kw_only=True):
    """Of a column; with an address it sorts. `sorted` is the value of aria-sort."""

    title: str
    number: bool = False
    address: str = ""
    sorted: Literal["", "ascending", "descending"] = ""


class Column(Struct, frozen=True, kw_only=True):
    """One that can be sorted by `key`: numbers from the largest on, names from A on."""

    key: str
    title: str
    number: bool = True


class Sorting(Struct, frozen=True):
    """What `sort=` in the address asks for: `cost` begins with the largest, `-cost` with the smallest."""

    key: str
    reverse: bool


def sorting(query: PageQuery, columns: Sequence[Column], default: str) -> Sorting:
    """By the column of the address, `default` where it names none."""
    turned, key = query.sort.startswith("-"), query.sort.removeprefix("-")
    found = next((each for each in columns if each.key == key), None)
    if found is None:
        turned, found = False, next(each for each in columns if each.key == default)
    return Sorting(found.key, found.number is not turned)


def heads(query: PageQuery, columns: Sequence[Column], by: Sorting) -> tuple[Head, ...]:
    """Links that sort by each column; that of the present one turns its order around."""
    return tuple(
        Head(
            title=each.title,
            number=each.number,
            address=query.with_(sort=_turned(each, by), page="").address,
            sorted=_direction(by) if each.key == by.key else "",
        )
        for each in columns
    )


def _turned(column: Column, by: Sorting) -> str:
    as_usual = by.reverse is column.number
    return f"-{column.key}" if column.key == by.key and as_usual else column.key


def _direction(by: Sorting) -> Literal["ascending", "descending"]:
    return "descending" if by.reverse else "ascending"


class Pager(Struct, frozen=True, kw_only=True):
    """`first` and `last` are the places of the rows of this page, `last` not included."""

    number: int
    pages: int
    first: int
    last: int
    previous: str
    next: str


def pager(query: PageQuery, rows: int, size: int) -> Pager:
    """Of the page the address asks for; of the last one where there are not so many."""
    pages = max(-(-rows // size), 1)
    asked = int(query.page) if query.page.isascii() and query.page.isdecimal() and len(query.page) < 10 else 1
    number = min(max(asked, 1), pages)
    return Pager(
        number=number,
        pages=pages,
        first=(number - 1) * size,
        last=min(number * size, rows),
        previous=query.with_(page="" if number == 2 else f"{number - 1}").address if number > 1 else "",
        next=query.with_(page=f"{number + 1}").address if number < pages else "",
    )
