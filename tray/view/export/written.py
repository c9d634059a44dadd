"""Tables as CSV and as JSON Lines: UTF-8, in pieces of many rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec

from providers.domain.visible import json_text, sound, visible
from providers.ledger.rows import MOST_CONTEXTS
from tray.view.export.table import Cell, Row, Table

_AT_ONCE = 1000
_FORMULA = tuple("=+-@＝＋－＠")


def as_csv(table: Table) -> Iterator[bytes]:
    r"""RFC 4180 with a head and `\n`; an unknown cell is empty.

    A text that a spreadsheet would take for a formula begins with an apostrophe; one that has lines is one line;
    a control character is a space.
    """

    def template(cells: tuple[Cell, ...]) -> str:
        shared = _csv_cells(cells).replace("%", "%%")
        return ",".join([*("%s" for _ in table.lead), shared, *("%s" for _ in table.tail)]) + "\n"

    def line(own: tuple[Cell, ...], shared: tuple[Cell, ...]) -> str:
        return template(shared) % tuple("" if cell is None else cell for cell in own)

    yield ",".join(table.columns).encode() + b"\n"
    yield from _lines(table.rows, template, line)


def as_json_lines(table: Table) -> Iterator[bytes]:
    """An object in each line, with all columns; an unknown cell is null."""

    def members(columns: tuple[str, ...]) -> list[str]:
        return [f'"{name}":"%s"' if name in table.texts else f'"{name}":%s' for name in columns]

    def template(cells: tuple[Cell, ...]) -> str:
        shared = _json_members(table.shared, cells).replace("%", "%%")
        return f"{{{','.join([*members(table.lead), shared, *members(table.tail)])}}}\n"

    def line(own: tuple[Cell, ...], shared: tuple[Cell, ...]) -> str:
        """Cell by cell."""
        cells = (*own[: len(table.lead)], *shared, *own[len(table.lead) :])
        return f"{{{_json_members(table.columns, cells)}}}\n"

    yield from _lines(table.rows, template, line)


def _lines(
    rows: Iterable[Row],
    make: Callable[[tuple[Cell, ...]], str],
    with_unknown: Callable[[tuple[Cell, ...], tuple[Cell, ...]], str],
) -> Iterator[bytes]:
    """A line for each row, by a template for its own cells, which is made once for all rows with the same shared
    ones; `with_unknown` makes those whose own cells are not all known.
    """
    made: dict[int, tuple[object, str]] = {}
    iterator = iter(rows)
    while some := list(islice(iterator, _AT_ONCE)):
        lines = []
        for shared, own in some:
            held = made.get(id(shared))
            if held is None or held[0] is not shared:
                if len(made) >= MOST_CONTEXTS:
                    made.clear()
                held = made[id(shared)] = shared, make(shared)
            lines.append(with_unknown(own, shared) if None in own else held[1] % own)
        yield "".join(lines).encode()


def _csv_cells(cells: tuple[Cell, ...]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(map(_csv_cell, cells))
    return text.getvalue()


def _csv_cell(cell: Cell) -> object:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str):
        return cell
    text = visible(sound(cell)).replace("\n", " ")
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _json_members(columns: tuple[str, ...], cells: tuple[Cell, ...]) -> str:
    named = {
        name: sound(cell) if isinstance(cell, str) else cell
        for name, cell in zip(columns, cells, strict=True)
    }
    return json_text(msgspec.json.encode(named).decode())[1:-1]
