"""The prices by which the chosen days were counted, and what has none."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from providers.domain.cost import Tally
from providers.ledger.prices.applied import applied
from providers.ledger.sums import UNKNOWN
from tray.faces.page.data import PageData
from tray.faces.page.own_rules import opened
from tray.faces.page.parts import Head
from tray.faces.page.spending import shown
from tray.faces.page.table.columns import ShownCell, cost_cell
from tray.faces.page.table.names import ShownName, named
from tray.view import format as fmt
from tray.view import price_rows
from tray.view.price_rows import RateSpan

_MOST = 100
"""Models: names that others invent can be many."""


class RatedModel(Struct, frozen=True, kw_only=True):
    """`add` is the address of a form for a price of one's own, "" where there is no need of one."""

    name: ShownName
    provider: str
    cost: ShownCell
    responses: str
    spans: tuple[RateSpan, ...]
    add: str


class RatesUsed(Struct, frozen=True, kw_only=True):
    """`problems` are sentences; `list` says which list of prices is in force, `more` what the tables leave out."""

    problems: tuple[str, ...]
    list: str
    heads: tuple[Head, ...]
    models: tuple[RatedModel, ...]
    unpriced: tuple[RatedModel, ...]
    more: str


def build(data: PageData) -> RatesUsed:
    rates = data.scope.rates()
    used = data.rollup.used_days(data.selection)
    first = None if used is None else used[0]
    since, until = price_rows.in_days(data.selection.since, data.selection.until, first, data.today)
    found = sorted(shown(data, ("provider", "model")).items(), key=_by_cost)
    models = [
        (
            tally,
            RatedModel(
                name=named(f"{model}", data.query.with_(model=f"{model}", page="").address),
                provider=data.title(provider),
                cost=cost_cell(tally),
                responses=fmt.plural(tally.responses, "response"),
                spans=price_rows.spans(applied(rates, f"{model}", since, until)),
                add=opened(data.query, "add", f"{model}") if tally.unpriced and model != UNKNOWN else "",
            ),
        )
        for (provider, model), tally in found[:_MOST]
    ]
    return RatesUsed(
        problems=tuple(each for each in (rates.problem, rates.fetched_problem) if each),
        list=f"Prices are from {rates.origin}, as of {rates.made_on}, unless another origin is shown.",
        heads=(
            Head(title="Model"),
            *(Head(title=title, number=True) for title in price_rows.TITLES.values()),
            Head(title="Origin"),
            Head(title="Cost", number=True),
        ),
        models=tuple(model for _, model in models),
        unpriced=tuple(
            replace(model, responses=fmt.plural(tally.unpriced, "response"))
            for tally, model in models
            if tally.unpriced
        ),
        more=f"These are the {_MOST} models that cost most, of {len(found):,}." if len(found) > _MOST else "",
    )


def _by_cost(found: tuple[object, Tally]) -> tuple[float, int]:
    _, tally = found
    return -(tally.usd or 0.0), -tally.usage.total_tokens
