"""What the chosen days came to."""

from __future__ import annotations

from msgspec import Struct

from tray.faces.page.data import PageData
from tray.view import format as fmt


class Figure(Struct, frozen=True, kw_only=True):
    """`value` is what is shown, `full` the same with all its digits."""

    name: str
    value: str
    full: str


class Totals(Struct, frozen=True):
    figures: tuple[Figure, ...]


def build(data: PageData) -> Totals:
    found = data.tallies().get(())
    if found is None:
        return Totals(())
    usage = found.usage
    figures = [
        Figure(name=name, value=fmt.tokens(count), full=f"{count}")
        for name, count in (
            ("Total tokens", usage.total_tokens),
            ("Input", usage.input_tokens),
            ("Cache reads", usage.cache_read_tokens),
            ("Cache writes", usage.cache_write_tokens),
            ("Output", usage.output_tokens),
        )
    ]
    if found.usd is not None:
        shown = fmt.priced(found.usd, complete=not found.unpriced)
        figures.insert(0, Figure(name="Cost", value=shown, full=f"{found.usd:.6f}"))
    return Totals(tuple(figures))
