"""The rows of a table by what the sums are grouped by: models with their efforts, and what else has models."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta

from providers.domain.cost import Tally
from providers.ledger.rollup.selection import Dimension, Key
from tray.faces.page.data import PageData
from tray.faces.page.table.names import ShownName, named
from tray.faces.page.table.table import TallyGroup, grouped
from tray.view import format as fmt


def by_model(data: PageData) -> list[TallyGroup]:
    """The models of each provider, with their efforts."""
    return grouped(
        data.tallies(("provider", "model", "effort")),
        2,
        text=lambda key: f"{key[1]}",
        name=lambda key: named(f"{key[1]}", data.query.with_(model=f"{key[1]}", page="").address),
        place=lambda keys: _places(data, keys, 0),
        part=lambda key: TallyGroup(text=f"{key[2]}", name=lambda: named(f"{key[2]}")),
    )


def by_time(data: PageData, period: Dimension) -> list[TallyGroup]:
    """The days, weeks or months, with their models."""
    return grouped(
        data.tallies((period, "provider", "model")),
        1,
        text=lambda key: f"{key[0]}",
        name=lambda key: _period(data, period, f"{key[0]}"),
        place=lambda keys: _places(data, keys, 1),
        part=lambda key: _model(data, key[1], key[2]),
    )


def with_models(
    data: PageData, dimension: Dimension, name: Callable[[str], ShownName], *, merged: bool = False
) -> list[TallyGroup]:
    """The rows of this dimension with their models: one for each provider, or, if `merged`, one for all."""
    if merged:
        found = data.tallies((dimension, "provider", "model"))
        depth, at, provider = 1, 0, 1
    else:
        found = data.tallies(("provider", dimension, "model"))
        depth, at, provider = 2, 1, 0
    return grouped(
        found,
        depth,
        text=lambda key: f"{key[at]}",
        name=lambda key: name(f"{key[at]}"),
        place=lambda keys: _places(data, keys, provider),
        part=lambda key: _model(data, key[provider], key[2]),
    )


def beyond(data: PageData) -> Tally | None:
    """What is on no line of a log, under the same filters; None where there is nothing of it."""
    return data.shown_beyond().get(())


def _model(data: PageData, provider: object, model: object) -> TallyGroup:
    def name() -> ShownName:
        return named(f"{model}", data.query.with_(model=f"{model}", page="").address)

    return TallyGroup(text=f"{model}", name=name, place=data.title(provider))


def _places(data: PageData, keys: Collection[Key], at: int) -> str:
    return ", ".join(sorted({data.title(key[at]) for key in keys}))


def _period(data: PageData, period: Dimension, start: str) -> ShownName:
    """The address is that of these days alone."""
    first = date.fromisoformat(start)
    last = _last(first, period)
    if data.selection.since is not None:
        first = max(first, data.selection.since)
    if data.selection.until is not None:
        last = min(last, data.selection.until)
    link = data.query.with_(range="custom", since=f"{first}", until=f"{last}", page="").address
    text = f"{first} {fmt.weekday(first)}" if first == last else f"{first} – {last}"
    return named(text, link)


def _last(start: date, period: Dimension) -> date:
    """Its last day: no log names one near the end of the calendar."""
    match period:
        case "week":
            return start + timedelta(days=6)
        case "month":
            return (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return start
