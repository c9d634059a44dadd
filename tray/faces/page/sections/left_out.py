"""What the sums of these days leave out: responses without a price, and usage that is on no line of a log."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from providers.domain.cost import Tally
from tray.faces.page.data import PageData
from tray.faces.page.table.columns import ShownCell, cost_cell, count_cell
from tray.faces.page.table.plain import FactTable, number_cell, text_cell


class LeftOut(Struct, frozen=True, kw_only=True):
    """`is_priced` is whether there are responses, each with a price. `beyond` is added to the totals, and in no
    other row. `not_counted` are sentences on what no log has, `prices` is the address of the prices used.
    """

    is_priced: bool
    unpriced: FactTable
    beyond: FactTable
    not_counted: tuple[str, ...]
    prices: str


def build(data: PageData) -> LeftOut:
    total = data.tallies().get((), Tally())
    return LeftOut(
        is_priced=total.responses > 0 and not total.unpriced,
        unpriced=FactTable(
            caption="Responses without a known price: not in the costs of these days",
            heads=("Model", "Provider", "Responses", "Tokens"),
            rows=tuple(_unpriced(data)),
            numbers=(2, 3),
        ),
        beyond=FactTable(
            caption="Usage that is reported only as the total of a session: a row of its own in each table",
            heads=("Provider", "Cost", "Tokens"),
            rows=tuple(_beyond(data)),
            numbers=(1, 2),
        ),
        not_counted=tuple(_not_counted(data)),
        prices=data.query.with_(tab="prices", page="", open="").address,
    )


def _unpriced(data: PageData) -> Iterator[tuple[ShownCell, ...]]:
    for (provider, model), tally in sorted(data.tallies(("provider", "model")).items(), key=str):
        if not tally.unpriced:
            continue
        tokens = count_cell(tally.usage.total_tokens)
        if tally.unpriced < tally.responses:  # as of one service of the model, or before a price began
            tokens = ShownCell(shown="a part", hint=f"a part of {tally.usage.total_tokens:,}")
        yield text_cell(f"{model}"), text_cell(data.title(provider)), number_cell(tally.unpriced), tokens


def _beyond(data: PageData) -> Iterator[tuple[ShownCell, ...]]:
    for (provider,), tally in sorted(data.shown_beyond(("provider",)).items(), key=str):
        yield text_cell(data.title(provider)), cost_cell(tally), count_cell(tally.usage.total_tokens)


def _not_counted(data: PageData) -> Iterator[str]:
    yield from (sentence for provider in data.scope.chosen() for sentence in provider.not_counted)
    yield "What ran on another machine or in the cloud, and logs that were deleted before tankful first saw them."
