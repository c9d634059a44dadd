"""What templates share: heads that sort, and pages of a long list."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.faces.page.parts import Column, Sorting, heads, pager, sorting
from tray.faces.page.query import PageQuery, parse

COLUMNS = (Column(key="name", title="Name", number=False), Column(key="cost", title="Cost"))


def asked(address: str) -> PageQuery:
    return parse(dict(parse_qsl(urlsplit(address).query)))


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("", Sorting("cost", reverse=True)),
        ("cost", Sorting("cost", reverse=True)),
        ("-cost", Sorting("cost", reverse=False)),
        ("name", Sorting("name", reverse=False)),
        ("-name", Sorting("name", reverse=True)),
        ("-nothing", Sorting("cost", reverse=True)),
        ("--cost", Sorting("cost", reverse=True)),
    ],
)
def test_numbers_begin_with_the_largest_and_names_with_a(sort: str, found: Sorting) -> None:
    assert sorting(PageQuery(sort=sort), COLUMNS, "cost") == found


@pytest.mark.parametrize("sort", ["", "cost", "-cost", "name", "-name"])
def test_the_head_of_the_sorted_column_turns_it_around(sort: str) -> None:
    query = PageQuery(tab="models", sort=sort, page="3")
    by = sorting(query, COLUMNS, "cost")
    (now,) = [head for head in heads(query, COLUMNS, by) if head.sorted]
    turned = sorting(asked(now.address), COLUMNS, "cost")
    assert turned == Sorting(by.key, reverse=not by.reverse)
    assert asked(now.address).page == ""
    assert asked(now.address).tab == "models"
    assert now.sorted == ("descending" if by.reverse else "ascending")


@given(st.text(max_size=12), st.integers(0, 1000), st.integers(1, 60))
def test_every_row_is_on_one_page(page: str, rows: int, size: int) -> None:
    found = pager(PageQuery(page=page), rows, size)
    assert 1 <= found.number <= found.pages
    assert 0 <= found.first <= found.last <= rows
    assert found.last - found.first <= size
    assert (found.next == "") == (found.number == found.pages)
    assert (found.previous == "") == (found.number == 1)
    if found.next:
        after = pager(asked(found.next), rows, size)
        assert after.first == found.last
        assert asked(after.previous) == asked(
            PageQuery(page="" if found.number == 1 else f"{found.number}").address
        )
