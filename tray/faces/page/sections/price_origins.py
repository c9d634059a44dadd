"""The prices that the responses of these days were counted at: where each is from, and since when it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time

from msgspec import Struct

from providers.ledger.prices.pricing import Rates
from tray.faces.page.data import PageData
from tray.faces.page.table.columns import NO_NUMBER, ShownCell
from tray.faces.page.table.plain import FactTable, text_cell

_CLASSES = ("input", "cache_read", "cache_write", "output")


class PriceOrigins(Struct, frozen=True):
    """`problems` are about the price files themselves."""

    table: FactTable
    problems: tuple[str, ...]


def build(data: PageData) -> PriceOrigins:
    rates = data.scope.rates()
    table = FactTable(
        caption="Prices on the last of these days, in USD per million tokens",
        heads=("Model", "From", "Since", "Input", "Cache read", "Cache write", "Output"),
        rows=tuple(_rows(data, rates)),
        numbers=(3, 4, 5, 6),
    )
    return PriceOrigins(table, tuple(filter(None, (rates.problem, rates.fetched_problem))))


def _rows(data: PageData, rates: Rates) -> Iterator[tuple[ShownCell, ...]]:
    last = data.today if data.selection.until is None else min(data.selection.until, data.today)
    at = datetime.combine(last, time(), UTC)
    for (model,) in sorted(data.tallies(("model",)), key=str):
        used = rates.used(f"{model}", at)
        if used is None:
            yield text_cell(f"{model}"), text_cell("no known price"), *[ShownCell(shown=NO_NUMBER)] * 5
            continue
        since = ShownCell(shown=NO_NUMBER if used.since is None else f"{used.since}")
        prices = [
            f"{used.rates[name].normalize():f}" if name in used.rates else NO_NUMBER for name in _CLASSES
        ]
        yield (
            text_cell(f"{model}"),
            text_cell(used.origin),
            since,
            *(ShownCell(shown=price) for price in prices),
        )
