"""Any text, through CSV and JSON Lines and back."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.domain.visible import sound, visible
from tray.view.export.table import Cell, Row, Table
from tray.view.export.written import as_csv, as_json_lines

SHARED = st.tuples(st.one_of(st.none(), st.text(st.characters())), st.booleans())
OWN = st.tuples(
    st.just("2026-11-20T12:00:00.000Z"),
    st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    st.integers(0, 2**63),
    st.one_of(st.none(), st.just("2026-11-20")),
)


def table(*rows: Row) -> Table:
    return Table(
        lead=("time",),
        shared=("name", "is_so"),
        tail=("usd", "tokens", "ended_at"),
        texts=frozenset({"time", "ended_at"}),
        rows=rows,
    )


def in_csv(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def name_in_csv(name: str | None) -> str:
    text = visible(sound(name or "")).replace("\n", " ")
    return f"'{text}" if text.lstrip().startswith(tuple("=+-@＝＋－＠")) else text


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
@pytest.mark.parametrize("before", ["", " ", "\t", "\r\n", "\u00a0", "\u202e"])
def test_no_name_is_a_formula(before: str, sign: str) -> None:
    own = ("2026-11-20T12:00:00.000Z", 1.0, 2, None)
    for name in (f"{before}{sign}HYPERLINK(1)", f'{before}{sign}1,"%s"%'):
        text = b"".join(as_csv(table(((name, True), own)))).decode()
        (_, (_, cell, *_)) = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert cell.startswith("'")
        assert cell.isprintable() or "\u00a0" in cell
        assert cell.endswith(name.lstrip()[-6:])


@given(st.lists(st.tuples(SHARED, OWN), min_size=1))
def test_each_cell_comes_back(rows: list[Row]) -> None:
    text = b"".join(as_csv(table(*rows))).decode()
    assert text.count("\n") == len(rows) + 1
    head, *read = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert head == ["time", "name", "is_so", "usd", "tokens", "ended_at"]
    for cells, (shared, own) in zip(read, rows, strict=True):
        name, is_so = shared
        assert isinstance(name, str | None)
        assert cells == [own[0], name_in_csv(name), *map(in_csv, (is_so, *own[1:]))]

    lines = b"".join(as_json_lines(table(*rows))).decode().splitlines()
    for line, (shared, own) in zip(lines, rows, strict=True):
        name, is_so = shared
        assert isinstance(name, str | None)
        found = json.loads(line)
        assert list(found) == head
        expected = [own[0], None if name is None else sound(name), is_so, *own[1:]]
        assert [found[column] for column in head] == expected
        assert line.isprintable()


@given(st.text())
def test_no_cell_is_a_formula(name: str) -> None:
    text = b"".join(as_csv(table(((name, True), ("t", 1, 2, "d"))))).decode()
    cell = next(csv.DictReader(io.StringIO(text, newline="")))["name"]
    assert not cell.strip().startswith(("=", "+", "-", "@"))


def test_a_name_that_looks_like_a_template() -> None:
    """Lines are filled in."""
    own = ("t", 0.5, 1, "d")
    rows = ((("100%s %% {0}", True), own), (("null", False), ("t", None, 1, "d")))
    assert b"".join(as_csv(table(*rows))).decode().splitlines()[1:] == [
        "t,100%s %% {0},true,0.5,1,d",
        "t,null,false,,1,d",
    ]
    assert [json.loads(line)["name"] for line in b"".join(as_json_lines(table(*rows))).splitlines()] == [
        "100%s %% {0}",
        "null",
    ]
